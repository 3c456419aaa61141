import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Logger, Option, References, Stream } from "effect"
import { TestClock } from "effect/testing"
import { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import * as Conductor from "../../src/conductor/Conductor.ts"
import { Journal } from "../../src/conductor/Journal.ts"
import { SelCollector } from "../../src/conductor/SelCollector.ts"
import { type SelBatch, type SelEntry, SelPosition } from "../../src/domain/SelEntry.ts"
import { PeriodicWorker } from "../../src/periodics/PeriodicWorker.ts"
import { WorkerPool } from "../../src/periodics/WorkerPool.ts"
import { SelStore } from "../../src/store/SelStore.ts"
import { StoreError, Unavailable } from "../../src/store/StoreError.ts"
import { nodeId } from "../domain/nodes.ts"
import { enrol, journalOf, world } from "./world.ts"

const node = nodeId(1)

const entry = (recordId: number): SelEntry => ({
  recordId,
  time: "2026-11-22 20:15:03",
  sensor: "CPU Temp",
  event: "upper critical, going high",
  direction: "asserted",
  details: ["reading 0x5a", "threshold 0x55"],
  severity: "ERROR"
})

/** A log of so many records, read by their number; what it was asked for. */
const logOf = (
  log: { records: number },
  asked: Array<{ readonly after: number | null; readonly limit: number }> = []
) => ({
  asked,
  readSel: ({ after, limit }: { readonly after: SelPosition | null; readonly limit: number }): SelBatch => {
    const done = after === null ? null : Number(after.anchors[0] ?? "0")
    asked.push({ after: done, limit })
    const from = done ?? Math.max(0, log.records - limit)
    const to = Math.min(log.records, from + limit)
    return {
      entries: Array.from({ length: to - from }, (_, index) => entry(from + index + 1)),
      position: new SelPosition({ anchors: [`${to}`], erasedAt: null, entries: log.records }),
      change: done === null && from > 0 ? "first" : "none",
      more: to < log.records
    }
  }
})

const collected = Effect.fnUntraced(function* (log: { records: number }) {
  const bmcs = yield* MemoryGovernor
  const collector = yield* SelCollector
  yield* enrol(1)
  const { asked, readSel } = logOf(log)
  bmcs.answer(node, { readSel })
  return { asked, bmcs, collect: collector.collect(node) }
})

const selOf = Effect.map(journalOf(node), (entries) =>
  entries.filter(({ kind }) => kind === "SelEvent" || kind === "SelCleared")
)

describe("SelCollector", () => {
  it.effect("journals each event of a BMC's log once: what, how bad, and when by the BMC's clock", () =>
    Effect.gen(function* () {
      const log = { records: 1 }
      const { collect } = yield* collected(log)
      yield* TestClock.adjust("5 seconds")
      yield* collect
      yield* collect
      const [only, ...others] = yield* selOf
      assert.deepStrictEqual(others, [])
      assert.deepInclude(only, {
        nodeId: node,
        kind: "SelEvent",
        severity: "ERROR",
        actor: "collect_sel",
        from: null,
        to: "upper critical, going high",
        reason:
          "CPU Temp: upper critical, going high, asserted; reading 0x5a; threshold 0x55 (record 1, 2026-11-22 20:15:03 by the BMC's clock)"
      })
      assert.strictEqual(only?.at.epochMilliseconds, 5_000)
      log.records = 3
      yield* collect
      assert.strictEqual((yield* selOf).length, 3)
    }).pipe(Effect.provide(world()))
  )

  it.effect("takes the newest sixteen events of a log that was never read, and a bounded number in each round", () =>
    Effect.gen(function* () {
      const log = { records: 1_000 }
      const { asked, collect } = yield* collected(log)
      yield* collect
      assert.deepStrictEqual(asked, [{ after: null, limit: 16 }])
      assert.strictEqual((yield* selOf).length, 16)
      log.records = 1_600
      yield* collect
      assert.strictEqual(asked.length, 1 + 8)
      assert.strictEqual((yield* selOf).length, 16 + 8 * 64)
      yield* collect
      assert.strictEqual((yield* selOf).length, 616)
    }).pipe(Effect.provide(world()))
  )

  it.effect("says when a log was cleared, and when it overwrote events", () =>
    Effect.gen(function* () {
      const { bmcs, collect } = yield* collected({ records: 0 })
      for (const change of ["cleared", "wrapped"] as const) {
        const position = new SelPosition({ anchors: [change], erasedAt: 7, entries: 1 })
        bmcs.answer(node, { readSel: { entries: [entry(1)], position, change, more: false } })
        yield* collect
      }
      assert.deepStrictEqual(
        (yield* selOf).map(({ kind, severity }) => [kind, severity]),
        [
          ["SelCleared", "INFO"],
          ["SelEvent", "ERROR"],
          ["SelEvent", "WARNING"],
          ["SelEvent", "ERROR"]
        ]
      )
    }).pipe(Effect.provide(world()))
  )

  it.effect("tells who listens to the journal", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const { collect } = yield* collected({ records: 1 })
      const first = yield* Effect.forkChild(
        Stream.runHead(Stream.filter(journal.entries, ({ kind }) => kind === "SelEvent")),
        { startImmediately: true }
      )
      yield* collect
      assert.strictEqual(Option.getOrThrow(yield* Fiber.join(first)).kind, "SelEvent")
    }).pipe(Effect.provide(world()))
  )

  it.effect("writes nothing, and reads again, when another one was faster", () =>
    Effect.gen(function* () {
      const { bmcs, collect } = yield* collected({ records: 2 })
      const store = yield* SelStore
      bmcs.hold(node)
      const slow = yield* Effect.forkChild(collect, { startImmediately: true })
      yield* TestClock.adjust(1)
      const position = new SelPosition({ anchors: ["2"], erasedAt: null, entries: 2 })
      yield* store.advance({ nodeId: node, from: null, position, entries: [] })
      bmcs.release(node)
      yield* Fiber.join(slow)
      assert.deepStrictEqual(yield* selOf, [])
      yield* collect
      assert.deepStrictEqual(yield* selOf, [])
    }).pipe(Effect.provide(world()))
  )

  it.effect("tries again in the next round when the BMC fails, and loses nothing by it", () =>
    Effect.gen(function* () {
      const log = { records: 1 }
      const { bmcs, collect } = yield* collected(log)
      yield* collect
      log.records = 2
      bmcs.fail(node, "Unreachable", { times: 1 })
      yield* collect
      assert.strictEqual((yield* selOf).length, 1)
      yield* collect
      assert.strictEqual((yield* selOf).length, 2)
    }).pipe(Effect.provide(world()))
  )

  it.effect("logs one line while the database is away, however many nodes there are, and loses nothing by it", () => {
    const lines: Array<unknown> = []
    const logger = Logger.make(({ message }) => void lines.push(message))
    let away = true
    const store = Layer.effect(
      SelStore,
      Effect.map(SelStore, (inner) =>
        SelStore.of({
          progress: inner.progress,
          advance: (step) =>
            Effect.suspend(() =>
              away ? Effect.fail(new StoreError({ reason: new Unavailable({ message: "away" }) })) : inner.advance(step)
            )
        })
      )
    )
    return Effect.gen(function* () {
      yield* collected({ records: 1 })
      // beside the world's own collector, with another store
      const built = yield* Layer.build(Layer.fresh(SelCollector.layer).pipe(Layer.provide(store)))
      const collect = Context.get(built, SelCollector).collect(node)
      for (let rounds = 0; rounds < 3; rounds++) yield* collect
      assert.strictEqual(lines.filter((line) => /Event logs can't be collected/.test(String(line))).length, 1)
      away = false
      yield* collect
      assert.strictEqual((yield* selOf).length, 1)
    }).pipe(
      Effect.provide(Layer.merge(world(), Logger.layer([logger]))),
      Effect.provideService(References.MinimumLogLevel, "Info")
    )
  })
})

describe("collect_sel", () => {
  const running = (options: Parameters<typeof world>[0] = {}) =>
    Conductor.layerTasks.pipe(
      Layer.provideMerge(Layer.mergeAll(world(options), PeriodicWorker.layer().pipe(Layer.provide(WorkerPool.layer()))))
    )

  it.effect("looks at each log once in 600 s, in maintenance too, and at none when it is switched off", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const ids = yield* enrol(3, { operatorMaintenance: true })
      const { asked, readSel } = logOf({ records: 1 })
      for (const id of ids) bmcs.answer(id, { readSel })
      yield* TestClock.adjust("599 seconds")
      assert.deepStrictEqual(asked, [])
      yield* TestClock.adjust("1201 seconds")
      assert.strictEqual(asked.length, 6)
    }).pipe(Effect.provide(running()))
  )

  it.effect("is off when an option says so", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      yield* enrol(1)
      const { asked, readSel } = logOf({ records: 1 })
      bmcs.answer(node, { readSel })
      yield* TestClock.adjust("30 minutes")
      assert.deepStrictEqual(asked, [])
    }).pipe(Effect.provide(running({ collectSel: false })))
  )
})
