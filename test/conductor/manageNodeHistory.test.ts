import { assert, describe, it } from "@effect/vitest"
import { Context, DateTime, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { ConductorConfig } from "../../src/conductor/ConductorConfig.ts"
import { manageNodeHistory } from "../../src/conductor/tasks/manageNodeHistory.ts"
import { JournalEntry } from "../../src/domain/JournalEntry.ts"
import type { NodeId } from "../../src/domain/Node.ts"
import { PeriodicWorker } from "../../src/periodics/PeriodicWorker.ts"
import { JournalStore } from "../../src/store/JournalStore.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import * as Store from "../../src/store/Store.ts"
import { makeNewNode, nodeId } from "../domain/nodes.ts"
import { workerLayer } from "../periodics/support.ts"

const entry = (nodeId: NodeId | null, reason: string) =>
  new JournalEntry({
    nodeId,
    at: DateTime.makeUnsafe(0),
    kind: "PowerObserved",
    severity: "INFO",
    actor: "sync_power_states",
    from: null,
    to: null,
    reason
  })

const entries = (nodeId: NodeId | null, count: number) =>
  Array.from({ length: count }, (_, index) => entry(nodeId, String(index)))

/** How many entries went with each statement. */
class Pruned extends Context.Service<Pruned, Array<number>>()("test/Pruned") {}

const journalStore = Layer.effect(
  JournalStore,
  Effect.gen(function* () {
    const pruned = yield* Pruned
    const store = yield* JournalStore
    const prune: typeof store.prune = (options) =>
      Effect.tap(store.prune(options), (gone) => Effect.sync(() => pruned.push(gone)))
    return JournalStore.of({ ...store, prune })
  })
)

const layer = Layer.mergeAll(
  journalStore.pipe(Layer.provideMerge(Store.layerMemory), Layer.provideMerge(Layer.sync(Pruned, () => []))),
  workerLayer(),
  ConductorConfig.layer({ nodeHistoryCleanupBatchCount: 100 })
)

const reasonsOf = Effect.fnUntraced(function* (nodeId: NodeId) {
  const stored = yield* (yield* JournalStore).list({ nodeId, limit: 1000 })
  return stored.map(({ entry }) => entry.reason)
})

describe("manage_node_history", () => {
  it.effect(
    "keeps the newest 300 entries of each node and of no node, deleting in batches, at the start and every day",
    () =>
      Effect.gen(function* () {
        const store = yield* JournalStore
        const worker = yield* PeriodicWorker
        yield* (yield* NodeStore).importAll([makeNewNode(1), makeNewNode(2)], { update: false })
        yield* store.append([...entries(nodeId(1), 550), ...entries(nodeId(2), 10), ...entries(null, 320)])
        yield* worker.add(yield* manageNodeHistory)
        yield* TestClock.adjust("1 second")
        const kept = yield* reasonsOf(nodeId(1))
        assert.deepStrictEqual([kept.length, kept[0], kept.at(-1)], [300, "549", "250"])
        assert.lengthOf(yield* reasonsOf(nodeId(2)), 10)
        assert.lengthOf(yield* store.list({ limit: 1000 }), 610)
        assert.deepStrictEqual(yield* Pruned, [100, 100, 70])

        yield* store.append([entry(nodeId(1), "new")])
        yield* TestClock.adjust("23 hours")
        assert.lengthOf(yield* reasonsOf(nodeId(1)), 301)
        yield* TestClock.adjust("3 hours")
        assert.lengthOf(yield* reasonsOf(nodeId(1)), 300)
        assert.strictEqual((yield* worker.status("manage_node_history")).runs.success, 2)
      }).pipe(Effect.provide(layer))
  )
})
