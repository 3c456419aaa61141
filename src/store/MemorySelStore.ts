/** `SelStore` in memory, with the journal of the `MemoryJournalStore` built with it. For tests. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { NodeId } from "../domain/Node.ts"
import { JournalStore } from "./JournalStore.ts"
import { MemoryFleet } from "./MemoryFleet.ts"
import * as MemoryJournalStore from "./MemoryJournalStore.ts"
import { type SelProgress, SelStore } from "./SelStore.ts"

const make = Effect.gen(function* () {
  const { records, onRemove } = yield* MemoryFleet
  const journal = yield* JournalStore
  const stored = new Map<NodeId, SelProgress>()
  onRemove.add((id) => {
    stored.delete(id)
  })
  return SelStore.of({
    progress: (nodeId) => Effect.sync(() => Option.fromUndefinedOr(stored.get(nodeId))),
    advance: ({ entries, from, nodeId, position }) =>
      Effect.suspend(() => {
        if (!records.has(nodeId) || (stored.get(nodeId)?.version ?? null) !== from) return Effect.succeed(false)
        stored.set(nodeId, { position, version: (from ?? 0) + 1 })
        return Effect.as(journal.append(entries), true)
      })
  })
})

export const layer: Layer.Layer<SelStore> = Layer.effect(SelStore, make).pipe(
  Layer.provide([MemoryFleet.layer, MemoryJournalStore.layer])
)
