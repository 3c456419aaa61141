/**
 * Whether a task that should have run did not: the rule of the alarm, as a function of what is known of the task.
 *
 * A task is overdue when a run has been due, or under way, for much longer than its spacing, or when its last runs all
 * failed. Paused, disabled and ended tasks do not run for a reason, and are none.
 */
import type { TaskStatus } from "./TaskStatus.ts"

export type OverdueCause =
  /** A run does not end. */
  | "hangs"
  /** It waits for a slot of the pool. */
  | "pool full"
  /** It is due and was not handed over: the worker is stopped, or the process was. */
  | "not started"
  /** The last runs all failed or timed out. */
  | "fails"

export interface Overdue {
  readonly task: string
  readonly cause: OverdueCause
  /** When it should have run; of one that fails, when the first of these runs started. Since 1970. */
  readonly sinceMillis: number
}

/** A task may be late by its spacing; by this at least, since a busy process is late by a second now and then. */
const shortestGraceMillis = 10_000
/** For a task without a spacing. */
const cronGraceMillis = 60_000
/** Runs in a row that failed. */
const failuresInARow = 3

export const overdueOf = (status: TaskStatus, nowMillis: number): Overdue | null => {
  const { name: task, state } = status
  if (state === "disabled" || state === "ended" || status.paused) return null
  const spacing = status.spacingMillis ?? cronGraceMillis
  const grace = Math.max(spacing, shortestGraceMillis)
  if (state === "running" || state === "parked") {
    // The next run was due a spacing after this one, had it ended.
    const dueMillis = status.runningSinceMillis === null ? nowMillis : status.runningSinceMillis + spacing
    if (nowMillis - dueMillis > grace) return { task, cause: "hangs", sinceMillis: dueMillis }
  } else if (status.nextDueAtMillis !== null && nowMillis - status.nextDueAtMillis > grace) {
    return { task, cause: state === "queued" ? "pool full" : "not started", sinceMillis: status.nextDueAtMillis }
  }
  return failing(status)
}

const failing = ({ name: task, recent }: TaskStatus): Overdue | null => {
  const good = recent.findLastIndex(({ outcome }) => outcome !== "failure" && outcome !== "timeout")
  const failed = recent.slice(good + 1)
  const [first] = failed
  return first === undefined || failed.length < failuresInARow
    ? null
    : { task, cause: "fails", sinceMillis: first.startedAtMillis }
}
