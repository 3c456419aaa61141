/**
 * The one way to a BMC for every consumer. Per BMC: one request in flight, identical reads in flight shared, a user's
 * action before a background read, a circuit breaker whose probes hold no worker, and a guard that never hammers a BMC
 * with a credential it refused.
 * The contract only.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { BmcAddress } from "../domain/DriverInfoRules.ts"
import type { Driver, NodeId } from "../domain/Node.ts"
import type { FailureReason } from "../domain/Failure.ts"
import type { PowerState } from "../domain/PowerState.ts"
import type { PowerCommand, PowerReader } from "./Bmc.ts"
import type { BmcError } from "./BmcError.ts"
import type { BmcRequests } from "./BmcRequests.ts"
import type { Priority } from "./Turns.ts"

/** Where a node's BMC is and how to log in: what validated driver_info comes to. */
export interface BmcEndpoint extends BmcAddress {
  readonly nodeId: NodeId
  readonly driver: Driver
  /** Changes with every change of the credential or address; a new one gets new tries. */
  readonly credentialVersion: number
}

export type BreakerState = "closed" | "open" | "half-open"

export interface GovernorState {
  readonly breaker: BreakerState
  /** Wall clock, ms; null unless the breaker is open. */
  readonly nextProbeAtMillis: number | null
  readonly consecutiveFailures: number
  readonly lastFailure: FailureReason | null
  /** Login failures with the present credential version, and whether it has been given up on. */
  readonly authenticationFailures: number
  readonly quiet: boolean
  readonly inFlight: number
  readonly waiting: number
  readonly cipherSuite: 17 | 3 | null
  /** What is done otherwise for this maker's BMCs, by name. */
  readonly quirks: ReadonlyArray<string>
  readonly roundTripMillis: number | null
}

/** How many of the attached BMCs are in which state: for metrics, which are never labelled by node. */
export interface GovernorCounts {
  readonly attached: number
  /** Breakers that let nothing through. */
  readonly open: number
  /** Breakers that wait for the outcome of one trial read. */
  readonly halfOpen: number
  /** Credentials given up on until they change or a person asks. */
  readonly quiet: number
  /** BMCs with a request under way, and requests that wait for their turn. */
  readonly inFlight: number
  readonly waiting: number
}

export class BmcGovernor extends Context.Service<
  BmcGovernor,
  {
    /** Makes the BMC known, or replaces what is known of it; does no I/O. A new credential version starts afresh. */
    readonly attach: (endpoint: BmcEndpoint) => Effect.Effect<void>
    /** Closes its session and forgets it. Requests that wait fail with `Unreachable`, `withheld`. */
    readonly detach: (nodeId: NodeId) => Effect.Effect<void>
    /**
     * Plain form for the hot path. Joins a read of this BMC that waits or is in flight. An open breaker and a quiet
     * credential answer at once, `withheld`, without a datagram. A node that is not attached: `Unsupported`, `withheld`.
     * Returns a function that withdraws this reader only.
     */
    readonly startRead: (nodeId: NodeId, reader: PowerReader) => () => void
    /** `startRead` as an effect. */
    readonly readPower: (nodeId: NodeId) => Effect.Effect<PowerState, BmcError>
    /** Goes before waiting reads. Is sent even while the breaker is open, since a person asked; a quiet credential withholds it. */
    readonly power: (nodeId: NodeId, command: PowerCommand) => Effect.Effect<void, BmcError>
    /**
     * Asks for more than the power: each exchange of `use` takes a turn of its own, so that a power command waits for one of
     * them at most. `user` goes before waiting reads and through an open breaker; `background` goes after them, and an open
     * breaker or a credential in doubt withholds it. Fails as `use` does.
     */
    readonly request: <A>(
      nodeId: NodeId,
      priority: Priority,
      use: (bmc: BmcRequests) => Effect.Effect<A, BmcError>
    ) => Effect.Effect<A, BmcError>
    /** A person says "try again": lifts the quiet and lets the breaker's next read through at once. */
    readonly retry: (nodeId: NodeId) => Effect.Effect<void>
    /** None for a node that is not attached. Plain, so that a listing of the fleet costs no effects. */
    readonly state: (nodeId: NodeId) => Option.Option<GovernorState>
    /** Kept as counters: costs the same for any number of BMCs. */
    readonly counts: () => GovernorCounts
    /** Closes all sessions, bounded; for the stop. */
    readonly closeAll: Effect.Effect<void>
  }
>()("tutti/bmc/BmcGovernor") {}
