/** What is known of each task: status, history, streams and metrics. */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Logger, Metric, References, Stream } from "effect"
import { TestClock } from "effect/testing"
import { PeriodicTask } from "../../src/periodics/PeriodicTask.ts"
import { PeriodicWorker, type TaskChange } from "../../src/periodics/PeriodicWorker.ts"
import { WorkerPool } from "../../src/periodics/WorkerPool.ts"
import { gate, workerLayer } from "./support.ts"

const each = { spacing: "1 seconds", jitter: 0, strategy: "aligned" } as const
const withWorker = Effect.provide(workerLayer({ onFailure: () => Effect.void }))

describe("the status of a task", () => {
  it.effect("tells its plan before the first run", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, run: Effect.void }))
      expect(yield* worker.status("a")).toEqual({
        name: "a",
        state: "waiting",
        paused: false,
        spacingMillis: 1000,
        cron: null,
        strategy: "aligned",
        runs: { success: 0, failure: 0, timeout: 0, interrupted: 0, "never-again": 0 },
        refusals: 0,
        nextDueAtMillis: 1000,
        runningSinceMillis: null,
        lastRun: null,
        lastError: null,
        lateness: null,
        elapsed: null,
        waiting: null,
        elapsedTotalMillis: 0,
        waitingTotalMillis: 0,
        recent: []
      })
    }).pipe(withWorker)
  )

  it.effect("tells where the run is: running, parked, and waiting for the next", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, run: Effect.sleep("500 millis") }))
      const states: Array<string> = []
      for (const millis of [1050, 150, 400]) {
        yield* TestClock.adjust(millis)
        const { nextDueAtMillis, state } = yield* worker.status("a")
        states.push(`${state} ${nextDueAtMillis}`)
      }
      expect(states).toEqual(["running null", "parked null", "waiting 2000"])
    }).pipe(withWorker)
  )

  it.effect("counts, sums up and remembers runs", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      let run = 0
      const task = Effect.suspend(() =>
        Effect.andThen(Effect.sleep(++run * 10), run === 2 ? Effect.fail("no") : Effect.void)
      )
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, run: task }))
      yield* TestClock.adjust(4900)
      const status = yield* worker.status("a")
      expect(status).toMatchObject({
        runs: { success: 3, failure: 1 },
        elapsed: { averageMillis: 25, p50Millis: 20, p99Millis: 40, maxMillis: 40 },
        waiting: { averageMillis: 0, maxMillis: 0 },
        lateness: { p99Millis: 0 },
        elapsedTotalMillis: 100,
        waitingTotalMillis: 0,
        lastError: "no"
      })
      expect(status.recent.map(({ startedAtMillis, finishedAtMillis }) => [startedAtMillis, finishedAtMillis])).toEqual(
        [
          [1000, 1010],
          [2000, 2020],
          [3000, 3030],
          [4000, 4040]
        ]
      )
      expect(status.lastRun).toEqual(status.recent.at(-1))
    }).pipe(withWorker)
  )

  it.effect("tells of each run when it was due, started and finished, and how late it was", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const pool = yield* WorkerPool
      const busy = gate()
      for (const submitter of ["x", "y", "z"]) yield* Effect.forkChild(pool.submit(submitter, busy.run))
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, run: Effect.sleep("20 millis") }))
      yield* TestClock.adjust(1300)
      yield* busy.release
      yield* TestClock.adjust(20)
      expect((yield* worker.status("a")).lastRun).toMatchObject({
        dueAtMillis: 1000,
        startedAtMillis: 1300,
        finishedAtMillis: 1320,
        latenessMillis: 300
      })
    }).pipe(Effect.provide(workerLayer({}, { size: 3, parkAfter: null })))
  )

  it.effect("keeps as many runs as told, and no more", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, run: Effect.void }))
      yield* TestClock.adjust("10 seconds")
      const { recent, runs } = yield* worker.status("a")
      expect([recent.map(({ dueAtMillis }) => dueAtMillis), runs.success]).toEqual([[8000, 9000, 10_000], 10])
    }).pipe(Effect.provide(workerLayer({ history: 3 })))
  )

  it.effect("is listed in the order of addition", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      for (const name of ["c", "a", "b"]) yield* worker.add(PeriodicTask.make({ name, ...each, run: Effect.void }))
      expect((yield* worker.list).map(({ name }) => name)).toEqual(["c", "a", "b"])
    }).pipe(withWorker)
  )
})

describe("streams", () => {
  it.effect("give every finished run to each reader", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, run: Effect.void }))
      yield* worker.add(PeriodicTask.make({ name: "b", spacing: "1500 millis", jitter: 0, run: Effect.fail("no") }))
      const readers = yield* Effect.forEach([1, 2], () =>
        Effect.forkChild(Stream.runCollect(Stream.take(worker.runs, 3)))
      )
      yield* TestClock.adjust("2 seconds")
      for (const records of yield* Effect.forEach(readers, Fiber.join)) {
        expect(records.map(({ dueAtMillis, outcome, task }) => [task, dueAtMillis, outcome])).toEqual([
          ["a", 1000, "success"],
          ["b", 1500, "failure"],
          ["a", 2000, "success"]
        ])
      }
    }).pipe(withWorker)
  )

  it.effect("give the newest status of what changed, all tasks at first, and what was removed", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      for (const name of ["a", "b"])
        yield* worker.add(PeriodicTask.make({ name, ...each, enabled: name === "a", run: Effect.void }))
      const seen: Array<string> = []
      const note = (change: TaskChange) =>
        Effect.sync(() => {
          const text =
            change._tag === "Changed" ? `${change.status.name} ${change.status.state}` : `${change.name} gone`
          seen.push(text)
        })
      yield* Effect.forkChild(Stream.runForEach(worker.changes, note))
      yield* TestClock.adjust(500)
      expect(seen).toEqual(["a waiting", "b disabled"])
      yield* worker.pause("a")
      yield* worker.resume("a")
      yield* worker.pause("a")
      yield* worker.remove("b")
      yield* TestClock.adjust(200)
      // The reader was waiting and gets the first change at once, and what followed it in one.
      expect(seen.slice(2)).toEqual(["a paused", "a paused", "b gone"])
    }).pipe(withWorker)
  )

  it.effect("give a busy task's changes ten times a second at most", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      yield* worker.add(PeriodicTask.make({ name: "a", spacing: "5 millis", jitter: 0, run: Effect.void }))
      let changes = 0
      yield* Effect.forkChild(Stream.runForEach(worker.changes, () => Effect.sync(() => changes++)))
      yield* TestClock.adjust("10 seconds")
      expect(changes).toBeGreaterThan(90)
      expect(changes).toBeLessThanOrEqual(101)
    }).pipe(withWorker)
  )
})

it.effect("a run is no part of what was traced when its task was added, and its log lines name the task", () => {
  const spans: Array<string> = []
  const named: Array<unknown> = []
  const logger = Logger.make(({ fiber }) => {
    named.push(fiber.getRef(References.CurrentLogAnnotations)["task"])
  })
  return Effect.gen(function* () {
    const worker = yield* PeriodicWorker
    const span = Effect.match(Effect.currentSpan, { onFailure: () => "none", onSuccess: ({ name }) => name })
    const run = Effect.andThen(
      Effect.map(span, (name) => void spans.push(name)),
      Effect.log("hello")
    )
    yield* Effect.withSpan(worker.add(PeriodicTask.make({ name: "a", ...each, run })), "adding")
    yield* TestClock.adjust(1000)
    expect([spans, named]).toEqual([["none"], ["a"]])
  }).pipe(Effect.provide(Layer.provideMerge(workerLayer(), Logger.layer([logger]))))
})

describe("metrics", () => {
  const series = (prefix: string) => Effect.map(Metric.snapshot, (all) => all.filter(({ id }) => id.startsWith(prefix)))

  it.effect("count runs by task and outcome and spread their lateness, under the prefix given", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, run: Effect.void }))
      yield* TestClock.adjust("3 seconds")
      const found = yield* series("one_")
      expect(found.find(({ id }) => id === "one_runs_total")).toMatchObject({
        type: "Counter",
        attributes: { task: "a", outcome: "success" },
        state: { count: 3 }
      })
      expect(found.find(({ id }) => id === "one_lateness_seconds")).toMatchObject({
        type: "Histogram",
        attributes: { task: "a" },
        state: { count: 3, max: 0 }
      })
      yield* worker.remove("a")
      expect((yield* series("one_")).map(({ id }) => id)).toEqual([])
    }).pipe(Effect.provide(workerLayer({ metricPrefix: "one_" }, { metricPrefix: "pool_" })))
  )

  it.effect("of a task that was removed during its run don't come back with the end of that run", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, run: Effect.never }))
      yield* TestClock.adjust(1500)
      yield* worker.remove("a")
      expect((yield* series("one_")).map(({ id }) => id)).toEqual([])
    }).pipe(Effect.provide(workerLayer({ metricPrefix: "one_" }, { metricPrefix: "pool_" })))
  )

  it.effect("show parked and waiting runs, and refusals", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const options = { ...each, run: Effect.never }
      for (const name of ["a", "b", "c", "d"]) yield* worker.add(PeriodicTask.make({ name, ...options }))
      const values = Effect.map(series("pool_"), (all) =>
        Object.fromEntries(
          all.map((metric) => [
            metric.id,
            metric.type === "Gauge" ? metric.state.value : metric.type === "Counter" ? metric.state.count : null
          ])
        )
      )
      yield* TestClock.adjust("1 seconds")
      expect(yield* values).toEqual({ pool_parked: 0, pool_waiting: 1, pool_refused_total: 1 })
      yield* TestClock.adjust("1 seconds")
      expect(yield* values).toMatchObject({ pool_parked: 3, pool_waiting: 0 })
    }).pipe(Effect.provide(workerLayer({}, { size: 3, queueLimit: 1, metricPrefix: "pool_" })))
  )
})
