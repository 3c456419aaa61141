/**
 * A periodic task is a value: what to run, when, and what to do when it is late. It knows nothing of workers.
 */
import type * as Cron from "effect/Cron"
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Schedule from "effect/Schedule"
import type { RunRecord } from "./Run.ts"

/**
 * How the next due time follows from a run (futurist's names):
 * - `last-started`: spacing after the start of the last run
 * - `last-finished`: spacing after its end
 * - `aligned`: on a grid with the spacing, fixed at the first due time
 */
export type Strategy = "last-started" | "last-finished" | "aligned"

/**
 * What to do about due times that passed while a run took longer than its spacing, or while the task was paused: skip
 * them and stay in phase, or run once for all of them, at once.
 */
export type Overrun = "skip" | "run-once"

/** Returned by a run that is not to be repeated: the task ends for ever, as a success. */
export interface NeverAgain {
  readonly _tag: "NeverAgain"
  readonly reason: string
}
export const neverAgain = (reason: string): NeverAgain => ({ _tag: "NeverAgain", reason })

/**
 * When a task is due:
 * - by a spacing on the monotonic clock
 * - by a cron expression on the wall clock
 * - by any Effect `Schedule`, whose delay is counted from the end of a run and whose end ends the task. Its input is the
 *   run that ended, null before the first. (`Schedule.fixed` and `windowed` run twice when a timer fires early, and
 *   follow a wall clock that jumps: `aligned` is what they are wanted for.)
 */
export type Timing =
  | { readonly _tag: "Spacing"; readonly spacing: Duration.Duration; readonly strategy: Strategy }
  | { readonly _tag: "Cron"; readonly cron: Cron.Cron }
  | { readonly _tag: "Schedule"; readonly schedule: Schedule.Schedule<unknown, RunRecord | null> }

export interface PeriodicTask<E = unknown, R = never> {
  /** Unique in its worker. */
  readonly name: string
  readonly timing: Timing
  /**
   * Share of the spacing, 0 to 1, by which a due time is put off at random; the first run is spread by it too. It never
   * moves the grid of `aligned`. For cron: share of the time to the next match. Not for a `Schedule`, which has its own.
   */
  readonly jitter: number
  /** Whether the first run is due at once instead of after one spacing. */
  readonly runImmediately: boolean
  readonly enabled: boolean
  /** A run that takes longer is interrupted, and its outcome is `timeout`. Null: no limit. */
  readonly timeout: Duration.Duration | null
  readonly overrun: Overrun
  /** May use the pool's reserved share: only for what must not starve behind background work, such as a heartbeat. */
  readonly reserved?: boolean
  readonly run: Effect.Effect<void | NeverAgain, E, R>
}

/** All of a task but what it runs. */
export type TaskDefinition = Omit<PeriodicTask, "run">

/** What `make` takes: exactly one of `spacing`, `cron` and `schedule`. */
export type PeriodicTaskOptions<E, R> = {
  readonly name: string
  readonly run: Effect.Effect<void | NeverAgain, E, R>
  /** Default 0.05 by spacing (futurist's), else 0. */
  readonly jitter?: number
  /** Default false. */
  readonly runImmediately?: boolean
  /** Default true. */
  readonly enabled?: boolean
  /** Default none. */
  readonly timeout?: Duration.Input
  /** Default `skip`. */
  readonly overrun?: Overrun
  /** Default false. */
  readonly reserved?: boolean
} & (
  | {
      readonly spacing: Duration.Input
      /** Default `last-started`. */
      readonly strategy?: Strategy
      /** Whether a spacing ≤ 0 disables the task, as a configuration of 0 means to, instead of being an error. Default false. */
      readonly zeroDisables?: boolean
    }
  | { readonly cron: Cron.Cron }
  | { readonly schedule: Schedule.Schedule<unknown, RunRecord | null> }
)

/** The share that futurist's `_jitter` strategies add. */
const defaultJitter = 0.05

const make = <E = never, R = never>(options: PeriodicTaskOptions<E, R>): PeriodicTask<E, R> => {
  const timing: Timing =
    "spacing" in options
      ? {
          _tag: "Spacing",
          spacing: Duration.fromInputUnsafe(options.spacing),
          strategy: options.strategy ?? "last-started"
        }
      : "cron" in options
        ? { _tag: "Cron", cron: options.cron }
        : { _tag: "Schedule", schedule: options.schedule }
  const zeroDisabled =
    "spacing" in options &&
    options.zeroDisables === true &&
    timing._tag === "Spacing" &&
    Duration.toMillis(timing.spacing) <= 0
  return {
    name: options.name,
    timing,
    jitter: options.jitter ?? (timing._tag === "Spacing" ? defaultJitter : 0),
    runImmediately: options.runImmediately ?? false,
    enabled: (options.enabled ?? true) && !zeroDisabled,
    timeout: options.timeout === undefined ? null : Duration.fromInputUnsafe(options.timeout),
    overrun: options.overrun ?? "skip",
    reserved: options.reserved ?? false,
    run: options.run
  }
}

/** Why a task can't be added as it is; null when it can. A disabled task may have any spacing. */
export const problemOf = (task: TaskDefinition): string | null => {
  if (task.name === "") return "the name is empty"
  if (!(task.jitter >= 0 && task.jitter <= 1)) return `jitter is a share from 0 to 1, not ${task.jitter}`
  if (task.timeout !== null && Duration.toMillis(task.timeout) <= 0) return "the timeout is not greater than zero"
  if (!task.enabled || task.timing._tag !== "Spacing") return null
  return spacingProblem(task.timing.spacing)
}

export const spacingProblem = (spacing: Duration.Duration): string | null =>
  Duration.toMillis(spacing) > 0
    ? Number.isFinite(Duration.toMillis(spacing))
      ? null
      : "the spacing is endless"
    : `the spacing is ${Duration.format(spacing)}: it must be greater than zero unless the task is disabled`

export const PeriodicTask: {
  /** Makes a task with the defaults filled in. Nothing is checked before it is added to a worker. */
  readonly make: <E = never, R = never>(options: PeriodicTaskOptions<E, R>) => PeriodicTask<E, R>
} = { make }
