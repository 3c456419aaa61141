/**
 * A periodic task is a value: what to run, when, and what to do when that fails. It knows nothing of workers.
 */
import type * as Cron from "effect/Cron"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"

/**
 * How the next due time follows from a run (futurist's names):
 * - `last-started`: spacing after the start of the last run
 * - `last-finished`: spacing after its end
 * - `aligned`: on a grid with the spacing, fixed at the first due time
 */
export type Strategy = "last-started" | "last-finished" | "aligned"

/** What to do when a run took longer than its spacing: skip what was missed, or run once, at once. */
export type Overrun = "skip" | "run-once"

/** Returned by a run that is not to be repeated: the task ends for ever, as a success. */
export interface NeverAgain {
  readonly _tag: "NeverAgain"
  readonly reason: string
}
export const neverAgain = (reason: string): NeverAgain => ({ _tag: "NeverAgain", reason })

export interface PeriodicTask<E = unknown, R = never> {
  /** Unique in its worker. */
  readonly name: string
  /** By a spacing on the monotonic clock, or by a cron expression on the wall clock. */
  readonly timing:
    | { readonly _tag: "Spacing"; readonly spacing: Duration.Duration; readonly strategy: Strategy }
    | { readonly _tag: "Cron"; readonly cron: Cron.Cron }
  /** Share of the spacing, 0 to 1, by which a due time is put off at random; the first run is spread by it too. */
  readonly jitter: number
  /** Whether the first run is due at once instead of after one spacing. */
  readonly runImmediately: boolean
  readonly enabled: boolean
  /** A run that takes longer is interrupted, and its outcome is `timeout`. Null: no limit. */
  readonly timeout: Duration.Duration | null
  readonly overrun: Overrun
  readonly run: Effect.Effect<void | NeverAgain, E, R>
}
