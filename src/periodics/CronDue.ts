/**
 * When a task by cron is due next: functions of values. Times are milliseconds since 1970 on the wall clock, which may
 * jump.
 */
import * as Cron from "effect/Cron"
import type { Overrun } from "./PeriodicTask.ts"

/**
 * How far the wall clock may be off before its jump counts: within it, a match that has come is not taken back, and one
 * that was run is not run again. A minute is the grain of most cron expressions.
 */
export const CRON_TOLERANCE_MILLIS = 60_000

export interface CronMatch {
  readonly dueMillis: number
  /** The next match is looked for after it. */
  readonly countFromMillis: number
}

const after = (cron: Cron.Cron, millis: number): number => Cron.next(cron, new Date(millis)).getTime()
const single = (dueMillis: number): CronMatch => ({ dueMillis, countFromMillis: dueMillis })

/** The first match after the present that was not counted yet. A clock set back a little runs nothing twice. */
export const nextMatch = (cron: Cron.Cron, nowMillis: number, countFromMillis: number | null): CronMatch => {
  const counted = countFromMillis !== null && countFromMillis - nowMillis <= CRON_TOLERANCE_MILLIS
  return single(after(cron, counted ? Math.max(nowMillis, countFromMillis) : nowMillis))
}

/** The match after a run. With `run-once`, all that passed meanwhile are one, in the past. */
export const matchAfterRun = (
  cron: Cron.Cron,
  nowMillis: number,
  countFromMillis: number | null,
  overrun: Overrun
): CronMatch => {
  if (overrun === "run-once" && countFromMillis !== null && countFromMillis < nowMillis) {
    const passed = after(cron, countFromMillis)
    if (passed < nowMillis) return { dueMillis: passed, countFromMillis: nowMillis }
  }
  return nextMatch(cron, nowMillis, countFromMillis)
}

/**
 * What becomes of a match that a task waits for, or that passed while it was paused or the clock jumped. Set back, the
 * next match of the new time counts; passed by more than the tolerance, it is missed and treated by `overrun`.
 */
export const reconsideredMatch = (
  cron: Cron.Cron,
  waitedForMillis: number,
  nowMillis: number,
  countFromMillis: number | null,
  overrun: Overrun
): CronMatch => {
  if (nowMillis < waitedForMillis) return nextMatch(cron, nowMillis, countFromMillis)
  if (overrun === "run-once") return { dueMillis: waitedForMillis, countFromMillis: nowMillis }
  return nowMillis - waitedForMillis <= CRON_TOLERANCE_MILLIS
    ? single(waitedForMillis)
    : nextMatch(cron, nowMillis, waitedForMillis)
}

/** The gap between a match and the one after it, of which jitter is a share. */
export const gapAfter = (cron: Cron.Cron, millis: number): number => after(cron, millis) - millis
