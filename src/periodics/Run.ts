/** One run of a task: how it went, when, and why it was late. */

export type RunOutcome = "success" | "failure" | "timeout" | "interrupted" | "never-again"

/** Why a run started after it was due. */
export type LatenessCause = "pool full" | "overran" | "paused" | "event loop"

/** What made a task run: being added with `runImmediately`, its schedule, or somebody who asked. */
export type RunKind = "immediate" | "periodic" | "triggered"

/** One run; times are milliseconds since 1970, derived from the monotonic clock. */
export interface RunRecord {
  readonly task: string
  readonly dueAtMillis: number
  /** When it was first handed to the pool. */
  readonly queuedAtMillis: number
  readonly startedAtMillis: number
  readonly finishedAtMillis: number
  readonly latenessMillis: number
  /** Null when the run was not noticeably late. */
  readonly latenessCause: LatenessCause | null
  readonly kind: RunKind
  readonly outcome: RunOutcome
  readonly error: string | null
}

/** A run that failed or timed out, as handed to `onFailure`. */
export interface TaskFailure {
  readonly task: string
  readonly kind: RunKind
  /** Null for a task by cron or schedule. */
  readonly spacingMillis: number | null
  readonly outcome: "failure" | "timeout"
  readonly error: string
}
