/** How adding or steering a periodic task fails, and how a pool refuses. */
import * as Schema from "effect/Schema"

export class TaskNotFound extends Schema.TaggedError<TaskNotFound>()("TaskNotFound", { task: Schema.String }) {
  override readonly message = `There is no periodic task ${this.task}.`
}
export class TaskExists extends Schema.TaggedError<TaskExists>()("TaskExists", { task: Schema.String }) {
  override readonly message = `There is a periodic task ${this.task} already.`
}
export class InvalidTask extends Schema.TaggedError<InvalidTask>()("InvalidTask", {
  task: Schema.String,
  detail: Schema.String
}) {
  override readonly message = `Periodic task ${this.task}: ${this.detail}`
}
/** The worker can't do that in the state it is in: started twice, started with nothing to do, asked to run while stopped. */
export class InvalidWorkerState extends Schema.TaggedError<InvalidWorkerState>()("InvalidWorkerState", {
  detail: Schema.String
}) {
  override readonly message = `The periodic worker ${this.detail}.`
}
export class PeriodicsError extends Schema.TaggedError<PeriodicsError>()("PeriodicsError", {
  reason: Schema.Union([TaskNotFound, TaskExists, InvalidTask, InvalidWorkerState])
}) {
  override readonly message = this.reason.message
}

/** The pool's queue has no room for this submitter. Nothing was started; a later try may succeed. */
export class PoolFull extends Schema.TaggedError<PoolFull>()("PoolFull", {
  submitter: Schema.String,
  waiting: Schema.Finite
}) {
  override readonly message = `No worker is free for ${this.submitter}, and ${this.waiting} others wait.`
}
/** The sizes given to a pool make no pool. */
export class InvalidPool extends Schema.TaggedError<InvalidPool>()("InvalidPool", { detail: Schema.String }) {
  override readonly message = `Worker pool: ${this.detail}`
}
