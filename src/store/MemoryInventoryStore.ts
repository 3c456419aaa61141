/** `InventoryStore` in memory, of the nodes that the `MemoryNodeStore` built with it holds. For tests. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { NodeId } from "../domain/Node.ts"
import { InventoryStore, type StoredInventory } from "./InventoryStore.ts"
import { MemoryFleet } from "./MemoryFleet.ts"

const make = Effect.gen(function* () {
  const { onRemove, records } = yield* MemoryFleet
  const stored = new Map<NodeId, StoredInventory>()
  onRemove.add((id) => stored.delete(id))

  return InventoryStore.of({
    save: (nodeId, inventory) =>
      Effect.sync(() => {
        if (records.has(nodeId)) stored.set(nodeId, inventory)
      }),
    find: (nodeId) => Effect.sync(() => Option.fromUndefinedOr(stored.get(nodeId)))
  })
})

export const layer: Layer.Layer<InventoryStore> = Layer.effect(InventoryStore, make).pipe(
  Layer.provide(MemoryFleet.layer)
)
