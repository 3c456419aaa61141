/**
 * Carries out power requests. The intent is in the database before the BMC is touched, and a success is told only
 * after a read confirmed it. One action a node at a time; a failed one never sets maintenance.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { NodeId } from "../domain/Node.ts"
import type { PowerAction, PowerState } from "../domain/PowerState.ts"
import type { ConductorError } from "./ConductorError.ts"

export type PowerOutcome =
  /** A read after the action showed the wanted state. `forced`: by a hard power off, since the soft one was not followed. */
  | { readonly _tag: "Confirmed"; readonly power: PowerState; readonly forced?: true }
  /** The node was in that state already; nothing was sent. */
  | { readonly _tag: "AlreadyThere"; readonly power: PowerState }
  /** The BMC accepted it, and no read can tell whether it happened (`nmi`; one cycle, where power off is not allowed). */
  | { readonly _tag: "Sent" }
  /** `error` is what the node's last_error says. */
  | { readonly _tag: "Failed"; readonly error: string }

export interface PowerRequestOptions {
  /**
   * How long each wait for a state may take. With `fallback` it bounds the soft power off; what follows has the
   * conductor's own limit. Default: `power_state_change_timeout`, and `soft_power_off_timeout` for the soft part.
   */
  readonly timeout?: Duration.Duration
  /** Of soft actions: what follows when the machine is not seen off in time. Default: nothing, the action has failed. */
  readonly fallback?: "hard"
  /** Who asked, for the journal; default `operator`. */
  readonly actor?: string
}

export class PowerControl extends Context.Service<
  PowerControl,
  {
    /**
     * Succeeds once the request is accepted and recorded; the action goes on by itself. The inner effect waits for
     * its outcome; interrupting it does not stop the action. An `nmi` is sent once and never repeated; it leaves the
     * desired power alone. Fails with `NoSuchNode`, `InvalidRequest` (refused, or `driver_info` leads to no BMC),
     * `NodeLocked` (after waiting for the other action, about 3 s), `NoFreeWorker` (as many actions as may be are under
     * way, or the conductor stops) and `StoreUnavailable`; the BMC was not touched then.
     */
    readonly request: (
      ident: string,
      action: PowerAction,
      options?: PowerRequestOptions
    ) => Effect.Effect<Effect.Effect<PowerOutcome>, ConductorError>
    /** Asks the BMC now, through the governor, and records what it says. */
    readonly readNow: (
      ident: string
    ) => Effect.Effect<{ readonly power: PowerState | null; readonly error: string | null }, ConductorError>
    /** At the start: ends what an earlier process left pending, with a true `last_error`; on and off are re-checked, never sent again. */
    readonly resolvePending: Effect.Effect<void>
    /** The same for actions that nobody works on any more: their conductor is gone, or lost the node's lock. */
    readonly resolveOrphans: Effect.Effect<void>
    /** Actions in flight. */
    readonly inFlight: () => ReadonlyArray<NodeId>
  }
>()("tutti/conductor/PowerControl") {}
