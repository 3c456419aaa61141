/**
 * Every node in memory, kept current from the store: passes and the API read here, never a whole table.
 *
 * What was observed is newest here and reaches the database in batches; everything else is newest in the database.
 * A record is a live view: it always holds the node's present values. The BMCs of the nodes are made known to the
 * governor here, in the order in which the nodes change.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { StoreError } from "../store/StoreError.ts"
import type { Node, NodeId, NodeRecord, PowerObservation } from "../domain/Node.ts"

/** Told after the governor knows of it: a node came, its address or credential changed, or it is gone. */
export type BmcChange =
  | { readonly _tag: "BmcAttached"; readonly nodeId: NodeId }
  | { readonly _tag: "NodeGone"; readonly nodeId: NodeId }

export class NodeDirectory extends Context.Service<
  NodeDirectory,
  {
    /** By id or name. */
    readonly find: (ident: string) => NodeRecord | undefined
    readonly get: (id: NodeId) => NodeRecord | undefined
    /** In the order of creation. */
    readonly all: () => Iterable<NodeRecord>
    readonly size: () => number
    /** Replaces what was last observed and hands it to the writer. Ignores a node that is gone. */
    readonly observe: (observation: PowerObservation) => void
    /**
     * Takes over a change that the store has just confirmed, without waiting to be told; an older version is ignored.
     * Its `last_error` that opens or closes is journalled, as of `actor`.
     */
    readonly put: (node: Node, actor: string) => void
    /**
     * Takes over what the store has, or that it has the node no more: for whoever found the store's to be another than
     * the one here. A write whose answer was lost may have been stored, and nobody was told.
     */
    readonly refresh: (id: NodeId, actor: string) => Effect.Effect<void, StoreError>
    /** Forgets a node that the store has just removed. */
    readonly drop: (nodeId: NodeId) => void
    /** Succeeds once all of these are here, or gone again, and the governor knows their BMCs as they are in the directory. */
    readonly arrived: (ids: ReadonlyArray<NodeId>) => Effect.Effect<void>
    /** Calls the listener, which must not throw, after each change; returns what ends that. */
    readonly listen: (listener: (change: BmcChange) => void) => () => void
  }
>()("tutti/conductor/NodeDirectory") {}
