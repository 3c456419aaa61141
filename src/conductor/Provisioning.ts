/**
 * Moves nodes through their provision states. The intent is in the database before the BMC is touched; every move is in
 * the journal. What is done in a state is done under the node's lock; a wait state holds none.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { NodeId, NodeRecord, ProvisionState } from "../domain/Node.ts"
import type { ProvisionVerb } from "../domain/Provision.ts"
import type { ConductorError } from "./ConductorError.ts"

export type ProvisionOutcome =
  | { readonly _tag: "Reached"; readonly state: ProvisionState }
  /** Something outside Tutti has to come first; `error` says what is missing, where that is known. */
  | { readonly _tag: "Waiting"; readonly state: ProvisionState; readonly error: string | null }
  /** `error` is what the node's last_error says. */
  | { readonly _tag: "Failed"; readonly state: ProvisionState; readonly error: string }

export interface ProvisionRequestOptions {
  /** Default `operator`. */
  readonly actor?: string
  /** The verb's name in the words of who asked, for the refusal; default its own. */
  readonly name?: string
}

export class Provisioning extends Context.Service<
  Provisioning,
  {
    /**
     * Succeeds once the move is accepted and recorded; what it begins goes on by itself. The inner effect waits until
     * that has ended, or waits; interrupting it ends nothing else. Fails with `NoSuchNode`, `InvalidRequest` (not from
     * this state, not with this driver, or the node is retired), `NodeProtected`, `NodeLocked` and `StoreUnavailable`; the
     * BMC was not touched then.
     */
    readonly request: (
      ident: string,
      verb: ProvisionVerb,
      options?: ProvisionRequestOptions
    ) => Effect.Effect<Effect.Effect<ProvisionOutcome>, ConductorError>
    /**
     * At the start: what an earlier process was at is failed, with a true `last_error`; what waits goes on waiting.
     */
    readonly resolveInterrupted: Effect.Effect<void>
    /** What nobody is at work at any more, since its conductor is gone or lost the node's lock, is failed likewise. */
    readonly resolveOrphans: Effect.Effect<void>
    /** Ends the wait of a node that is in a wait state: its time-out, in seconds, is over. */
    readonly timeOut: (record: NodeRecord, seconds: number) => Effect.Effect<void>
    /** Tries an inspection again that waits. Returns at once; a BMC that does not answer this time either changes nothing. */
    readonly inspectAgain: (nodeId: NodeId) => Effect.Effect<void>
    /** Nodes that are worked on. */
    readonly inFlight: () => ReadonlyArray<NodeId>
  }
>()("tutti/conductor/Provisioning") {}
