/** When tasks run: strategies, jitter, the first run, overruns, cron and schedules of their own. */
import { describe, expect, it } from "@effect/vitest"
import { Clock, Context, Cron, Duration, Effect, Layer, Random, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { neverAgain, PeriodicTask, type Strategy } from "../../src/periodics/PeriodicTask.ts"
import { PeriodicWorker } from "../../src/periodics/PeriodicWorker.ts"
import { gate, probe, quiet, workerLayer } from "./support.ts"

const withWorker = Effect.provide(workerLayer())
const quietly = Effect.provide(Layer.provideMerge(workerLayer(), quiet))
/** A second apart, on the dot. */
const each = { spacing: "1 seconds", jitter: 0 } as const

describe("a task by spacing", () => {
  it.effect("runs first one spacing after it was added, and then each spacing", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe()
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, run }))
      yield* TestClock.adjust(999)
      expect(times).toEqual([])
      yield* TestClock.adjust(1)
      expect(times).toEqual([1000])
      yield* TestClock.adjust("3 seconds")
      expect(times).toEqual([1000, 2000, 3000, 4000])
    }).pipe(withWorker)
  )

  it.effect("runs at once when it is to run immediately, and then each spacing", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe()
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, runImmediately: true, run }))
      expect(times).toEqual([0])
      yield* TestClock.adjust("2 seconds")
      expect(times).toEqual([0, 1000, 2000])
      const { recent } = yield* worker.status("a")
      expect(recent.map(({ kind }) => kind)).toEqual(["immediate", "periodic", "periodic"])
    }).pipe(withWorker)
  )

  it.effect.each<readonly [Strategy, ReadonlyArray<number>]>([
    ["last-started", [1000, 2000, 3000]],
    ["last-finished", [1000, 2300, 3600]],
    ["aligned", [1000, 2000, 3000]]
  ])("by %s runs when that strategy says", ([strategy, expected]) =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe(Effect.sleep("300 millis"))
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, strategy, run }))
      yield* TestClock.adjust(3700)
      expect(times).toEqual(expected)
    }).pipe(withWorker)
  )

  it.effect("aligned keeps its grid when a run starts late, which last-started does not", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const aligned = probe()
      const started = probe()
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, strategy: "aligned", run: aligned.run }))
      yield* worker.add(PeriodicTask.make({ name: "b", ...each, strategy: "last-started", run: started.run }))
      yield* TestClock.adjust("900 millis")
      yield* worker.trigger("a")
      yield* worker.trigger("b")
      yield* TestClock.adjust(2100)
      expect([aligned.times, started.times]).toEqual([
        [900, 1000, 2000, 3000],
        [900, 1900, 2900]
      ])
    }).pipe(withWorker)
  )

  it.effect("never overlaps itself, and is due again on its grid once a long run has ended", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe(Effect.sleep(2500))
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, strategy: "aligned", run }))
      yield* TestClock.adjust("8 seconds")
      expect(times).toEqual([1000, 4000, 7000])
    }).pipe(withWorker)
  )

  it.effect("runs once at once for all it missed where it is told so", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      let long = true
      const { run, times } = probe(Effect.suspend(() => (long ? Effect.sleep(2500) : Effect.void)))
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, strategy: "aligned", overrun: "run-once", run }))
      yield* TestClock.adjust(1500)
      long = false
      yield* TestClock.adjust("4 seconds")
      expect(times.map((time) => Math.floor(time / 10) * 10)).toEqual([1000, 3500, 4000, 5000])
      const late = (yield* worker.status("a")).recent[1]
      expect(late).toMatchObject({ dueAtMillis: 2000, latenessCause: "overran" })
      expect(late?.latenessMillis).toBeGreaterThanOrEqual(1500)
    }).pipe(withWorker)
  )

  it.effect("takes a month between its runs, which no timer of Node.js can", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe()
      yield* worker.add(PeriodicTask.make({ name: "a", spacing: "31 days", jitter: 0, run }))
      yield* TestClock.adjust("62 days")
      expect(times).toEqual([31 * 86_400_000, 62 * 86_400_000])
    }).pipe(withWorker)
  )

  it.effect("runs in the services of whoever added it", () =>
    Effect.gen(function* () {
      class Name extends Context.Service<Name, string>()("test/Name") {}
      const worker = yield* PeriodicWorker
      const seen: Array<string> = []
      const run = Effect.map(Name, (name) => void seen.push(name))
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, run })).pipe(Effect.provideService(Name, "given"))
      yield* TestClock.adjust("1 seconds")
      expect(seen).toEqual(["given"])
    }).pipe(withWorker)
  )
})

describe("jitter", () => {
  /** Random numbers as if drawn by hand. */
  const drawing = (...draws: ReadonlyArray<number>) => {
    let at = 0
    return Effect.provideService(Random.Random, {
      nextIntUnsafe: () => 0,
      nextDoubleUnsafe: () => draws[at++ % draws.length] ?? 0
    })
  }

  it.effect("puts off each due time by a random part of its share, the first one too", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe()
      yield* worker
        .add(PeriodicTask.make({ name: "a", spacing: "1 seconds", jitter: 0.1, run }))
        .pipe(drawing(0.5, 0, 0.9))
      yield* TestClock.adjust(3500)
      expect(times).toEqual([1050, 2050, 3140])
    }).pipe(withWorker)
  )

  it.effect("never moves the grid of an aligned task", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe()
      const task = PeriodicTask.make({ name: "a", spacing: "1 seconds", strategy: "aligned", jitter: 0.1, run })
      yield* worker.add(task).pipe(drawing(0.2, 0.9, 0, 0.5))
      yield* TestClock.adjust(4500)
      expect(times).toEqual([1020, 2110, 3020, 4070])
    }).pipe(withWorker)
  )

  it.effect("keeps equal spacings from firing together", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe()
      for (let i = 0; i < 100; i++) {
        yield* worker.add(PeriodicTask.make({ name: `task-${i}`, spacing: "100 seconds", run }))
      }
      yield* TestClock.adjust("105 seconds")
      expect(times.length).toBe(100)
      expect(new Set(times.map((time) => Math.floor(time / 1000))).size).toBe(5)
    }).pipe(withWorker)
  )

  it.effect("leaves an immediate run immediate", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe()
      yield* worker
        .add(
          PeriodicTask.make({
            name: "a",
            spacing: "1 seconds",
            strategy: "aligned",
            jitter: 0.5,
            runImmediately: true,
            run
          })
        )
        .pipe(drawing(0.5, 0, 0))
      yield* TestClock.adjust(2500)
      expect(times).toEqual([0, 1250, 2250])
    }).pipe(withWorker)
  )
})

describe("a task that ends", () => {
  it.effect("by saying so is never run again, and counts as a success of its own kind", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe(Effect.succeed(neverAgain("done")))
      yield* worker.add(PeriodicTask.make({ name: "a", ...each, run }))
      yield* TestClock.adjust("10 seconds")
      expect(times).toEqual([1000])
      expect(yield* worker.status("a")).toMatchObject({
        state: "ended",
        runs: { success: 0, failure: 0, "never-again": 1 },
        nextDueAtMillis: null,
        lastError: null
      })
      expect((yield* Effect.flip(worker.trigger("a"))).message).toBe("Periodic task a: it has ended for ever")
    }).pipe(withWorker)
  )
})

describe("a task by cron", () => {
  const cron = Cron.parseUnsafe("*/10 * * * * *", "UTC")

  it.effect("runs at its matches of the wall clock", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe()
      yield* TestClock.adjust(3500)
      yield* worker.add(PeriodicTask.make({ name: "a", cron, run }))
      yield* TestClock.adjust("30 seconds")
      expect(times).toEqual([10_000, 20_000, 30_000])
      expect(yield* worker.status("a")).toMatchObject({
        cron: "0-50/10 * * * * *",
        spacingMillis: null,
        strategy: null
      })
    }).pipe(withWorker)
  )

  it.effect("skips the matches that a long run covered, or runs once for them", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const skipping = probe(Effect.sleep("25 seconds"))
      let long = true
      const once = probe(Effect.suspend(() => (long ? Effect.sleep("25 seconds") : Effect.void)))
      yield* worker.add(PeriodicTask.make({ name: "skip", cron, run: skipping.run }))
      yield* worker.add(PeriodicTask.make({ name: "once", cron, overrun: "run-once", run: once.run }))
      yield* TestClock.adjust("11 seconds")
      long = false
      yield* TestClock.adjust("50 seconds")
      expect(skipping.times).toEqual([10_000, 40_000])
      expect(once.times.map((time) => Math.floor(time / 100) * 100)).toEqual([10_000, 35_000, 40_000, 50_000, 60_000])
    }).pipe(withWorker)
  )

  it.effect("runs at once too when it is to run immediately", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe()
      yield* TestClock.adjust(3500)
      yield* worker.add(PeriodicTask.make({ name: "a", cron, runImmediately: true, run }))
      yield* TestClock.adjust("17 seconds")
      expect(times).toEqual([3500, 10_000, 20_000])
    }).pipe(withWorker)
  )

  it.effect("is spread by a share of the gap to the next match where it has jitter", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe()
      yield* worker.add(PeriodicTask.make({ name: "a", cron, jitter: 0.2, run }))
      yield* TestClock.adjust("62 seconds")
      expect(times.length).toBe(6)
      for (const [index, time] of times.entries()) {
        expect(time - (index + 1) * 10_000).toBeGreaterThanOrEqual(0)
        expect(time - (index + 1) * 10_000).toBeLessThanOrEqual(2001)
      }
    }).pipe(withWorker)
  )
})

describe("a task by a schedule of its own", () => {
  it.effect("waits as long after each run as the schedule says, and ends with it", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe(Effect.sleep("100 millis"))
      const schedule = Schedule.exponential("1 second").pipe(Schedule.upTo({ times: 3 }))
      yield* worker.add(PeriodicTask.make({ name: "a", schedule, run }))
      yield* TestClock.adjust("1 minutes")
      expect(times).toEqual([1000, 3100, 7200])
      expect(yield* worker.status("a")).toMatchObject({ state: "ended", spacingMillis: null, runs: { success: 3 } })
    }).pipe(withWorker)
  )

  it.effect("runs at once when it is resumed after its time has come", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const { run, times } = probe()
      yield* worker.add(PeriodicTask.make({ name: "a", schedule: Schedule.exponential("1 second"), run }))
      yield* worker.pause("a")
      yield* TestClock.adjust(5000)
      yield* worker.resume("a")
      yield* TestClock.adjust(1000)
      yield* worker.resume("a")
      yield* TestClock.adjust(1000)
      expect(times).toEqual([5000, 7000])
      expect((yield* worker.status("a")).recent[0]).toMatchObject({ dueAtMillis: 1000, latenessCause: "paused" })
    }).pipe(withWorker)
  )

  it.effect("is told each run, so that it can back off from failures", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      let fails = true
      const { run, times } = probe(Effect.suspend(() => (fails ? Effect.fail("down") : Effect.void)))
      const schedule = Schedule.fromStep(
        Effect.succeed((_now: number, last: { readonly outcome: string } | null) =>
          Effect.succeed<[number, Duration.Duration]>([0, Duration.seconds(last?.outcome === "failure" ? 10 : 1)])
        )
      )
      yield* worker.add(PeriodicTask.make({ name: "a", schedule, runImmediately: true, run }))
      yield* TestClock.adjust("20 seconds")
      fails = false
      yield* TestClock.adjust("12 seconds")
      expect(times).toEqual([0, 10_000, 20_000, 30_000, 31_000, 32_000])
    }).pipe(Effect.provide(workerLayer({ onFailure: () => Effect.void })))
  )

  it.effect("ends, and says why in the log, when the schedule itself fails", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const schedule = Schedule.fromStep<unknown, number, never, never, never, never>(
        Effect.succeed(() => Effect.die(new Error("bad schedule")))
      )
      yield* worker.add(PeriodicTask.make({ name: "a", schedule, runImmediately: true, run: Effect.void }))
      expect((yield* worker.status("a")).state).toBe("ended")
    }).pipe(quietly)
  )
})

it.effect("a disabled task does not run until it is resumed", () =>
  Effect.gen(function* () {
    const worker = yield* PeriodicWorker
    const { run, times } = probe()
    yield* worker.add(PeriodicTask.make({ name: "a", ...each, enabled: false, run }))
    yield* worker.add(PeriodicTask.make({ name: "zero", spacing: 0, zeroDisables: true, run }))
    yield* TestClock.adjust("10 seconds")
    expect(times).toEqual([])
    expect((yield* worker.list).map(({ state }) => state)).toEqual(["disabled", "disabled"])
    yield* worker.resume("a")
    expect((yield* Effect.flip(worker.resume("zero"))).reason._tag).toBe("InvalidTask")
    yield* TestClock.adjust("1 seconds")
    expect(times).toEqual([11_000])
  }).pipe(withWorker)
)

it.effect("a thousand tasks that hang leave the timing of another alone, pool and all", () =>
  Effect.gen(function* () {
    const worker = yield* PeriodicWorker
    const hanging = gate()
    const { run, times } = probe()
    for (let i = 0; i < 1000; i++) {
      yield* worker.add(PeriodicTask.make({ name: `hang-${i}`, ...each, jitter: 1, run: hanging.run }))
    }
    yield* worker.add(PeriodicTask.make({ name: "healthy", ...each, strategy: "aligned", run }))
    yield* TestClock.adjust("10 seconds")
    expect(hanging.started()).toBe(1000)
    expect(times).toEqual(Array.from({ length: 10 }, (_, i) => (i + 1) * 1000))
    expect(yield* Clock.currentTimeMillis).toBe(10_000)
  }).pipe(quietly)
)
