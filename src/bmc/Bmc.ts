/**
 * What can be asked of one BMC, whatever its protocol. The contract only: `IpmiBmc`, `IpmitoolBmc` and `FakeBmc` keep it.
 * A `Bmc` is not to be called by anybody but its governor, which sees to it that it gets one request at a time.
 */
import type * as Effect from "effect/Effect"
import type { BmcProfile } from "../domain/BmcProfile.ts"
import type { PowerState } from "../domain/PowerState.ts"
import type { BmcError } from "./BmcError.ts"
import type { BmcRequests } from "./BmcRequests.ts"
import type { Priority, Turns } from "./Turns.ts"

/** What a BMC can be told to do with the power, in IPMI's terms (Chassis Control, IPMI 2.0 §28.3). */
export type PowerCommand = "on" | "off" | "cycle" | "reset" | "nmi" | "soft"

/** Called once, synchronously or later; must not throw. */
export interface PowerReader {
  readonly onPower: (power: PowerState) => void
  readonly onFailure: (error: BmcError) => void
}

export interface Bmc {
  /** Plain form for the hot path: one status request, no fiber. Returns a function that withdraws it. Idempotent. */
  readonly readPower: (reader: PowerReader) => () => void
  /**
   * Sends one power command. Succeeds once the BMC accepted it, not once it took effect. `cycle`, `reset`, `nmi` and
   * `soft` are never sent twice: a lost answer is `Unreachable`, and the BMC may still have acted.
   */
  readonly power: (command: PowerCommand) => Effect.Effect<void, BmcError>
  /** What else it can be asked; each exchange of that takes one of these turns. */
  readonly requests: (turns: Turns, priority: Priority) => BmcRequests
  /** One cheap sign of life, without a session where the protocol has such a thing. */
  readonly probe: Effect.Effect<void, BmcError>
  /** What was learned of it so far. */
  readonly profile: () => BmcProfile
  /** Whether a session stays open at the BMC between requests, and counts against its few slots. */
  readonly holdsSession: boolean
  /** Gives the session back, bounded in time; the next request logs in anew. */
  readonly disconnect: Effect.Effect<void>
}
