/** `JournalStore` in memory, of the nodes that the `MemoryNodeStore` built with it holds. For tests. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { NodeId } from "../domain/Node.ts"
import { JournalStore } from "./JournalStore.ts"
import type { StoredEntry } from "./JournalStore.ts"
import { MemoryFleet } from "./MemoryFleet.ts"

const make = Effect.gen(function* () {
  const { records, onRemove } = yield* MemoryFleet
  let stored: ReadonlyArray<StoredEntry> = []
  let lastId = 0
  onRemove.add((id) => {
    stored = stored.filter(({ entry }) => entry.nodeId !== id)
  })

  return JournalStore.of({
    append: (entries) =>
      Effect.sync(() => {
        const kept = entries.filter(({ nodeId }) => nodeId === null || records.has(nodeId))
        stored = [...stored, ...kept.map((entry) => ({ id: ++lastId, entry }))]
      }),
    list: ({ nodeId, before = Infinity, limit }) =>
      Effect.sync(() =>
        stored
          .filter(({ id, entry }) => id < before && (nodeId === undefined || entry.nodeId === nodeId))
          .toReversed()
          .slice(0, limit)
      ),
    prune: ({ keepPerNode, limit }) =>
      Effect.sync(() => {
        const seen = new Map<NodeId | null, number>()
        const surplus = stored.toReversed().filter(({ entry: { nodeId } }) => {
          const newer = seen.get(nodeId) ?? 0
          seen.set(nodeId, newer + 1)
          return newer >= keepPerNode
        })
        const gone = new Set(surplus.reverse().slice(0, limit))
        stored = stored.filter((entry) => !gone.has(entry))
        return gone.size
      })
  })
})

export const layer: Layer.Layer<JournalStore> = Layer.effect(JournalStore, make).pipe(Layer.provide(MemoryFleet.layer))
