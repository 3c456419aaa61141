import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Metric } from "effect"
import { TestClock } from "effect/testing"
import { tasksOverdue } from "../../src/conductor/ConductorMetrics.ts"
import { Journal } from "../../src/conductor/Journal.ts"
import { TaskWatch } from "../../src/conductor/TaskWatch.ts"
import { PeriodicTask } from "../../src/periodics/PeriodicTask.ts"
import { PeriodicWorker } from "../../src/periodics/PeriodicWorker.ts"
import { WorkerPool, type WorkerPoolOptions } from "../../src/periodics/WorkerPool.ts"
import * as Store from "../../src/store/Store.ts"
import { gate } from "../periodics/support.ts"
import { journalOf } from "./world.ts"

const worker = (pool: WorkerPoolOptions = {}) =>
  TaskWatch.layer.pipe(
    Layer.provideMerge(PeriodicWorker.layer({ onFailure: () => Effect.void })),
    Layer.provideMerge(Layer.orDie(WorkerPool.layer(pool))),
    Layer.provideMerge(Journal.layer),
    Layer.provideMerge(Store.layerMemory),
    Layer.provideMerge(Logger.layer([]))
  )

/** Every 30 s from 30 s on. */
const each = { spacing: "30 seconds", jitter: 0, strategy: "aligned" } as const

const add = Effect.fnUntraced(function* (name: string, run: Effect.Effect<unknown, unknown>) {
  yield* (yield* PeriodicWorker).add(PeriodicTask.make({ name, ...each, run: Effect.asVoid(run) }))
})

const overdue = Effect.map(TaskWatch, (watch) =>
  watch.overdue().map(({ cause, sinceMillis, task }) => `${task}: ${cause} since ${sinceMillis / 1000} s`)
)

const told = Effect.map(journalOf(null), (entries) =>
  entries.map(({ actor, from, kind, to }) => `${kind} ${actor}: ${from ?? "-"} → ${to ?? "-"}`)
)

const gauge = Effect.map(Metric.value(tasksOverdue), ({ value }) => value)

describe("a task that should have run and did not is an alarm", () => {
  it.effect("when its run hangs, a spacing after the next was due and not before; until it ends", () =>
    Effect.gen(function* () {
      const hanging = gate()
      yield* add("hanging", hanging.run)
      yield* add("healthy", Effect.void)
      yield* TestClock.adjust("90 seconds")
      assert.deepStrictEqual(yield* overdue, [])
      assert.strictEqual(yield* gauge, 0)
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* overdue, ["hanging: hangs since 60 s"])
      assert.strictEqual(yield* gauge, 1)
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(yield* told, ["TaskMissed hanging: - → hangs"])
      yield* hanging.release
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* overdue, [])
      assert.strictEqual(yield* gauge, 0)
      assert.deepStrictEqual(yield* told, ["TaskMissed hanging: - → hangs", "TaskResumed hanging: hangs → -"])
    }).pipe(Effect.provide(worker()))
  )

  it.effect("when it gets no worker of the pool, which keeps nobody from looking", () =>
    Effect.gen(function* () {
      const pool = yield* WorkerPool
      const busy = gate()
      for (const submitter of ["x", "y", "z"]) yield* Effect.forkChild(pool.submit(submitter, busy.run))
      yield* add("waiting", Effect.void)
      yield* TestClock.adjust("60 seconds")
      assert.deepStrictEqual(yield* overdue, [])
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* overdue, ["waiting: pool full since 30 s"])
      yield* busy.release
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* overdue, [])
      assert.deepStrictEqual(yield* told, ["TaskMissed waiting: - → pool full", "TaskResumed waiting: pool full → -"])
    }).pipe(Effect.provide(worker({ size: 3, parkAfter: null })))
  )

  it.effect("when its last three runs failed, until one succeeds", () =>
    Effect.gen(function* () {
      let fails = true
      yield* add(
        "failing",
        Effect.suspend(() => (fails ? Effect.fail("no") : Effect.void))
      )
      yield* TestClock.adjust("65 seconds")
      assert.deepStrictEqual(yield* overdue, [])
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(yield* overdue, ["failing: fails since 30 s"])
      fails = false
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(yield* overdue, [])
      assert.deepStrictEqual(yield* told, ["TaskMissed failing: - → fails", "TaskResumed failing: fails → -"])
    }).pipe(Effect.provide(worker()))
  )

  it.effect("when nothing starts it, since the worker is stopped", () =>
    Effect.gen(function* () {
      yield* add("waiting", Effect.void)
      yield* TestClock.adjust("31 seconds")
      yield* (yield* PeriodicWorker).stop
      yield* TestClock.adjust("64 seconds")
      assert.deepStrictEqual(yield* overdue, ["waiting: not started since 60 s"])
    }).pipe(Effect.provide(worker()))
  )

  it.effect("but none while it is paused, also when it was one before", () =>
    Effect.gen(function* () {
      const tasks = yield* PeriodicWorker
      yield* add("paused", Effect.fail("no"))
      yield* tasks.pause("paused")
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(yield* overdue, [])
      yield* tasks.resume("paused")
      yield* TestClock.adjust("95 seconds")
      assert.lengthOf(yield* overdue, 1)
      yield* tasks.pause("paused")
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* overdue, [])
      const [missed, resumed] = yield* journalOf(null)
      assert.strictEqual(missed?.kind, "TaskMissed")
      assert.match(resumed?.reason ?? "", /^It was paused or removed, after \d+ s\.$/)
    }).pipe(Effect.provide(worker()))
  )
})
