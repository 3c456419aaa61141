/**
 * When a task by spacing is due next: functions of values. Times are milliseconds on the monotonic clock. Nothing here
 * asks what time it is.
 */
import type { Overrun, Strategy } from "./PeriodicTask.ts"

/** A due time. */
export interface Due {
  readonly atMillis: number
  /** Where it lies without jitter, which is what the next one is counted from. */
  readonly gridMillis: number
  /** By cron: the match it stands for, on the wall clock; the next is looked for after it. */
  readonly wallMillis: number | null
}

export interface SpacingRule {
  readonly spacingMillis: number
  readonly strategy: Strategy
  readonly overrun: Overrun
}

/** When a run was due without jitter, and when it ran. */
export interface RunTimes {
  readonly gridMillis: number
  readonly startedMillis: number
  readonly finishedMillis: number
}

const due = (gridMillis: number, jitterMillis: number): Due => ({
  atMillis: gridMillis + jitterMillis,
  gridMillis,
  wallMillis: null
})

/**
 * The first due time of a task that is added at `nowMillis`: one spacing later and spread by the jitter, so that tasks
 * added together don't fire together. An immediate one is due now; its grid is spread all the same.
 */
export const firstDue = (rule: SpacingRule, nowMillis: number, jitterMillis: number, runImmediately: boolean): Due => {
  const gridMillis = nowMillis + jitterMillis
  return runImmediately ? { ...due(gridMillis, 0), atMillis: nowMillis } : due(gridMillis + rule.spacingMillis, 0)
}

/**
 * The due time after a run. With `skip` it never lies before the end of that run, and it keeps the phase. With `run-once`
 * all that passed meanwhile are one due time, in the past: the first of them, counted on from the last of them.
 */
export const nextDue = (rule: SpacingRule, run: RunTimes, jitterMillis: number): Due => {
  const { spacingMillis, strategy, overrun } = rule
  if (strategy === "last-finished") return due(run.finishedMillis + spacingMillis, jitterMillis)
  const base = (strategy === "aligned" ? run.gridMillis : run.startedMillis) + spacingMillis
  if (base + jitterMillis >= run.finishedMillis) return due(base, jitterMillis)
  if (overrun === "skip") return due(onwards(base, spacingMillis, run.finishedMillis - jitterMillis), jitterMillis)
  return once(due(base, 0), spacingMillis, run.finishedMillis)
}

/** What becomes of a due time that passed without a run, because the task was paused or the worker stopped. */
export const passedDue = (rule: SpacingRule, missed: Due, nowMillis: number, jitterMillis: number): Due => {
  if (missed.atMillis >= nowMillis) return missed
  return rule.overrun === "skip"
    ? due(onwards(missed.gridMillis, rule.spacingMillis, nowMillis - jitterMillis), jitterMillis)
    : once(missed, rule.spacingMillis, nowMillis)
}

/**
 * The due time once the spacing is another: one of the new spacing after what the strategy counts from, or now when that
 * has passed. `aligned` has its grid from there.
 */
export const respacedDue = (
  rule: SpacingRule,
  last: RunTimes | null,
  addedMillis: number,
  nowMillis: number,
  jitterMillis: number
): Due => {
  const from =
    last === null
      ? addedMillis
      : rule.strategy === "aligned"
        ? last.gridMillis
        : rule.strategy === "last-started"
          ? last.startedMillis
          : last.finishedMillis
  return due(Math.max(nowMillis, from + rule.spacingMillis + jitterMillis), 0)
}

/** The first point of the grid through `gridMillis` that does not lie before `fromMillis`. */
const onwards = (gridMillis: number, spacingMillis: number, fromMillis: number): number =>
  gridMillis + Math.max(0, Math.ceil((fromMillis - gridMillis) / spacingMillis)) * spacingMillis

/** A due time in the past that stands for all that passed since: it is counted on from the last of them. */
const once = (missed: Due, spacingMillis: number, nowMillis: number): Due => ({
  ...missed,
  gridMillis: missed.gridMillis + Math.floor((nowMillis - missed.gridMillis) / spacingMillis) * spacingMillis
})
