/** How adding or steering a periodic task fails. */
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
export class PeriodicsError extends Schema.TaggedError<PeriodicsError>()("PeriodicsError", {
  reason: Schema.Union([TaskNotFound, TaskExists, InvalidTask])
}) {
  override readonly message = this.reason.message
}
