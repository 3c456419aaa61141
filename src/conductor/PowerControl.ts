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
  /** A read after the action showed the wanted state. */
  | { readonly _tag: "Confirmed"; readonly power: PowerState }
  /** The node was in that state already; nothing was sent. */
  | { readonly _tag: "AlreadyThere"; readonly power: PowerState }
  /** The BMC accepted it, and no read can tell whether it happened (one cycle, where power off is not allowed). */
  | { readonly _tag: "Sent" }
  /** `error` is what the node's last_error says. */
  | { readonly _tag: "Failed"; readonly error: string }

export class PowerControl extends Context.Service<
  PowerControl,
  {
    /**
     * Succeeds once the request is accepted and recorded; the action goes on by itself. The inner effect waits for
     * its outcome; interrupting it does not stop the action. `timeout` is how long each wait for a state may take.
     * Fails with `NoSuchNode`, `InvalidRequest` (refused, or `driver_info` leads to no BMC), `NodeLocked` (after
     * waiting for the other action, about 3 s), and `StoreUnavailable`; the BMC was not touched then.
     */
    readonly request: (
      ident: string,
      action: PowerAction,
      options?: { readonly timeout?: Duration.Duration; readonly actor?: string }
    ) => Effect.Effect<Effect.Effect<PowerOutcome>, ConductorError>
    /** Asks the BMC now, through the governor, and records what it says. */
    readonly readNow: (
      ident: string
    ) => Effect.Effect<{ readonly power: PowerState | null; readonly error: string | null }, ConductorError>
    /** At the start: ends what an earlier process left pending, with a true `last_error`; on and off are re-checked, never sent again. */
    readonly resolvePending: Effect.Effect<void>
    /** Actions in flight. */
    readonly inFlight: () => ReadonlyArray<NodeId>
  }
>()("tutti/conductor/PowerControl") {}
