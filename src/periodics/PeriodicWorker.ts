/**
 * Runs periodic tasks, each in its own fiber, on a bounded pool: nothing a task does touches another's timing.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { PeriodicTask, Strategy } from "./PeriodicTask.ts"
import type { PeriodicsError } from "./PeriodicsError.ts"

export type RunOutcome = "success" | "failure" | "timeout" | "interrupted" | "never-again"

/** Why a run started after it was due. */
export type LatenessCause = "pool full" | "overran" | "paused" | "event loop"

/** One run; times are milliseconds since 1970, derived from the monotonic clock. */
export interface RunRecord {
  readonly task: string
  readonly dueAtMillis: number
  readonly queuedAtMillis: number
  readonly startedAtMillis: number
  readonly finishedAtMillis: number
  readonly latenessMillis: number
  /** Null when the run was not noticeably late. */
  readonly latenessCause: LatenessCause | null
  /** What made it run: its schedule, or somebody who asked. */
  readonly kind: "immediate" | "periodic" | "triggered"
  readonly outcome: RunOutcome
  readonly error: string | null
}

export type TaskState = "waiting" | "queued" | "running" | "parked" | "paused" | "disabled" | "ended"

export interface Summary {
  readonly averageMillis: number
  readonly p50Millis: number
  readonly p99Millis: number
  readonly maxMillis: number
}

export interface TaskStatus {
  readonly name: string
  readonly state: TaskState
  /** Null for a task by cron. */
  readonly spacingMillis: number | null
  readonly cron: string | null
  readonly strategy: Strategy | null
  readonly runs: { readonly [K in RunOutcome]: number }
  readonly nextDueAtMillis: number | null
  readonly lastRun: RunRecord | null
  readonly lastError: string | null
  /** Of recent runs; null before the first. */
  readonly lateness: Summary | null
  readonly elapsed: Summary | null
  readonly recent: ReadonlyArray<RunRecord>
}

export class PeriodicWorker extends Context.Service<
  PeriodicWorker,
  {
    /** Adds a task while running. Fails for a taken name, or a spacing ≤ 0 of an enabled task. */
    readonly add: <E, R>(task: PeriodicTask<E, R>) => Effect.Effect<void, PeriodicsError, R>
    /** Removes it; a run in flight is interrupted. */
    readonly remove: (name: string) => Effect.Effect<void, PeriodicsError>
    /** No run starts until `resume`; a run in flight goes on. */
    readonly pause: (name: string) => Effect.Effect<void, PeriodicsError>
    readonly resume: (name: string) => Effect.Effect<void, PeriodicsError>
    /** Runs it now and returns the outcome; during a run, joins that run. */
    readonly trigger: (name: string) => Effect.Effect<RunRecord, PeriodicsError>
    /** Takes effect at once: a shorter spacing may make the task due now. */
    readonly setSpacing: (name: string, spacing: Duration.Duration) => Effect.Effect<void, PeriodicsError>
    readonly list: Effect.Effect<ReadonlyArray<TaskStatus>>
    /** Every finished run, from subscription on; a slow reader loses the oldest. */
    readonly runs: Stream.Stream<RunRecord>
    /** No new runs; waits for those in flight, at most `bound`, then interrupts them. */
    readonly drain: (bound: Duration.Duration) => Effect.Effect<void>
  }
>()("tutti/periodics/PeriodicWorker") {}
