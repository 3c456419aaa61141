/**
 * Runs periodic tasks, each run in its own fiber, on a bounded pool: nothing a task does touches another's timing.
 * A task never overlaps itself.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import { makeEngine, type PeriodicWorkerOptions, type StartOptions } from "./Engine.ts"
import type { PeriodicTask } from "./PeriodicTask.ts"
import type { PeriodicsError } from "./PeriodicsError.ts"
import type { RunRecord } from "./Run.ts"
import type { TaskChange, TaskStatus } from "./TaskStatus.ts"
import type { WorkerPool } from "./WorkerPool.ts"

export type { PeriodicWorkerOptions, StartOptions } from "./Engine.ts"
export type { LatenessCause, RunKind, RunOutcome, RunRecord, TaskFailure } from "./Run.ts"
export type { Summary, TaskChange, TaskState, TaskStatus } from "./TaskStatus.ts"

export class PeriodicWorker extends Context.Service<
  PeriodicWorker,
  {
    /** Adds a task while running. Fails for a taken name, or a spacing ≤ 0 of an enabled task. */
    readonly add: <E, R>(task: PeriodicTask<E, R>) => Effect.Effect<void, PeriodicsError, R>
    /** Removes it; a run in flight is interrupted, and its clean-up waited for. */
    readonly remove: (name: string) => Effect.Effect<void, PeriodicsError>
    /** No run starts until `resume`; a run in flight goes on. */
    readonly pause: (name: string) => Effect.Effect<void, PeriodicsError>
    /** Enables a disabled task too. A due time that passed meanwhile is treated by the task's `overrun`. */
    readonly resume: (name: string) => Effect.Effect<void, PeriodicsError>
    /** Runs it now, paused or not, and returns the outcome; during a run, joins that run. May use the reserved share. */
    readonly trigger: (name: string) => Effect.Effect<RunRecord, PeriodicsError>
    /** Takes effect at once: a shorter spacing may make the task due now. */
    readonly setSpacing: (name: string, spacing: Duration.Duration) => Effect.Effect<void, PeriodicsError>
    /** In the order in which they were added. */
    readonly list: Effect.Effect<ReadonlyArray<TaskStatus>>
    readonly status: (name: string) => Effect.Effect<TaskStatus, PeriodicsError>
    /** Every finished run, from subscription on; a slow reader loses the oldest. */
    readonly runs: Stream.Stream<RunRecord>
    /** The newest status of each task that changed, at most ten times a second; all tasks at first. Nothing is lost, but states in between. */
    readonly changes: Stream.Stream<TaskChange>
    /** Starts a worker that doesn't run. Fails when it runs, or has no task. */
    readonly start: (options?: StartOptions) => Effect.Effect<void, PeriodicsError>
    /** No new runs; those in flight go on. Returns at once. */
    readonly stop: Effect.Effect<void>
    /** Waits until it is stopped and nothing is in flight; false when `timeout` passed first. */
    readonly wait: (timeout?: Duration.Input) => Effect.Effect<boolean>
    /** Of a stopped worker: forgets histories and counts, revives ended tasks, and schedules all as if just added. Fails when it runs. */
    readonly reset: Effect.Effect<void, PeriodicsError>
    /** No new runs; waits for those in flight, at most `bound`, then interrupts them. */
    readonly drain: (bound: Duration.Duration) => Effect.Effect<void>
  }
>()("tutti/periodics/PeriodicWorker") {
  /** Closing it interrupts what is in flight. */
  static readonly layer = (options: PeriodicWorkerOptions = {}): Layer.Layer<PeriodicWorker, never, WorkerPool> =>
    Layer.effect(PeriodicWorker, makeEngine(options))
}
