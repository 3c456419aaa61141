/** Steering tasks while they run: add, remove, pause, resume, trigger, another spacing. */
import { describe, expect, it } from "@effect/vitest"
import { Clock, Cron, Deferred, Duration, Effect, Fiber, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { neverAgain, PeriodicTask } from "../../src/periodics/PeriodicTask.ts"
import { InvalidTask, TaskExists, TaskNotFound } from "../../src/periodics/PeriodicsError.ts"
import { PeriodicWorker } from "../../src/periodics/PeriodicWorker.ts"
import { WorkerPool } from "../../src/periodics/WorkerPool.ts"
import { gate, NoRoute, probe, workerLayer } from "./support.ts"

const withWorker = Effect.provide(workerLayer())
const each = { spacing: "1 seconds", jitter: 0, strategy: "aligned" } as const

/** A worker with one task `a`, and the times at which it ran. */
const withTask = (then: Effect.Effect<unknown> = Effect.void) =>
  Effect.gen(function* () {
    const worker = yield* PeriodicWorker
    const { run, times } = probe(then)
    yield* worker.add(PeriodicTask.make({ name: "a", ...each, run: Effect.asVoid(run) }))
    return { worker, times }
  })
const state = Effect.flatMap(PeriodicWorker, (worker) => Effect.map(worker.status("a"), ({ state }) => state))

describe("adding", () => {
  it.effect("works while others run, and starts counting then", () =>
    Effect.gen(function* () {
      const { worker } = yield* withTask()
      const { run, times } = probe()
      yield* TestClock.adjust(1500)
      yield* worker.add(PeriodicTask.make({ name: "b", ...each, run }))
      yield* TestClock.adjust(2000)
      expect(times).toEqual([2500, 3500])
    }).pipe(withWorker)
  )
  it.effect("fails for a name that is taken, and for a task that is no task", () =>
    Effect.gen(function* () {
      const { worker } = yield* withTask()
      const reason = (options: { readonly name: string; readonly spacing: Duration.Input }) =>
        Effect.map(
          Effect.flip(worker.add(PeriodicTask.make({ ...options, run: Effect.void }))),
          (error) => error.reason
        )
      expect(yield* reason({ name: "a", spacing: "1 seconds" })).toEqual(new TaskExists({ task: "a" }))
      expect(yield* reason({ name: "b", spacing: 0 })).toEqual(
        new InvalidTask({
          task: "b",
          detail: "the spacing is 0: it must be greater than zero unless the task is disabled"
        })
      )
      expect((yield* worker.list).map(({ name }) => name)).toEqual(["a"])
    }).pipe(withWorker)
  )
  it.effect("can be done by a task, which is then no part of what it adds", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe()
      const adding = worker.add(PeriodicTask.make({ name: "added", ...each, run })).pipe(Effect.as(neverAgain("added")))
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, run: Effect.orDie(adding) }))
      yield* TestClock.adjust("4 seconds")
      expect([times, yield* state]).toEqual([[2000, 3000, 4000], "ended"])
    }).pipe(withWorker)
  )
})

describe("removing", () => {
  it.effect("takes a task out, and its name is free again", () =>
    Effect.gen(function* () {
      const { times, worker } = yield* withTask()
      yield* TestClock.adjust(1500)
      yield* worker.remove("a")
      yield* TestClock.adjust("5 seconds")
      expect([times, yield* worker.list]).toEqual([[1000], []])
      expect((yield* Effect.flip(worker.remove("a"))).reason).toEqual(new TaskNotFound({ task: "a" }))
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, run: Effect.void }))
    }).pipe(withWorker)
  )
  it.effect("interrupts a run in flight and waits for its clean-up", () =>
    Effect.gen(function* () {
      const cleaned: Array<number> = []
      const cleanUp = Effect.andThen(
        Effect.sleep("50 millis"),
        Effect.map(Clock.currentTimeMillis, (now) => cleaned.push(now))
      )
      const { worker } = yield* withTask(Effect.onInterrupt(Effect.never, () => cleanUp))
      yield* TestClock.adjust(1500)
      const removal = yield* Effect.forkChild(worker.remove("a"))
      yield* TestClock.adjust(49)
      expect([cleaned, removal.pollUnsafe()]).toEqual([[], undefined])
      yield* TestClock.adjust(1)
      yield* Fiber.join(removal)
      expect(cleaned).toEqual([1550])
    }).pipe(withWorker)
  )
  it.effect("a task can remove itself", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe(Effect.suspend(() => Effect.orDie(worker.remove("a"))))
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, run }))
      yield* TestClock.adjust("5 seconds")
      expect([times, yield* worker.list]).toEqual([[1000], []])
    }).pipe(withWorker)
  )
  it.effect("tells who waits for a run that will not come", () =>
    Effect.gen(function* () {
      const { worker } = yield* withTask()
      const pool = yield* WorkerPool
      for (let i = 0; i < 3; i++)
        yield* Effect.forkChild(pool.submit(`busy-${i}`, Effect.never, { priority: "reserved" }))
      yield* Effect.yieldNow
      const waiting = yield* Effect.forkChild(Effect.flip(worker.trigger("a")))
      yield* Effect.yieldNow
      expect(yield* state).toBe("queued")
      yield* worker.remove("a")
      expect((yield* Fiber.join(waiting)).reason).toEqual(new TaskNotFound({ task: "a" }))
      expect((yield* pool.stats).waiting).toBe(0)
    }).pipe(Effect.provide(workerLayer({}, { size: 3, parkAfter: null })))
  )
})

describe("pausing", () => {
  it.effect("starts no run until resumed; then the task is in phase again", () =>
    Effect.gen(function* () {
      const { times, worker } = yield* withTask()
      yield* TestClock.adjust(1500)
      yield* worker.pause("a")
      expect(yield* worker.status("a")).toMatchObject({ state: "paused", paused: true, nextDueAtMillis: null })
      yield* TestClock.adjust(2800)
      yield* worker.resume("a")
      expect(yield* worker.status("a")).toMatchObject({ state: "waiting", paused: false, nextDueAtMillis: 5000 })
      yield* TestClock.adjust(1700)
      expect(times).toEqual([1000, 5000, 6000])
    }).pipe(withWorker)
  )
  it.effect("and resuming runs once at once what was missed, where the task says so", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe()
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, overrun: "run-once", run }))
      yield* TestClock.adjust(1500)
      yield* worker.pause("a")
      yield* TestClock.adjust(2800)
      yield* worker.resume("a")
      expect(times).toEqual([1000, 4300])
      yield* TestClock.adjust(700)
      expect(times).toEqual([1000, 4300, 5000])
      expect((yield* worker.status("a")).recent[1]).toMatchObject({
        dueAtMillis: 2000,
        latenessMillis: 2300,
        latenessCause: "paused"
      })
    }).pipe(withWorker)
  )
  it.effect("is the cause of that one run's lateness, not of later ones'", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      let long = false
      const { run } = probe(Effect.suspend(() => (long ? Effect.sleep(1500) : Effect.void)))
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, overrun: "run-once", run }))
      yield* worker.pause("a")
      yield* TestClock.adjust(1500)
      yield* worker.resume("a")
      long = true
      yield* TestClock.adjust(4000)
      const causes = (yield* worker.status("a")).recent.map(({ latenessCause }) => latenessCause)
      expect(causes).toEqual(["paused", null, "overran"])
    }).pipe(withWorker)
  )
  it.effect("lets a run in flight go on, and says paused once it has ended", () =>
    Effect.gen(function* () {
      const { times, worker } = yield* withTask(Effect.sleep(600))
      yield* TestClock.adjust(1050)
      yield* worker.pause("a")
      expect(yield* worker.status("a")).toMatchObject({ state: "running", paused: true })
      yield* TestClock.adjust("3 seconds")
      expect(yield* worker.status("a")).toMatchObject({ state: "paused", runs: { success: 1, interrupted: 0 } })
      expect(times).toEqual([1000])
    }).pipe(withWorker)
  )
  it.effect("takes back a run that waits for a slot", () =>
    Effect.gen(function* () {
      const { times, worker } = yield* withTask()
      const pool = yield* WorkerPool
      const busy = gate()
      for (let i = 0; i < 2; i++) yield* Effect.forkChild(pool.submit(`busy-${i}`, busy.run))
      yield* TestClock.adjust(1500)
      expect(yield* state).toBe("queued")
      yield* worker.pause("a")
      expect([yield* state, (yield* pool.stats).waiting]).toEqual(["paused", 0])
      yield* busy.release
      yield* worker.resume("a")
      yield* TestClock.adjust(1000)
      expect(times).toEqual([2000])
    }).pipe(Effect.provide(workerLayer({}, { size: 3, parkAfter: null })))
  )
})

describe("triggering", () => {
  it.effect("runs a task now, returns how it went, and leaves its grid alone", () =>
    Effect.gen(function* () {
      const { times, worker } = yield* withTask()
      yield* TestClock.adjust(1300)
      expect(yield* worker.trigger("a")).toEqual({
        task: "a",
        dueAtMillis: 1300,
        queuedAtMillis: 1300,
        startedAtMillis: 1300,
        finishedAtMillis: 1300,
        latenessMillis: 0,
        latenessCause: null,
        kind: "triggered",
        outcome: "success",
        error: null
      })
      yield* TestClock.adjust(1000)
      expect(times).toEqual([1000, 1300, 2000])
    }).pipe(withWorker)
  )
  it.effect("during a run joins that run", () =>
    Effect.gen(function* () {
      const { times, worker } = yield* withTask(Effect.sleep(600))
      yield* TestClock.adjust(1200)
      const joined = yield* Effect.forkChild(Effect.all([worker.trigger("a"), worker.trigger("a")], { concurrency: 2 }))
      yield* TestClock.adjust(400)
      const records = yield* Fiber.join(joined)
      expect(records.map(({ finishedAtMillis, kind }) => [finishedAtMillis, kind])).toEqual([
        [1600, "periodic"],
        [1600, "periodic"]
      ])
      expect(times).toEqual([1000])
    }).pipe(withWorker)
  )
  it.effect("covers the due times that pass during it", () =>
    Effect.gen(function* () {
      const { times, worker } = yield* withTask(Effect.sleep(600))
      yield* TestClock.adjust(800)
      yield* Effect.forkChild(worker.trigger("a"))
      yield* TestClock.adjust(1300)
      expect(times).toEqual([800, 2000])
    }).pipe(withWorker)
  )
  it.effect("runs a paused or disabled task too, and leaves it so", () =>
    Effect.gen(function* () {
      const { times, worker } = yield* withTask()
      yield* worker.add(PeriodicTask.make({ name: "off", ...each, enabled: false, run: Effect.void }))
      yield* worker.pause("a")
      yield* worker.trigger("a")
      expect((yield* worker.trigger("off")).outcome).toBe("success")
      yield* TestClock.adjust("3 seconds")
      expect(times).toEqual([0])
      expect((yield* worker.list).map(({ state }) => state)).toEqual(["paused", "disabled"])
    }).pipe(withWorker)
  )
  it.effect("may use the reserved share, also for a run that waits already", () =>
    Effect.gen(function* () {
      const { worker } = yield* withTask()
      const pool = yield* WorkerPool
      for (let i = 0; i < 2; i++) yield* Effect.forkChild(pool.submit(`busy-${i}`, Effect.never))
      yield* TestClock.adjust(1000)
      expect(yield* state).toBe("queued")
      yield* TestClock.adjust(200)
      expect(yield* worker.trigger("a")).toMatchObject({
        kind: "periodic",
        latenessMillis: 200,
        latenessCause: "pool full"
      })
    }).pipe(Effect.provide(workerLayer({}, { size: 3, parkAfter: null })))
  )
  it.effect("returns the outcome of a run that fails, times out or ends for ever", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const tasks = [
        PeriodicTask.make({ name: "fails", ...each, run: Effect.fail(new NoRoute()) }),
        PeriodicTask.make({ name: "hangs", ...each, timeout: "5 seconds", run: Effect.never }),
        PeriodicTask.make({ name: "ends", ...each, run: Effect.succeed(neverAgain("done")) })
      ]
      const outcomes = yield* Effect.forEach(tasks, (task) =>
        Effect.andThen(worker.add(task), Effect.forkChild(worker.trigger(task.name)))
      )
      yield* TestClock.adjust("5 seconds")
      expect((yield* Effect.forEach(outcomes, Fiber.join)).map(({ error, outcome }) => [outcome, error])).toEqual([
        ["failure", "no route to host"],
        ["timeout", "It took longer than 5s."],
        ["never-again", null]
      ])
    }).pipe(Effect.provide(workerLayer({ onFailure: () => Effect.void })))
  )
  it.effect("goes on when who asked is interrupted", () =>
    Effect.gen(function* () {
      const done = yield* Deferred.make<void>()
      const { worker } = yield* withTask(Effect.andThen(Effect.sleep(500), Deferred.succeed(done, undefined)))
      const asked = yield* Effect.forkChild(worker.trigger("a"))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(asked)
      yield* TestClock.adjust(500)
      yield* Deferred.await(done)
      expect((yield* worker.status("a")).runs.success).toBe(1)
    }).pipe(withWorker)
  )
  it.effect("is taken back with its task's pause, once nobody waits for it", () =>
    Effect.gen(function* () {
      const { times, worker } = yield* withTask()
      const pool = yield* WorkerPool
      const busy = gate()
      for (let i = 0; i < 3; i++) yield* Effect.forkChild(pool.submit(`busy-${i}`, busy.run, { priority: "reserved" }))
      const asked = yield* Effect.forkChild(worker.trigger("a"))
      yield* Effect.yieldNow
      yield* worker.pause("a")
      expect(yield* state).toBe("queued")
      yield* Fiber.interrupt(asked)
      yield* worker.pause("a")
      expect([yield* state, (yield* pool.stats).waiting]).toEqual(["paused", 0])
      yield* busy.release
      expect(times).toEqual([])
    }).pipe(Effect.provide(workerLayer({}, { size: 3, parkAfter: null })))
  )
  it.effect("takes no turn of a schedule of its own", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe()
      yield* worker.add(PeriodicTask.make({ name: "s", schedule: Schedule.exponential("1 seconds"), run }))
      yield* TestClock.adjust(500)
      yield* worker.trigger("s")
      yield* TestClock.adjust(2600)
      expect(times).toEqual([500, 1000, 3000])
    }).pipe(withWorker)
  )
  it.effect("fails for a task that is not there", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      for (const asked of [worker.trigger("x"), worker.pause("x"), worker.resume("x"), worker.status("x")]) {
        expect((yield* Effect.flip(asked)).message).toBe("There is no periodic task x.")
      }
    }).pipe(withWorker)
  )
})

describe("another spacing", () => {
  it.effect("counts from the last run at once, also when that makes the task due now", () =>
    Effect.gen(function* () {
      const { times, worker } = yield* withTask()
      yield* worker.setSpacing("a", Duration.seconds(10))
      yield* TestClock.adjust(10_500)
      expect(times).toEqual([10_000])
      yield* worker.setSpacing("a", Duration.seconds(2))
      yield* TestClock.adjust(1500)
      expect(times).toEqual([10_000, 12_000])
      yield* TestClock.adjust(1500)
      yield* worker.setSpacing("a", Duration.seconds(1))
      expect(times).toEqual([10_000, 12_000, 13_500])
      yield* TestClock.adjust(1000)
      expect(times).toEqual([10_000, 12_000, 13_500, 14_500])
      expect((yield* worker.status("a")).spacingMillis).toBe(1000)
    }).pipe(withWorker)
  )
  it.effect("of an aligned task counts from its grid, whatever ran beside it", () =>
    Effect.gen(function* () {
      const { times, worker } = yield* withTask()
      yield* TestClock.adjust(1500)
      yield* worker.trigger("a")
      yield* worker.setSpacing("a", Duration.seconds(3))
      yield* TestClock.adjust(3000)
      expect(times).toEqual([1000, 1500, 4000])
    }).pipe(withWorker)
  )
  it.effect("during a run counts from that run", () =>
    Effect.gen(function* () {
      const { times, worker } = yield* withTask(Effect.sleep(600))
      yield* TestClock.adjust(1300)
      yield* worker.setSpacing("a", Duration.seconds(3))
      yield* TestClock.adjust(3000)
      expect(times).toEqual([1000, 4000])
    }).pipe(withWorker)
  )
  it.effect("waits for a paused task to be resumed", () =>
    Effect.gen(function* () {
      const { times, worker } = yield* withTask()
      yield* worker.pause("a")
      yield* worker.setSpacing("a", Duration.millis(10))
      yield* TestClock.adjust("1 seconds")
      expect(times).toEqual([])
      yield* worker.resume("a")
      yield* TestClock.adjust(20)
      expect(times.length).toBe(3)
    }).pipe(withWorker)
  )
  it.effect("fails when it is none, and for a task by cron", () =>
    Effect.gen(function* () {
      const { worker } = yield* withTask()
      yield* worker.add(PeriodicTask.make({ name: "c", cron: Cron.parseUnsafe("0 3 * * *"), run: Effect.void }))
      const message = (name: string, spacing: Duration.Duration) =>
        Effect.map(Effect.flip(worker.setSpacing(name, spacing)), (error) => error.message)
      expect(yield* message("a", Duration.zero)).toContain("must be greater than zero")
      expect(yield* message("c", Duration.seconds(1))).toBe("Periodic task c: it does not run by a spacing")
    }).pipe(withWorker)
  )
})
