/** A wall clock that jumps either way neither fires storms nor stalls; early timers don't run anything twice. */
import { describe, expect, it } from "@effect/vitest"
import { Clock, Cron, Duration, Effect } from "effect"
import { TestClock } from "effect/testing"
import { type Overrun, PeriodicTask, type Strategy } from "../../src/periodics/PeriodicTask.ts"
import { PeriodicWorker } from "../../src/periodics/PeriodicWorker.ts"
import { probe, workerLayer } from "./support.ts"

const minutes = (count: number) => count * 60_000

/** Runs `test` with a worker whose wall clock starts at midnight and can be set; monotonic time is that of the test clock. */
const withWallClock = <A, E>(
  test: (setBy: (millis: number) => void) => Effect.Effect<A, E, PeriodicWorker>
): Effect.Effect<A, E> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    let offset = 0
    const jumping: Clock.Clock = { ...clock, currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + offset }
    const setBy = (millis: number) => {
      offset += millis
    }
    return yield* test(setBy).pipe(Effect.provide(workerLayer()), Effect.provideService(Clock.Clock, jumping))
  })

describe("a task by spacing", () => {
  it.effect.each<readonly [number]>([[minutes(60)], [minutes(-60)], [minutes(-600_000)]])(
    "takes no notice when the wall clock is set by %i ms",
    ([by]) =>
      withWallClock((setBy) =>
        Effect.gen(function* () {
          const worker = yield* PeriodicWorker
          const strategies: ReadonlyArray<Strategy> = ["aligned", "last-started", "last-finished"]
          const probes = strategies.map((strategy) => ({ strategy, ...probe() }))
          for (const { run, strategy } of probes) {
            yield* worker.add(PeriodicTask.make({ name: strategy, strategy, spacing: "1 seconds", jitter: 0, run }))
          }
          yield* TestClock.adjust(2500)
          setBy(by)
          yield* TestClock.adjust(2500)
          const ran = probes.map(({ times }) => times.map((time) => time % minutes(1)))
          expect(ran).toEqual(strategies.map(() => [1000, 2000, 3000, 4000, 5000]))
        })
      )
  )
})

describe("a task by cron, hourly", () => {
  /** The minutes of true time at which it ran within four hours, when the wall clock is set after 30 minutes. */
  const ranAt = (byMinutes: number, overrun: Overrun = "skip") =>
    withWallClock((setBy) =>
      Effect.gen(function* () {
        const worker = yield* PeriodicWorker
        const ranAtMinute: Array<number> = []
        let minute = 30
        const run = Effect.sync(() => void ranAtMinute.push(minute))
        yield* worker.add(
          PeriodicTask.make({ name: "hourly", cron: Cron.parseUnsafe("0 * * * *", "UTC"), overrun, run })
        )
        yield* TestClock.adjust("30 minutes")
        setBy(minutes(byMinutes))
        while (minute++ < 240) yield* TestClock.adjust("1 minutes")
        return ranAtMinute
      })
    )

  it.effect("runs on the hour", () =>
    Effect.gen(function* () {
      expect(yield* ranAt(0)).toEqual([60, 120, 180, 240])
    })
  )
  it.effect("runs on the hour of a clock that was set forward, without making up for what it skipped", () =>
    Effect.gen(function* () {
      // 00:30 becomes 03:10.
      expect(yield* ranAt(160)).toEqual([80, 140, 200])
    })
  )
  it.effect("or runs once for all of that, within half a minute", () =>
    Effect.gen(function* () {
      expect(yield* ranAt(160, "run-once")).toEqual([31, 80, 140, 200])
    })
  )
  it.effect("runs on the hour of a clock that was set back, and does not wait for the old time to come again", () =>
    Effect.gen(function* () {
      // 00:30 becomes 22:20 of the day before.
      expect(yield* ranAt(-130)).toEqual([70, 130, 190])
    })
  )
  it.effect.each([[false], [true]])(
    "does not run twice when the clock is set back a little just after it ran (and was triggered: %s)",
    ([triggered]) =>
      withWallClock((setBy) =>
        Effect.gen(function* () {
          const worker = yield* PeriodicWorker
          let runs = 0
          const run = Effect.sync(() => void runs++)
          yield* worker.add(PeriodicTask.make({ name: "hourly", cron: Cron.parseUnsafe("0 * * * *", "UTC"), run }))
          yield* TestClock.adjust("60 minutes")
          if (triggered) yield* worker.trigger("hourly")
          const before = runs
          expect(before).toBe(triggered ? 2 : 1)
          setBy(-50_000)
          yield* TestClock.adjust("59 minutes")
          expect(runs).toBe(before)
          yield* TestClock.adjust("2 minutes")
          expect(runs).toBe(before + 1)
        })
      )
  )
})

describe("timers that end a millisecond early, as those of Node.js do,", () => {
  it.effect.each<readonly [Strategy]>([["aligned"], ["last-started"]])(
    "run nothing twice, and nothing early: %s",
    ([strategy]) =>
      Effect.gen(function* () {
        const clock = yield* Clock.Clock
        const hasty: Clock.Clock = {
          ...clock,
          sleep: (duration) => clock.sleep(Duration.millis(Math.max(0.1, Duration.toMillis(duration) - 1)))
        }
        yield* Effect.gen(function* () {
          const worker = yield* PeriodicWorker
          const { run, times } = probe()
          yield* worker.add(PeriodicTask.make({ name: "a", spacing: "1 seconds", jitter: 0, strategy, run }))
          yield* worker.add(
            PeriodicTask.make({ name: "c", cron: Cron.parseUnsafe("* * * * * *", "UTC"), run: Effect.void })
          )
          yield* TestClock.adjust(50_500)
          expect(times.length).toBe(50)
          for (const [index, time] of times.entries()) {
            expect(time - (index + 1) * 1000).toBeGreaterThan(-1e-6)
            expect(time - (index + 1) * 1000).toBeLessThan(strategy === "aligned" ? 1 : 50)
          }
          const byCron = yield* worker.status("c")
          expect(byCron.runs.success).toBe(50)
          expect(new Set(byCron.recent.map(({ dueAtMillis }) => dueAtMillis)).size).toBe(byCron.recent.length)
        }).pipe(Effect.provide(workerLayer()), Effect.provideService(Clock.Clock, hasty))
      })
  )
})
