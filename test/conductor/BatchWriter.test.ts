import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Metric, Scope } from "effect"
import { TestClock } from "effect/testing"
import { makeBatchWriter } from "../../src/conductor/BatchWriter.ts"
import { journalEntriesLost } from "../../src/conductor/ConductorMetrics.ts"
import { Journal } from "../../src/conductor/Journal.ts"
import { ObservationWriter } from "../../src/conductor/ObservationWriter.ts"
import type { PowerObservation } from "../../src/domain/Node.ts"
import { JournalStore } from "../../src/store/JournalStore.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import { StoreError, Unavailable, Unreadable } from "../../src/store/StoreError.ts"
import { nodeId } from "../domain/nodes.ts"
import { collect, Database, enrol, ground, storedOf, world } from "./world.ts"

const away = new StoreError({ reason: new Unavailable({ message: "away" }) })
const refused = new StoreError({ reason: new Unreadable({ message: "refused" }) })

/** A writer of numbers, four a batch, whose database does as `answer` says. */
const make = Effect.fnUntraced(function* () {
  const state = {
    buffer: [] as Array<number>,
    written: [] as Array<ReadonlyArray<number>>,
    lost: [] as Array<number>,
    attempts: 0,
    answer: Effect.void as Effect.Effect<void, StoreError>
  }
  const writer = yield* makeBatchWriter<ReadonlyArray<number>>({
    what: "numbers",
    full: 4,
    size: () => state.buffer.length,
    take: () => (state.buffer.length === 0 ? undefined : state.buffer.splice(0, 4)),
    putBack: (batch) => void state.buffer.unshift(...batch),
    lose: (batch) => void state.lost.push(...batch),
    write: (batch) =>
      Effect.suspend(() => {
        state.attempts++
        return Effect.tap(state.answer, () => Effect.sync(() => state.written.push(batch)))
      })
  })
  const offer = (...numbers: ReadonlyArray<number>) => {
    for (const number of numbers) {
      state.buffer.push(number)
      writer.notify()
    }
  }
  yield* TestClock.adjust(0)
  return { ...writer, offer, state }
})

describe("a batch writer", () => {
  it.effect("that is hurried writes at once, and waits for company again afterwards", () =>
    Effect.gen(function* () {
      const { hurry, offer, state } = yield* make()
      offer(1, 2)
      yield* TestClock.adjust(0)
      hurry()
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(state.written, [[1, 2]])
      offer(3)
      yield* TestClock.adjust("900 millis")
      assert.deepStrictEqual(state.written, [[1, 2]])
      yield* TestClock.adjust("100 millis")
      assert.deepStrictEqual(state.written, [[1, 2], [3]])
    })
  )

  it.effect("waits a second for company, and writes once", () =>
    Effect.gen(function* () {
      const { offer, state } = yield* make()
      offer(1)
      yield* TestClock.adjust("900 millis")
      offer(2)
      assert.deepStrictEqual(state.written, [])
      yield* TestClock.adjust("100 millis")
      assert.deepStrictEqual(state.written, [[1, 2]])
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(state.attempts, 1)
    })
  )

  it.effect("writes a full batch at once", () =>
    Effect.gen(function* () {
      const { offer, state } = yield* make()
      offer(1)
      yield* TestClock.adjust("10 millis")
      offer(2, 3, 4)
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(state.written, [[1, 2, 3, 4]])
    })
  )

  it.effect("drains at once, and all that was offered", () =>
    Effect.gen(function* () {
      const { drain, offer, state } = yield* make()
      offer(1, 2, 3, 4, 5)
      yield* drain
      assert.deepStrictEqual(state.written.flat(), [1, 2, 3, 4, 5])
    })
  )

  it.effect("drains only when a write under way has ended", () =>
    Effect.gen(function* () {
      const { drain, offer, state } = yield* make()
      state.answer = Effect.sleep("10 seconds")
      offer(1)
      yield* TestClock.adjust("1 second")
      const draining = yield* Effect.forkChild(drain, { startImmediately: true })
      yield* TestClock.adjust("9 seconds")
      assert.strictEqual(draining.pollUnsafe(), undefined)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(draining)
    })
  )

  it.effect("keeps what can't be written, tries again with growing pauses, and never stops trying", () =>
    Effect.gen(function* () {
      const { offer, state } = yield* make()
      state.answer = Effect.fail(away)
      offer(1)
      yield* TestClock.adjust("1 minute")
      const firstMinute = state.attempts
      assert.isAtMost(firstMinute, 8)
      yield* TestClock.adjust("10 minutes")
      assert.isAbove(state.attempts, firstMinute + 30)
      state.answer = Effect.void
      yield* TestClock.adjust("16 seconds")
      assert.deepStrictEqual([state.written, state.lost], [[[1]], []])
    })
  )

  it.effect("gives up only what the database refuses for good", () =>
    Effect.gen(function* () {
      const { offer, state } = yield* make()
      state.answer = Effect.fail(refused)
      offer(1)
      yield* TestClock.adjust("1 second")
      state.answer = Effect.void
      offer(2)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([state.lost, state.written], [[1], [[2]]])
    })
  )

  it.effect("gives up what breaks the writing, and goes on with what comes after", () =>
    Effect.gen(function* () {
      const { offer, state } = yield* make()
      state.answer = Effect.die(new Error("a value that no statement can hold"))
      offer(1)
      yield* TestClock.adjust("1 second")
      state.answer = Effect.void
      offer(2)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([state.lost, state.written], [[1], [[2]]])
    })
  )

  it.effect("writes what is left when it ends, and does not wait for ever for that", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { offer, state } = yield* Scope.provide(make(), scope)
      offer(1)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(state.written, [[1]])

      const second = yield* Scope.make()
      const dead = yield* Scope.provide(make(), second)
      dead.state.answer = Effect.fail(away)
      dead.offer(1)
      const closing = yield* Effect.forkChild(Scope.close(second, Exit.void))
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(closing)
      assert.deepStrictEqual(dead.state.written, [])
    })
  )
})

const observation = (n: number, observedAtMillis: number): PowerObservation => ({
  nodeId: nodeId(n),
  power: "power on",
  observedAtMillis,
  failures: 0
})

describe("the writer of observations", () => {
  const layer = ObservationWriter.layer.pipe(Layer.provideMerge(ground()))

  it.effect("writes the latest of each node, once", () =>
    Effect.gen(function* () {
      const writer = yield* ObservationWriter
      writer.offer(observation(1, 1))
      writer.offer(observation(2, 2))
      writer.offer(observation(1, 3))
      yield* writer.drain
      assert.deepStrictEqual(writer.stats(), { waiting: 0, written: 2, lost: 0 })
    }).pipe(Effect.provide(layer))
  )

  it.effect("keeps a newer observation that comes while an older one fails to be written", () =>
    Effect.gen(function* () {
      const store = yield* NodeStore
      const batches: Array<ReadonlyArray<PowerObservation>> = []
      let on = false
      const flaky = NodeStore.of({
        ...store,
        recordObservations: (batch) =>
          Effect.suspend(() => {
            batches.push(batch)
            return on ? Effect.void : Effect.andThen(Effect.sleep("100 millis"), Effect.fail(away))
          })
      })
      yield* Effect.gen(function* () {
        const writer = yield* ObservationWriter
        writer.offer(observation(1, 1))
        yield* TestClock.adjust("1050 millis")
        writer.offer(observation(1, 2))
        on = true
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(batches.at(-1), [observation(1, 2)])
        assert.deepStrictEqual(writer.stats(), { waiting: 0, written: 1, lost: 0 })
      }).pipe(Effect.provide(ObservationWriter.layer.pipe(Layer.provide(Layer.succeed(NodeStore, flaky)))))
    }).pipe(Effect.provide(ground()))
  )

  it.effect("holds 100,000 nodes at most while the database is away, and counts what it gives up", () =>
    Effect.gen(function* () {
      const database = yield* Database
      const writer = yield* ObservationWriter
      database.on = false
      for (let n = 0; n < 100_010; n++) writer.offer(observation(n, 1))
      writer.offer(observation(0, 2))
      const { lost, waiting } = writer.stats()
      assert.deepStrictEqual([waiting, lost], [100_000, 10])
      database.on = true
    }).pipe(Effect.provide(layer))
  )
})

describe("the journal", () => {
  const layer = Journal.layer.pipe(Layer.provideMerge(ground()))
  const fact = (reason: string) => ({ nodeId: null, kind: "ConductorStarted", actor: "test", reason }) as const

  it.effect("writes what is recorded, in order, with the time of recording", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const store = yield* JournalStore
      yield* TestClock.setTime(1000)
      journal.record(fact("first"))
      yield* TestClock.setTime(1500)
      journal.record(fact("second"))
      yield* journal.drain
      const entries = (yield* store.list({ limit: 10 })).map(({ entry }) => entry).toReversed()
      assert.deepStrictEqual(
        entries.map(({ at, reason, severity }) => [Number(at.epochMilliseconds), reason, severity]),
        [
          [1000, "first", "INFO"],
          [1500, "second", "INFO"]
        ]
      )
    }).pipe(Effect.provide(layer))
  )

  it.effect("tells those who listen at once", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const heard = yield* collect(journal.entries)
      journal.record(fact("now"))
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(
        heard.map(({ reason }) => reason),
        ["now"]
      )
    }).pipe(Effect.provide(layer))
  )

  it.effect("keeps 50,000 entries at most while the database is away, loses the oldest, and counts them", () =>
    Effect.gen(function* () {
      const database = yield* Database
      const journal = yield* Journal
      const store = yield* JournalStore
      database.on = false
      for (let n = 0; n < 50_001; n++) journal.record(fact(String(n)))
      const { lost, waiting } = journal.stats()
      assert.strictEqual(lost + waiting, 50_001)
      assert.deepInclude(yield* Metric.value(journalEntriesLost), { count: lost })
      assert.isAtLeast(waiting, 45_000)
      database.on = true
      yield* journal.drain
      const [newest] = yield* store.list({ limit: 1 })
      assert.strictEqual(newest?.entry.reason, "50000")
      assert.strictEqual(journal.stats().written, waiting)
    }).pipe(Effect.provide(layer))
  )
})

describe("observations in the database", () => {
  it.effect("are there within two seconds of the read", () =>
    Effect.gen(function* () {
      const [id = nodeId(0)] = yield* enrol(1)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* storedOf(id)).observation.power, "power on")
    }).pipe(Effect.provide(world()))
  )
})
