/**
 * The timing of a task as an Effect `Schedule`, whose step is all that decides when the task is due. Due times lie on
 * `Clock.monotonicTimeNanos`, unlike those of `Schedule.fixed` and `windowed`: neither an early timer nor a wall clock that
 * jumps makes a run twice, or none.
 *
 * A schedule's input is what happened to the task, its output the due time. It holds no state of its own, but for a
 * `Schedule` given by the task.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import type * as Cron from "effect/Cron"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import { gapAfter, matchAfterRun, nextMatch, reconsideredMatch } from "./CronDue.ts"
import { type Due, firstDue, nextDue, passedDue, respacedDue, type RunTimes, type SpacingRule } from "./Due.ts"
import type { TaskDefinition } from "./PeriodicTask.ts"
import type { RunRecord } from "./Run.ts"

/** What happened to a task, upon which it is due anew. */
export type Occasion =
  | { readonly _tag: "Added" }
  /** `due`: of the run. */
  | { readonly _tag: "Ran"; readonly due: Due; readonly times: RunTimes; readonly record: RunRecord }
  /** The due time may have passed without a run, or the wall clock may have jumped. `last`: of the last run. */
  | { readonly _tag: "Reconsidered"; readonly due: Due; readonly last: Due | null }
  | { readonly _tag: "Respaced"; readonly last: RunTimes | null; readonly addedMillis: number }

export type DueSchedule = Schedule.Schedule<Due, Occasion>

export const monotonicMillis = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

/** The schedule of a task, as it is to be stepped from its addition on. */
export const dueSchedule = (task: TaskDefinition): DueSchedule => {
  const { timing } = task
  switch (timing._tag) {
    case "Spacing":
      return bySpacing(task, {
        spacingMillis: Duration.toMillis(timing.spacing),
        strategy: timing.strategy,
        overrun: task.overrun
      })
    case "Cron":
      return byCron(task, timing.cron)
    case "Schedule":
      return bySchedule(task, timing.schedule)
  }
}

type Options = Pick<TaskDefinition, "jitter" | "runImmediately" | "overrun">

const bySpacing = (options: Options, rule: SpacingRule): DueSchedule =>
  stepping(options, (occasion, clock, random) => {
    const nowMillis = monotonicMillis(clock)
    const jitterMillis = random * rule.spacingMillis
    switch (occasion._tag) {
      case "Added":
        return firstDue(rule, nowMillis, jitterMillis, options.runImmediately)
      case "Ran":
        return nextDue(rule, occasion.times, jitterMillis)
      case "Reconsidered":
        return passedDue(rule, occasion.due, nowMillis, jitterMillis)
      case "Respaced":
        return respacedDue(rule, occasion.last, occasion.addedMillis, nowMillis, jitterMillis)
    }
  })

const byCron = (options: Options, cron: Cron.Cron): DueSchedule =>
  stepping(options, (occasion, clock, random) => {
    const nowMillis = monotonicMillis(clock)
    const wallMillis = clock.currentTimeMillisUnsafe()
    if (occasion._tag === "Added" && options.runImmediately) {
      return { atMillis: nowMillis, gridMillis: nowMillis, wallMillis: null }
    }
    const match =
      occasion._tag === "Ran"
        ? matchAfterRun(cron, wallMillis, occasion.due.wallMillis, options.overrun)
        : occasion._tag === "Reconsidered" && occasion.due.wallMillis !== null
          ? reconsideredMatch(
              cron,
              occasion.due.wallMillis,
              wallMillis,
              occasion.last?.wallMillis ?? null,
              options.overrun
            )
          : nextMatch(cron, wallMillis, null)
    const gridMillis = nowMillis + match.dueMillis - wallMillis
    const jitterMillis = random === 0 ? 0 : random * gapAfter(cron, match.dueMillis)
    return { atMillis: gridMillis + jitterMillis, gridMillis, wallMillis: match.countFromMillis }
  })

const bySchedule = (options: Options, schedule: Schedule.Schedule<unknown, RunRecord | null>): DueSchedule =>
  Schedule.fromStep(
    Effect.map(
      Schedule.toStep(schedule),
      (step) => (now: number, occasion: Occasion) =>
        Clock.clockWith((clock) => {
          const dueIn = (delay: Duration.Duration): [Due, Duration.Duration] => {
            const atMillis = monotonicMillis(clock) + Duration.toMillis(delay)
            return [{ atMillis, gridMillis: atMillis, wallMillis: null }, delay]
          }
          // Its own delays know nothing of a due time that passed meanwhile: that one still stands.
          if (occasion._tag === "Reconsidered") {
            return Effect.succeed<[Due, Duration.Duration]>([occasion.due, Duration.zero])
          }
          return occasion._tag === "Added" && options.runImmediately
            ? Effect.succeed(dueIn(Duration.zero))
            : step(now, occasion._tag === "Ran" ? occasion.record : null).pipe(
                Effect.map(([, delay]) => dueIn(delay)),
                Pull.catchDone(() => Cause.done(dueIn(Duration.zero)[0]))
              )
        })
    )
  )

/** A schedule without state, from a function of the occasion, the clock and this step's share of jitter. */
const stepping = (
  options: Options,
  decide: (occasion: Occasion, clock: Clock.Clock, jitter: number) => Due
): DueSchedule =>
  Schedule.fromStep(
    Effect.succeed((_now: number, occasion: Occasion) =>
      Clock.clockWith((clock) =>
        Effect.map(options.jitter === 0 ? Effect.succeed(0) : Random.next, (random): [Due, Duration.Duration] => {
          const due = decide(occasion, clock, random * options.jitter)
          return [due, Duration.millis(Math.max(0, due.atMillis - monotonicMillis(clock)))]
        })
      )
    )
  )
