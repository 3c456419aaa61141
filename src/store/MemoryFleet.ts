/** What the memory stores share: the nodes, what they stand in, and who wants to know that one is gone, as a foreign key would in a database. */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import type { Chassis } from "../domain/Chassis.ts"
import type { NodeId, NodeRecord } from "../domain/Node.ts"
import type { Lease } from "./LeaseStore.ts"

export class MemoryFleet extends Context.Service<
  MemoryFleet,
  {
    /** In the order of creation. */
    readonly records: Map<NodeId, NodeRecord>
    readonly chassis: Map<string, Chassis>
    /** Also those that have expired. */
    readonly leases: Map<NodeId, Lease>
    readonly onRemove: Set<(id: NodeId) => void>
  }
>()("tutti/store/MemoryFleet") {
  static readonly layer: Layer.Layer<MemoryFleet> = Layer.sync(MemoryFleet, () =>
    MemoryFleet.of({ records: new Map(), chassis: new Map(), leases: new Map(), onRemove: new Set() })
  )
}
