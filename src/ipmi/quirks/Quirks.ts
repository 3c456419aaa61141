/** All quirks that are known. */
import type { BmcIdentity, BootQuirk } from "./Quirk.ts"
import { supermicroUefiDisk } from "./supermicroUefiDisk.ts"

export const bootQuirks: ReadonlyArray<BootQuirk> = [supermicroUefiDisk]

/** By name, those of a BMC: for people. */
export const quirksOf = (bmc: BmcIdentity): ReadonlyArray<string> =>
  bootQuirks.filter((quirk) => quirk.appliesTo(bmc)).map(({ name }) => name)
