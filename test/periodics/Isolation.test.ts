/** Nothing that a task does touches another, or the worker. */
import { describe, expect, it } from "@effect/vitest"
import { Clock, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { PeriodicTask } from "../../src/periodics/PeriodicTask.ts"
import { PeriodicWorker, type TaskFailure } from "../../src/periodics/PeriodicWorker.ts"
import { WorkerPool } from "../../src/periodics/WorkerPool.ts"
import { captureLogs, gate, NoRoute, probe, workerLayer } from "./support.ts"

const each = { spacing: "1 seconds", jitter: 0, strategy: "aligned" } as const
const silent = { onFailure: () => Effect.void }
const withWorker = Effect.provide(workerLayer(silent))

describe("a task that", () => {
  const explode = (): void => {
    throw new Error("a bug")
  }
  it.effect.each<readonly [string, Effect.Effect<void, unknown>, object]>([
    ["fails", Effect.fail(new NoRoute()), { failure: 3, lastError: "no route to host" }],
    ["fails with no error object", Effect.fail("timed out"), { failure: 3, lastError: "timed out" }],
    ["fails with a very long text", Effect.fail("x".repeat(2000)), { failure: 3, lastError: `${"x".repeat(499)}…` }],
    ["dies", Effect.die(new Error("a bug")), { failure: 3, lastError: "a bug" }],
    ["throws", Effect.sync(explode), { failure: 3, lastError: "a bug" }],
    ["interrupts itself", Effect.interrupt, { interrupted: 3, lastError: null }],
    ["hangs", Effect.never, { interrupted: 0, lastError: null }]
  ])("%s is run again in time, unless it still runs, and leaves others alone", ([, run, expected]) =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const other = probe()
      yield* worker.add(PeriodicTask.make({ name: "bad", ...each, run }))
      yield* worker.add(PeriodicTask.make({ name: "good", ...each, run: other.run }))
      yield* TestClock.adjust("3 seconds")
      const { lastError, runs } = yield* worker.status("bad")
      expect({ ...runs, lastError }).toMatchObject(expected)
      expect(other.times).toEqual([1000, 2000, 3000])
    }).pipe(withWorker)
  )

  it.effect("hangs is interrupted at its timeout, which is said, and runs again", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const cleaned: Array<number> = []
      const cleanUp = Effect.map(Clock.currentTimeMillis, (now) => cleaned.push(now))
      const { run, times } = probe(Effect.onInterrupt(Effect.never, () => cleanUp))
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, timeout: "2500 millis", run }))
      yield* TestClock.adjust(8000)
      expect([times, cleaned]).toEqual([
        [1000, 4000, 7000],
        [3500, 6500]
      ])
      expect(yield* worker.status("a")).toMatchObject({
        runs: { timeout: 2, failure: 0, interrupted: 0 },
        lastError: "It took longer than 2s 500ms."
      })
    }).pipe(withWorker)
  )

  it.effect("hangs is interrupted at its timeout though the pool is full of others", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const pool = yield* WorkerPool
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, timeout: "5 seconds", run: Effect.never }))
      yield* TestClock.adjust(2000)
      expect((yield* worker.status("a")).state).toBe("parked")
      for (const name of ["x", "y"])
        yield* Effect.forkChild(pool.submit(name, Effect.forever(Effect.sleep("50 millis"))))
      yield* TestClock.adjust(4000)
      expect((yield* worker.status("a")).lastRun).toMatchObject({ outcome: "timeout", finishedAtMillis: 6000 })
    }).pipe(Effect.provide(workerLayer(silent, { size: 3 })))
  )

  it.effect("ended in time is not timed out later, when the next run waits for its slot", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const pool = yield* WorkerPool
      const busy = gate()
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, timeout: "1500 millis", run: Effect.void }))
      yield* TestClock.adjust(1500)
      for (const name of ["x", "y"]) yield* Effect.forkChild(pool.submit(name, busy.run))
      yield* TestClock.adjust(1200)
      expect((yield* worker.status("a")).state).toBe("queued")
      yield* busy.release
      yield* TestClock.adjust(1)
      expect((yield* worker.status("a")).runs).toMatchObject({ success: 2, timeout: 0 })
    }).pipe(Effect.provide(workerLayer(silent, { size: 3, parkAfter: null })))
  )

  it.effect("leaves a fiber behind has nothing to do with it any more", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const pool = yield* WorkerPool
      const steps: Array<number> = []
      const record = Effect.map(Clock.currentTimeMillis, (now) => steps.push(now))
      let first = true
      const run = Effect.suspend(() => {
        const behind = first
          ? Effect.forkDetach(Effect.forever(Effect.andThen(Effect.sleep(900), record)))
          : Effect.never
        first = false
        return Effect.asVoid(behind)
      })
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, run }))
      yield* TestClock.adjust(2500)
      expect((yield* worker.status("a")).state).toBe("parked")
      for (const name of ["x", "y"])
        yield* Effect.forkChild(pool.submit(name, Effect.forever(Effect.sleep("50 millis"))))
      yield* TestClock.adjust(2500)
      expect(steps).toEqual([1900, 2800, 3700, 4600])
    }).pipe(Effect.provide(workerLayer(silent, { size: 3 })))
  )

  it.effect("cannot be interrupted is timed out once it ends, and not before it is done", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe(Effect.uninterruptible(Effect.sleep("3500 millis")))
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, timeout: "1 seconds", run }))
      yield* TestClock.adjust(5500)
      expect(times).toEqual([1000, 5000])
      expect((yield* worker.status("a")).runs).toMatchObject({ timeout: 1, success: 0 })
      yield* worker.pause("a")
      yield* TestClock.adjust("5 seconds")
    }).pipe(withWorker)
  )

  it.effect("blocks the event loop for a second makes others late once, and is named as the cause", () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      let blockedMillis = 0
      const blocking: Clock.Clock = {
        ...clock,
        monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe() + BigInt(blockedMillis * 1_000_000)
      }
      yield* Effect.gen(function* () {
        const worker = yield* PeriodicWorker
        let blocks = true
        const run = Effect.sync(() => {
          if (blocks) blockedMillis += 1000
          blocks = false
        })
        const other = probe()
        yield* worker.add(PeriodicTask.make({ name: "blocks", ...each, run }))
        yield* TestClock.adjust(100)
        yield* worker.add(PeriodicTask.make({ name: "other", ...each, run: other.run }))
        yield* TestClock.adjust(2900)
        const { recent } = yield* worker.status("other")
        expect(recent.map(({ latenessCause, latenessMillis }) => [latenessMillis, latenessCause])).toEqual([
          // The event loop turns once, a millisecond, before what is overdue.
          [901, "event loop"],
          [0, null],
          [0, null]
        ])
        expect((yield* worker.status("blocks")).runs.success).toBe(4)
      }).pipe(Effect.provide(workerLayer(silent)), Effect.provideService(Clock.Clock, blocking))
    })
  )
})

describe("a pool that is full", () => {
  it.effect("refuses runs, which are tried again after 0.9 to 1.1 s, counted, and late for that reason", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const pool = yield* WorkerPool
      const busy = gate()
      for (const submitter of ["x", "y", "z"]) yield* Effect.forkChild(pool.submit(submitter, busy.run))
      const { run, times } = probe()
      yield* worker.add(PeriodicTask.make({ name: "a", spacing: "10 seconds", jitter: 0, run }))
      yield* TestClock.adjust("10 seconds")
      expect(yield* worker.status("a")).toMatchObject({ state: "queued", refusals: 1 })
      yield* busy.release
      yield* busy.release
      yield* TestClock.adjust("1100 millis")
      expect(times.length).toBe(1)
      expect(times[0]).toBeGreaterThanOrEqual(10_900)
      expect(times[0]).toBeLessThanOrEqual(11_101)
      const { lastRun, waiting } = yield* worker.status("a")
      expect(lastRun).toMatchObject({ dueAtMillis: 10_000, queuedAtMillis: 10_000, latenessCause: "pool full" })
      expect(waiting?.maxMillis).toBe((times[0] ?? 0) - 10_000)
      expect((yield* pool.stats).refused).toBe(1)
    }).pipe(Effect.provide(workerLayer(silent, { size: 3, queueLimit: 1, parkAfter: null })))
  )

  it.effect("starts what waits in turn, and says that it was the cause", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const slow = Effect.sleep("400 millis")
      for (const name of ["a", "b", "c"]) yield* worker.add(PeriodicTask.make({ name, ...each, run: slow }))
      yield* TestClock.adjust(1900)
      expect((yield* worker.list).map(({ lastRun }) => [lastRun?.latenessMillis, lastRun?.latenessCause])).toEqual([
        [0, null],
        [0, null],
        [400, "pool full"]
      ])
    }).pipe(Effect.provide(workerLayer(silent, { size: 3, parkAfter: null })))
  )

  it.effect("of runs that hang holds up nobody where they are parked, and everybody where they are not", () =>
    Effect.gen(function* () {
      const timesWith = (parkAfter: "100 millis" | null) =>
        Effect.gen(function* () {
          const worker = yield* PeriodicWorker
          for (const name of ["x", "y", "z"]) yield* worker.add(PeriodicTask.make({ name, ...each, run: Effect.never }))
          yield* TestClock.adjust(1500)
          const { run, times } = probe()
          yield* worker.add(PeriodicTask.make({ name: "healthy", ...each, run }))
          const startedAt = yield* Clock.currentTimeMillis
          yield* TestClock.adjust("3 seconds")
          return times.map((time) => time - startedAt)
        }).pipe(Effect.provide(workerLayer(silent, { size: 3, parkAfter })))
      expect(yield* timesWith("100 millis")).toEqual([1000, 2000, 3000])
      expect(yield* timesWith(null)).toEqual([])
    })
  )

  it.effect("keeps its reserved share for tasks that must not starve", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      for (const name of ["x", "y", "z"]) yield* worker.add(PeriodicTask.make({ name, ...each, run: Effect.never }))
      const { run, times } = probe()
      yield* worker.add(PeriodicTask.make({ name: "heartbeat", ...each, reserved: true, run }))
      yield* TestClock.adjust("3 seconds")
      expect(times).toEqual([1000, 2000, 3000])
    }).pipe(Effect.provide(workerLayer(silent, { size: 3, parkAfter: null })))
  )
})

describe("the failure callback", () => {
  const failing = PeriodicTask.make({ name: "a", ...each, runImmediately: true, run: Effect.fail("no") })

  it.effect("is told the task, what made it run, its spacing and what went wrong, for timeouts too", () => {
    const told: Array<TaskFailure> = []
    return Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      yield* worker.add(failing)
      yield* worker.add(PeriodicTask.make({ name: "b", ...each, timeout: "100 millis", run: Effect.never }))
      yield* TestClock.adjust(1200)
      expect(told).toEqual([
        { task: "a", kind: "immediate", spacingMillis: 1000, outcome: "failure", error: "no" },
        { task: "a", kind: "periodic", spacingMillis: 1000, outcome: "failure", error: "no" },
        { task: "b", kind: "periodic", spacingMillis: 1000, outcome: "timeout", error: "It took longer than 100ms." }
      ])
    }).pipe(Effect.provide(workerLayer({ onFailure: (failure) => Effect.sync(() => void told.push(failure)) })))
  })

  it.effect.each<readonly [string, () => Effect.Effect<void, unknown>]>([
    ["fails", () => Effect.fail("callback")],
    [
      "throws",
      () => {
        throw new Error("callback")
      }
    ]
  ])("that %s is logged and ignored", ([, onFailure]) => {
    const { layer, lines } = captureLogs()
    return Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      yield* worker.add(failing)
      yield* TestClock.adjust(2000)
      expect((yield* worker.status("a")).runs.failure).toBe(3)
      expect(lines).toEqual(
        Array.from({ length: 3 }, () => "Error: The failure callback of the periodic worker failed")
      )
    }).pipe(Effect.provide(Layer.provideMerge(workerLayer({ onFailure }), layer)))
  })

  it.effect("that hangs is given up after ten seconds, and holds up its own task alone", () => {
    const { layer, lines } = captureLogs()
    return Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe()
      yield* worker.add(failing)
      yield* worker.add(PeriodicTask.make({ name: "other", ...each, run }))
      yield* TestClock.adjust(9999)
      expect([(yield* worker.status("a")).runs.failure, lines.length, times.length]).toEqual([0, 0, 9])
      yield* TestClock.adjust(1)
      expect([(yield* worker.status("a")).runs.failure, lines.length]).toEqual([1, 1])
    }).pipe(Effect.provide(Layer.provideMerge(workerLayer({ onFailure: () => Effect.never }), layer)))
  })

  it.effect("logs the failure where none is given", () => {
    const { layer, lines } = captureLogs()
    return Effect.gen(function* () {
      yield* (yield* PeriodicWorker).add(failing)
      expect(lines).toEqual(["Error: A periodic task failed"])
    }).pipe(Effect.provide(Layer.provideMerge(workerLayer(), layer)))
  })
})

it.effect("a task's own interruption of its children is no failure of the worker", () =>
  Effect.gen(function* () {
    const worker = yield* PeriodicWorker
    const race = Effect.race(Effect.never, Effect.delay(Effect.void, "10 millis"))
    yield* worker.add(PeriodicTask.make({ name: "a", ...each, run: race }))
    yield* TestClock.adjust(2020)
    expect((yield* worker.status("a")).runs).toMatchObject({ success: 2, interrupted: 0 })
  }).pipe(withWorker)
)
