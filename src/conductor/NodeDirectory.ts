/**
 * Every node in memory, kept current from the store: passes and the API read here, never a whole table.
 * The contract only. Observations are put here at once and reach the database in batches.
 */
import * as Context from "effect/Context"
import type { NodeId, NodeRecord, PowerObservation } from "../domain/Node.ts"

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
  }
>()("tutti/conductor/NodeDirectory") {}
