/**
 * What BMCs of some maker do otherwise than the specification has it, one file each with where that is known from. A quirk
 * without public code or a report that shows it is not taken in.
 */
import type { BootFlags } from "../commands/BootFlags.ts"

/** Who made the BMC, as Get Device ID tells it (IPMI 2.0 §20.1). */
export interface BmcIdentity {
  /** IANA enterprise number. */
  readonly manufacturerId: number
  readonly productId: number
  /** As `major.minor`. */
  readonly firmware: string
}

/** A quirk in how boot flags are written. */
export interface BootQuirk {
  readonly name: string
  readonly appliesTo: (bmc: BmcIdentity) => boolean
  /** What to write for these flags; undefined where it is what it would be anyway, so that nobody need know the maker. */
  readonly write: (flags: BootFlags) => BootFlags | undefined
  /** What is meant by flags that were read; undefined as above. */
  readonly read: (flags: BootFlags) => BootFlags | undefined
}
