/** The package's entry for `tutti/periodics`: a library that knows nothing of nodes or BMCs. */
export {
  neverAgain,
  type NeverAgain,
  type Overrun,
  PeriodicTask,
  type PeriodicTaskOptions,
  type Strategy,
  type Timing
} from "./PeriodicTask.ts"
export {
  InvalidPool,
  InvalidTask,
  InvalidWorkerState,
  PeriodicsError,
  PoolFull,
  TaskExists,
  TaskNotFound
} from "./PeriodicsError.ts"
export {
  type LatenessCause,
  PeriodicWorker,
  type PeriodicWorkerOptions,
  type RunKind,
  type RunOutcome,
  type RunRecord,
  type StartOptions,
  type Summary,
  type TaskChange,
  type TaskFailure,
  type TaskState,
  type TaskStatus
} from "./PeriodicWorker.ts"
export { overdueOf, type Overdue, type OverdueCause } from "./Overdue.ts"
export { formatTable } from "./Table.ts"
export { type PoolStats, type Priority, type SubmitOptions, WorkerPool, type WorkerPoolOptions } from "./WorkerPool.ts"
