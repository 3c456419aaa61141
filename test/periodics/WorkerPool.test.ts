import { describe, expect, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber, Layer, Metric } from "effect"
import { TestClock } from "effect/testing"
import { PoolFull } from "../../src/periodics/PeriodicsError.ts"
import { WorkerPool, type WorkerPoolOptions } from "../../src/periodics/WorkerPool.ts"
import { gate } from "./support.ts"

const withPool = (options: WorkerPoolOptions) => Effect.provide(WorkerPool.layer(options))
/** Three slots, one of them reserved. */
const small = { size: 3, reservedPercent: 5 }

describe("a worker pool", () => {
  it.effect("has 300 slots of which 15 are reserved", () =>
    Effect.gen(function* () {
      const pool = yield* WorkerPool
      expect(yield* pool.stats).toEqual({ size: 300, reserved: 15, working: 0, waiting: 0, parked: 0, refused: 0 })
    }).pipe(withPool({}))
  )

  it.effect.each([
    [{ size: 2 }, "the size is 2: it must be at least 3"],
    [{ size: 3.5 }, "the size is 3.5: it must be at least 3"],
    [{ reservedPercent: 100 }, "100 % reserved of 300 leaves no worker for background work"],
    [{ queueLimit: 0 }, "the queue and parking limits must be positive"]
  ] satisfies ReadonlyArray<readonly [WorkerPoolOptions, string]>)("is not made with %j", ([options, detail]) =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Effect.scoped(Layer.build(WorkerPool.layer(options))))
      expect(Exit.isFailure(exit) && JSON.stringify(exit.cause)).toContain(detail)
    })
  )

  it.effect("runs what it is given and hands back how it ended", () =>
    Effect.gen(function* () {
      const pool = yield* WorkerPool
      expect(yield* pool.submit("a", Effect.succeed(1))).toBe(1)
      expect(yield* Effect.flip(pool.submit("a", Effect.fail("no")))).toBe("no")
      expect(yield* Effect.exit(pool.run("a", Effect.die("bug")))).toEqual(Exit.die("bug"))
      expect((yield* pool.stats).working).toBe(0)
    }).pipe(withPool(small))
  )

  it.effect("gives the caller's services to what it runs", () =>
    Effect.gen(function* () {
      const pool = yield* WorkerPool
      const clock = { ...(yield* Clock.Clock), currentTimeMillis: Effect.succeed(42) }
      const asked = pool.submit("a", Clock.currentTimeMillis)
      expect(yield* Effect.provideService(asked, Clock.Clock, clock)).toBe(42)
    }).pipe(withPool(small))
  )

  it.effect("bounds what works at once, and keeps the reserved share for reserved work", () =>
    Effect.gen(function* () {
      const pool = yield* WorkerPool
      const background = gate()
      const urgent = gate()
      for (let i = 0; i < 5; i++) yield* Effect.forkChild(pool.submit("many", background.run))
      yield* Effect.forkChild(pool.submit("urgent", urgent.run, { priority: "reserved" }))
      yield* Effect.yieldNow
      expect([background.started(), urgent.started()]).toEqual([2, 1])
      expect(yield* pool.stats).toMatchObject({ working: 3, waiting: 3 })
      yield* background.release
      yield* Effect.yieldNow
      expect(background.started()).toBe(4)
    }).pipe(withPool({ ...small, parkAfter: null }))
  )

  it.effect("refuses at once what finds no place in the queue", () =>
    Effect.gen(function* () {
      const pool = yield* WorkerPool
      for (const submitter of ["a", "b", "c"]) yield* Effect.forkChild(pool.submit(submitter, Effect.never))
      yield* Effect.yieldNow
      const refusal = yield* Effect.flip(pool.submit("d", Effect.void))
      expect(refusal).toEqual(new PoolFull({ submitter: "d", waiting: 1 }))
      expect(refusal.message).toBe("No worker is free for d, and 1 others wait.")
      expect((yield* pool.stats).refused).toBe(1)
    }).pipe(withPool({ ...small, queueLimit: 1, parkAfter: null }))
  )

  it.effect("tries again after 0.9 to 1.1 s what `run` was refused", () =>
    Effect.gen(function* () {
      const pool = yield* WorkerPool
      const busy = gate()
      for (const submitter of ["a", "b", "c"]) yield* Effect.forkChild(pool.submit(submitter, busy.run))
      yield* Effect.yieldNow
      const late = yield* Effect.forkChild(pool.run("d", Clock.currentTimeMillis))
      yield* Effect.yieldNow
      yield* busy.release
      yield* TestClock.adjust(899)
      expect(late.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust(202)
      const ranAt = yield* Fiber.join(late)
      expect(ranAt).toBeGreaterThanOrEqual(900)
      expect(ranAt).toBeLessThanOrEqual(1100)
      expect((yield* pool.stats).refused).toBe(1)
    }).pipe(withPool({ ...small, queueLimit: 1, parkAfter: null }))
  )

  it.effect("takes back what waits, and interrupts what runs, when the caller is interrupted", () =>
    Effect.gen(function* () {
      const pool = yield* WorkerPool
      const ended: Array<string> = []
      const hang = (name: string) => Effect.onInterrupt(Effect.never, () => Effect.sync(() => ended.push(name)))
      const fibers = yield* Effect.forEach(["a", "b", "c"], (name) => Effect.forkChild(pool.submit(name, hang(name))))
      yield* Effect.yieldNow
      expect(yield* pool.stats).toMatchObject({ working: 2, waiting: 1 })
      for (const fiber of fibers.slice(1).reverse()) yield* Fiber.interrupt(fiber)
      expect([ended, yield* pool.stats]).toMatchObject([["b"], { working: 1, waiting: 0 }])
    }).pipe(withPool({ ...small, parkAfter: null }))
  )
})

describe("units of work", () => {
  it.effect("of one task, ten thousand of them, hold up another by one turn", () =>
    Effect.gen(function* () {
      const pool = yield* WorkerPool
      const order: Array<string> = []
      const unit = (name: string) =>
        Effect.andThen(
          Effect.sleep("10 millis"),
          Effect.sync(() => order.push(name))
        )
      const many = yield* Effect.forkChild(
        pool.forEach("many", Array.from({ length: 10_000 }), () => unit("many"), { concurrency: 100 })
      )
      yield* TestClock.adjust("15 millis")
      yield* Effect.forkChild(pool.run("one", unit("one")))
      yield* TestClock.adjust("15 millis")
      expect(order.indexOf("one")).toBeLessThan(6)
      yield* Fiber.interrupt(many)
    }).pipe(withPool(small))
  )

  it.effect("are all run, as many at once as told, and their first failure ends the rest", () =>
    Effect.gen(function* () {
      const pool = yield* WorkerPool
      let running = 0
      let most = 0
      const seen: Array<number> = []
      const unit = (item: number) =>
        Effect.gen(function* () {
          most = Math.max(most, ++running)
          yield* Effect.sleep("1 millis")
          seen.push(item)
          running--
        })
      const all = yield* Effect.forkChild(
        pool.forEach(
          "task",
          Array.from({ length: 50 }, (_, i) => i),
          unit,
          { concurrency: 4 }
        )
      )
      yield* TestClock.adjust("50 millis")
      yield* Fiber.join(all)
      expect([seen.length, most]).toEqual([50, 4])
      const failing = pool.forEach("task", [1, 2, 3], (n) => Effect.fail(`unit ${n}`), { concurrency: 1 })
      expect(yield* Effect.flip(failing)).toBe("unit 1")
    }).pipe(withPool({ size: 20 }))
  )

  it.effect(
    "of tasks that hold every slot while they wait for them are run all the same, since who waits is parked",
    () =>
      Effect.gen(function* () {
        const pool = yield* WorkerPool
        let units = 0
        const task = (name: string) =>
          pool.submit(
            name,
            Effect.sleep("1 millis").pipe(
              Effect.andThen(pool.forEach(name, [1, 2, 3], () => Effect.sync(() => units++), { concurrency: 3 }))
            )
          )
        const tasks = yield* Effect.forEach(["a", "b"], (name) => Effect.forkChild(task(name)))
        yield* TestClock.adjust("50 millis")
        expect(units).toBe(0)
        yield* TestClock.adjust("1 seconds")
        yield* Fiber.joinAll(tasks)
        expect(units).toBe(6)
      }).pipe(withPool(small))
  )
})

describe("parking", () => {
  it.effect("gives the slot of a run that has only waited for 100 ms to another, and counts it", () =>
    Effect.gen(function* () {
      const pool = yield* WorkerPool
      const started: Array<string> = []
      const hang = (name: string) =>
        Effect.andThen(
          Effect.sync(() => started.push(name)),
          Effect.never
        )
      for (const name of ["a", "b", "c"]) yield* Effect.forkChild(pool.submit(name, hang(name)))
      yield* TestClock.adjust("99 millis")
      expect(started).toEqual(["a", "b"])
      yield* TestClock.adjust("26 millis")
      expect(started).toEqual(["a", "b", "c"])
      expect(yield* pool.stats).toMatchObject({ working: 1, parked: 2, waiting: 0 })
      yield* TestClock.adjust("125 millis")
      expect(yield* pool.stats).toMatchObject({ working: 0, parked: 3 })
      const parked = (yield* Metric.snapshot).find(({ id }) => id === "test_parked")
      expect(parked).toMatchObject({ type: "Gauge", state: { value: 3 } })
    }).pipe(withPool({ ...small, metricPrefix: "test_" }))
  )

  it.effect("waits as long as it is told, and never where it is off", () =>
    Effect.gen(function* () {
      const parkedAfter = (parkAfter: WorkerPoolOptions["parkAfter"]) =>
        Effect.gen(function* () {
          const pool = yield* WorkerPool
          yield* Effect.forkChild(pool.submit("a", Effect.never))
          yield* TestClock.adjust("990 millis")
          const before = (yield* pool.stats).parked
          yield* TestClock.adjust("1 hours")
          return [before, (yield* pool.stats).parked]
        }).pipe(withPool({ ...small, ...(parkAfter === undefined ? {} : { parkAfter }) }))
      expect(yield* parkedAfter("1 seconds")).toEqual([0, 1])
      expect(yield* parkedAfter(null)).toEqual([0, 0])
    })
  )

  it.effect("leaves its slot to a run that waits again and again, but shortly", () =>
    Effect.gen(function* () {
      const pool = yield* WorkerPool
      yield* Effect.forkChild(pool.submit("a", Effect.forever(Effect.sleep("70 millis"))))
      yield* TestClock.adjust("10 seconds")
      expect(yield* pool.stats).toMatchObject({ working: 1, parked: 0 })
    }).pipe(withPool(small))
  )

  it.effect("sees the fibers that a run forks: it waits once all of them do", () =>
    Effect.gen(function* () {
      const pool = yield* WorkerPool
      const busyFor = (times: number) => Effect.sleep("50 millis").pipe(Effect.repeat({ times }))
      yield* Effect.forkChild(pool.submit("a", Effect.andThen(Effect.forkChild(busyFor(19)), Effect.never)))
      yield* TestClock.adjust("1 seconds")
      expect(yield* pool.stats).toMatchObject({ working: 1, parked: 0 })
      yield* TestClock.adjust("200 millis")
      expect(yield* pool.stats).toMatchObject({ working: 0, parked: 1 })
    }).pipe(withPool(small))
  )

  it.effect("lets a run that wakes go on at once when a slot is free", () =>
    Effect.gen(function* () {
      const pool = yield* WorkerPool
      const run = yield* Effect.forkChild(
        pool.submit("a", Effect.andThen(Effect.sleep("300 millis"), Clock.currentTimeMillis))
      )
      yield* TestClock.adjust("299 millis")
      expect((yield* pool.stats).parked).toBe(1)
      yield* TestClock.adjust("1 millis")
      expect(yield* Fiber.join(run)).toBe(300)
      expect(yield* pool.stats).toMatchObject({ working: 0, parked: 0 })
    }).pipe(withPool(small))
  )

  it.effect("lets a run that wakes take no step before it has a slot again", () =>
    Effect.gen(function* () {
      const pool = yield* WorkerPool
      const wake = yield* Deferred.make<void>()
      const woken: Array<number> = []
      const record = Effect.map(Clock.currentTimeMillis, (now) => woken.push(now))
      yield* Effect.forkChild(pool.submit("sleeper", Effect.andThen(Deferred.await(wake), record)))
      yield* TestClock.adjust("200 millis")
      const busy = () => Effect.sleep("50 millis").pipe(Effect.repeat({ times: 1 }))
      for (const name of ["a", "b"]) yield* Effect.forkChild(pool.submit(name, busy()))
      yield* Effect.yieldNow
      yield* Deferred.succeed(wake, undefined)
      yield* TestClock.adjust("99 millis")
      expect([woken, (yield* pool.stats).parked]).toEqual([[], 1])
      yield* TestClock.adjust("1 millis")
      expect([woken, (yield* pool.stats).parked]).toEqual([[300], 0])
    }).pipe(withPool(small))
  )

  it.effect("lets an interrupted run clean up without a slot", () =>
    Effect.gen(function* () {
      const pool = yield* WorkerPool
      const busy = () => Effect.forever(Effect.sleep("50 millis"))
      const cleaned: Array<string> = []
      const parked = yield* Effect.forkChild(
        pool.submit(
          "a",
          Effect.onInterrupt(Effect.never, () => Effect.sync(() => cleaned.push("a")))
        )
      )
      yield* TestClock.adjust("200 millis")
      for (const name of ["b", "c"]) yield* Effect.forkChild(pool.submit(name, busy()))
      yield* TestClock.adjust("1 seconds")
      expect(yield* pool.stats).toMatchObject({ working: 2, parked: 1 })
      yield* Fiber.interrupt(parked)
      expect([cleaned, (yield* pool.stats).parked]).toEqual([["a"], 0])
    }).pipe(withPool(small))
  )

  it.effect("stops at its limit", () =>
    Effect.gen(function* () {
      const pool = yield* WorkerPool
      for (const name of ["a", "b"]) yield* Effect.forkChild(pool.submit(name, Effect.never))
      yield* TestClock.adjust("1 seconds")
      expect(yield* pool.stats).toMatchObject({ working: 1, parked: 1 })
    }).pipe(withPool({ ...small, maxParked: 1 }))
  )
})
