/** In real time, on real timers: each test waits for runs to be reported, and sleeps for nothing. */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Stream } from "effect"
import { PeriodicTask } from "../../src/periodics/PeriodicTask.ts"
import { PeriodicWorker } from "../../src/periodics/PeriodicWorker.ts"
import { WorkerPool } from "../../src/periodics/WorkerPool.ts"
import { quiet, workerLayer } from "./support.ts"

const withWorker = Effect.provide(workerLayer({ onFailure: () => Effect.void }))
/** The first `count` runs reported of a task. */
const runsOf = (task: string, count: number) =>
  Effect.flatMap(PeriodicWorker, (worker) =>
    worker.runs.pipe(
      Stream.filter((record) => record.task === task),
      Stream.take(count),
      Stream.runCollect
    )
  )

describe("on real timers", () => {
  it.live("an aligned task runs once on each point of its grid, never early and never twice", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      yield* worker.add(
        PeriodicTask.make({ name: "a", spacing: "20 millis", strategy: "aligned", jitter: 0, run: Effect.void })
      )
      const records = yield* runsOf("a", 40)
      const [first] = records
      for (const { dueAtMillis, latenessMillis, startedAtMillis } of records) {
        // A loaded machine may miss a point of the grid, but not leave it.
        const steps = (dueAtMillis - (first?.dueAtMillis ?? 0)) / 20
        expect(Math.abs(steps - Math.round(steps))).toBeLessThan(0.2)
        expect(startedAtMillis - dueAtMillis).toBeGreaterThanOrEqual(-1e-3)
        expect(latenessMillis).toBeGreaterThanOrEqual(0)
      }
      const points = records.map(({ dueAtMillis }) => Math.round((dueAtMillis - (first?.dueAtMillis ?? 0)) / 20))
      expect(new Set(points).size).toBe(points.length)
    }).pipe(withWorker)
  )

  it.live("a task that blocks the event loop for a second makes another late, for that reason, and stops nothing", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const block = Effect.sync(() => {
        const until = performance.now() + 1000
        while (performance.now() < until);
      })
      yield* worker.add(
        PeriodicTask.make({ name: "other", spacing: "50 millis", strategy: "aligned", jitter: 0, run: Effect.void })
      )
      yield* runsOf("other", 1)
      const late = yield* Effect.forkChild(
        Stream.runHead(Stream.filter(worker.runs, (record) => record.task === "other" && record.latenessMillis > 500))
      )
      yield* Effect.yieldNow
      yield* worker.add(PeriodicTask.make({ name: "blocks", spacing: "1 hours", runImmediately: true, run: block }))
      expect(Option.getOrThrow(yield* Fiber.join(late)).latenessCause).toBe("event loop")
      const next = yield* runsOf("other", 3)
      expect(next.every(({ outcome }) => outcome === "success")).toBe(true)
    }).pipe(withWorker)
  )

  it.live("twice as many hanging tasks as the pool has slots let a healthy one run", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const pool = yield* WorkerPool
      for (let i = 0; i < 20; i++) {
        const name = `hang-${i}`
        yield* worker.add(PeriodicTask.make({ name, spacing: "1 hours", runImmediately: true, run: Effect.never }))
      }
      yield* worker.add(PeriodicTask.make({ name: "healthy", spacing: "20 millis", jitter: 0, run: Effect.void }))
      const records = yield* runsOf("healthy", 20)
      expect(records.every(({ outcome }) => outcome === "success")).toBe(true)
      expect(yield* pool.stats).toMatchObject({ waiting: 0 })
      expect((yield* pool.stats).parked).toBeGreaterThanOrEqual(11)
    }).pipe(Effect.provide(Layer.provideMerge(workerLayer({}, { size: 10 }), quiet)))
  )
})
