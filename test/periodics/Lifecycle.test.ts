/** Starting, stopping, waiting for, resetting and draining a worker. */
import { describe, expect, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { neverAgain, PeriodicTask } from "../../src/periodics/PeriodicTask.ts"
import { PeriodicWorker } from "../../src/periodics/PeriodicWorker.ts"
import { WorkerPool } from "../../src/periodics/WorkerPool.ts"
import { captureLogs, gate, probe, workerLayer } from "./support.ts"

const each = { spacing: "1 seconds", jitter: 0, strategy: "aligned" } as const
const manual = Effect.provide(workerLayer({ autoStart: false }))
const automatic = Effect.provide(workerLayer())
const add = (name: string, run: Effect.Effect<void>) =>
  Effect.flatMap(PeriodicWorker, (worker) => worker.add(PeriodicTask.make({ name, ...each, run })))

describe("a worker that is started by hand", () => {
  it.effect("runs nothing before, and counts spacings from its start", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe()
      yield* add("a", run)
      yield* TestClock.adjust("5 seconds")
      expect(times).toEqual([])
      yield* worker.start()
      yield* TestClock.adjust("2 seconds")
      expect(times).toEqual([6000, 7000])
    }).pipe(manual)
  )
  it.effect("does not start twice", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      yield* add("a", Effect.void)
      yield* worker.start()
      expect((yield* Effect.flip(worker.start())).message).toBe("The periodic worker runs already.")
    }).pipe(manual)
  )
  it.effect("does not start without any task unless allowed", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      expect((yield* Effect.flip(worker.start())).message).toBe("The periodic worker has no task to start with.")
      yield* worker.start({ allowEmpty: true })
      const { run, times } = probe()
      yield* add("a", run)
      yield* TestClock.adjust("1 seconds")
      expect(times).toEqual([1000])
    }).pipe(manual)
  )
  it.effect("stops by itself once every task has ended for ever, where told so", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      let left = 2
      const run = Effect.sync(() => (--left === 0 ? neverAgain("done") : undefined))
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, run }))
      yield* worker.add(PeriodicTask.make({ name: "off", ...each, enabled: false, run: Effect.void }))
      yield* worker.start({ autoStopWhenEmpty: true })
      const waiting = yield* Effect.forkChild(worker.wait())
      yield* TestClock.adjust(1500)
      expect(waiting.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust(500)
      expect(yield* Fiber.join(waiting)).toBe(true)
      yield* worker.start()
    }).pipe(manual)
  )
  it.effect("goes on running with nothing to do where not told so", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, run: Effect.succeed(neverAgain("done")) }))
      yield* worker.start()
      yield* TestClock.adjust("2 seconds")
      expect(yield* Effect.exit(worker.start())).toMatchObject({ _tag: "Failure" })
    }).pipe(manual)
  )
})

describe("stopping", () => {
  it.effect("starts no run any more and lets those in flight go on; waiting tells when they have ended", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe(Effect.sleep("3 seconds"))
      yield* add("a", run)
      yield* TestClock.adjust(1500)
      yield* worker.stop
      const waiting = yield* Effect.forkChild(worker.wait())
      const impatient = yield* Effect.forkChild(worker.wait("1 seconds"))
      yield* TestClock.adjust(1000)
      expect(yield* Fiber.join(impatient)).toBe(false)
      expect(waiting.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust(1500)
      expect(yield* Fiber.join(waiting)).toBe(true)
      yield* TestClock.adjust("10 seconds")
      expect([times, (yield* worker.status("a")).runs.success]).toEqual([[1000], 1])
    }).pipe(automatic)
  )
  it.effect("can be followed by another start, which keeps the phase", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe()
      yield* add("a", run)
      yield* TestClock.adjust(1500)
      yield* worker.stop
      yield* TestClock.adjust("3 seconds")
      yield* worker.start()
      yield* TestClock.adjust("1 seconds")
      expect(times).toEqual([1000, 5000])
    }).pipe(automatic)
  )
  it.effect("refuses to be triggered, and tells who waits for a slot", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const busy = gate()
      for (const name of ["x", "y", "z"]) {
        yield* worker.add(PeriodicTask.make({ name, ...each, reserved: true, run: busy.run }))
      }
      yield* add("a", Effect.void)
      yield* TestClock.adjust(1000)
      const queued = yield* Effect.forkChild(Effect.flip(worker.trigger("a")))
      yield* Effect.yieldNow
      expect((yield* worker.status("a")).state).toBe("queued")
      yield* worker.stop
      expect((yield* Fiber.join(queued)).message).toBe("The periodic worker is stopped.")
      expect((yield* Effect.flip(worker.trigger("a"))).message).toBe("The periodic worker is stopped.")
    }).pipe(Effect.provide(workerLayer({}, { size: 3, parkAfter: null })))
  )
})

describe("resetting", () => {
  it.effect("a stopped worker forgets what was, revives ended tasks, and schedules all as if just added", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe(Effect.succeed(neverAgain("done")))
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, runImmediately: true, run }))
      yield* TestClock.adjust("3 seconds")
      yield* worker.stop
      yield* worker.reset
      expect(yield* worker.status("a")).toMatchObject({ state: "waiting", runs: { "never-again": 0 }, recent: [] })
      yield* worker.start()
      expect(times).toEqual([0, 3000])
    }).pipe(automatic)
  )
  it.effect("fails while it runs", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      expect((yield* Effect.flip(worker.reset)).message).toBe("The periodic worker runs: it can be reset once stopped.")
    }).pipe(automatic)
  )
})

describe("draining", () => {
  it.effect("waits for the runs in flight", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      yield* add("a", Effect.sleep("3 seconds"))
      yield* TestClock.adjust(1500)
      const draining = yield* Effect.forkChild(
        Effect.andThen(worker.drain(Duration.seconds(10)), Clock.currentTimeMillis)
      )
      yield* TestClock.adjust("20 seconds")
      expect(yield* Fiber.join(draining)).toBe(4000)
      expect((yield* worker.status("a")).runs).toMatchObject({ success: 1, interrupted: 0 })
    }).pipe(automatic)
  )
  it.effect("interrupts what takes longer than its bound", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      yield* add("a", Effect.never)
      yield* TestClock.adjust(1500)
      const draining = yield* Effect.forkChild(
        Effect.andThen(worker.drain(Duration.seconds(10)), Clock.currentTimeMillis)
      )
      yield* TestClock.adjust("20 seconds")
      expect(yield* Fiber.join(draining)).toBe(11_500)
      expect((yield* worker.status("a")).runs).toMatchObject({ success: 0, interrupted: 1 })
    }).pipe(automatic)
  )
  it.effect("waits a second and no longer for clean-ups that don't end", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      yield* add("a", Effect.uninterruptible(Effect.sleep("1 hours")))
      yield* TestClock.adjust(1500)
      const draining = yield* Effect.forkChild(
        Effect.andThen(worker.drain(Duration.seconds(10)), Clock.currentTimeMillis)
      )
      yield* TestClock.adjust("20 seconds")
      expect(yield* Fiber.join(draining)).toBe(12_500)
      yield* TestClock.adjust("1 hours")
    }).pipe(automatic)
  )
})

it.effect("closing the layer interrupts what is in flight, parked runs too", () =>
  Effect.gen(function* () {
    const ended: Array<string> = []
    const hang = Effect.onInterrupt(Effect.never, () => Effect.sync(() => ended.push("interrupted")))
    yield* Effect.gen(function* () {
      yield* add("a", hang)
      yield* TestClock.adjust(1500)
      expect((yield* (yield* PeriodicWorker).status("a")).state).toBe("parked")
    }).pipe(Effect.provide(workerLayer()))
    expect(ended).toEqual(["interrupted"])
  })
)

it.effect("closing the layer waits for no slot, though the pool is busy with others", () =>
  Effect.gen(function* () {
    const pool = yield* WorkerPool
    const ended: Array<string> = []
    const hang = Effect.onInterrupt(Effect.never, () => Effect.sync(() => ended.push("interrupted")))
    const closing = yield* Effect.forkChild(
      Effect.gen(function* () {
        yield* add("a", hang)
        yield* Effect.sleep("600 millis")
        yield* add("waits for a slot", Effect.void)
        yield* Effect.sleep("1400 millis")
      }).pipe(Effect.provide(PeriodicWorker.layer()))
    )
    yield* TestClock.adjust(1500)
    for (const name of ["x", "y"]) yield* Effect.forkChild(pool.submit(name, Effect.forever(Effect.sleep("50 millis"))))
    yield* TestClock.adjust(400)
    expect(yield* pool.stats).toMatchObject({ working: 2, parked: 1 })
    yield* TestClock.adjust(100)
    expect([ended, closing.pollUnsafe()?._tag]).toEqual([["interrupted"], "Success"])
    expect(yield* pool.stats).toMatchObject({ working: 2, parked: 0, waiting: 0 })
  }).pipe(Effect.provide(WorkerPool.layer({ size: 3 })))
)

it.effect("more tasks than workers for them are worth a warning, once", () => {
  const { layer, lines } = captureLogs()
  return Effect.gen(function* () {
    for (const name of ["a", "b", "c", "d"]) yield* add(name, Effect.void)
    expect(lines).toEqual(["Warn: There are more periodic tasks than workers for them"])
  }).pipe(Effect.provide(Layer.provideMerge(workerLayer({}, { size: 3 }), layer)))
})
