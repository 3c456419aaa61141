/**
 * What inspections found out: the last inventory of each node. Read when somebody asks, never kept in memory.
 * The contract only; `SqlInventoryStore` and `MemoryInventoryStore` keep it.
 */
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { Inventory } from "../domain/Inventory.ts"
import type { NodeId } from "../domain/Node.ts"
import type { StoreError } from "./StoreError.ts"

export interface StoredInventory {
  readonly inventory: Inventory
  readonly inspectedAt: DateTime.Utc
}

export class InventoryStore extends Context.Service<
  InventoryStore,
  {
    /** Replaces what was found before; nothing happens when the node is gone. */
    readonly save: (nodeId: NodeId, inventory: StoredInventory) => Effect.Effect<void, StoreError>
    /** None for a node that was never inspected, or is gone. */
    readonly find: (nodeId: NodeId) => Effect.Effect<Option.Option<StoredInventory>, StoreError>
  }
>()("tutti/store/InventoryStore") {}
