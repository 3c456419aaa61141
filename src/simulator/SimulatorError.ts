/** Why a simulator can't start or can't be reached. One error; its message is the one line an operator reads. */
import * as Schema from "effect/Schema"

/** The port can't be bound: taken, not allowed, or out of range. */
export class PortUnusable extends Schema.TaggedError<PortUnusable>()("PortUnusable", {
  host: Schema.String,
  port: Schema.Int,
  detail: Schema.String
}) {
  override readonly message = `can't listen on UDP ${this.host}:${this.port}: ${this.detail}`
}
/** An option makes no sense. */
export class OptionInvalid extends Schema.TaggedError<OptionInvalid>()("OptionInvalid", {
  option: Schema.String,
  detail: Schema.String
}) {
  override readonly message = `--${this.option}: ${this.detail}`
}
/** A file can't be read, understood or written. */
export class FileUnusable extends Schema.TaggedError<FileUnusable>()("FileUnusable", {
  file: Schema.String,
  detail: Schema.String
}) {
  override readonly message = `${this.file}: ${this.detail}`
}
/** The simulator's process ended, or never became ready. */
export class ProcessEnded extends Schema.TaggedError<ProcessEnded>()("ProcessEnded", { detail: Schema.String }) {
  override readonly message = `the simulator's process ended: ${this.detail}`
}

export const SimulatorReason = Schema.Union([PortUnusable, OptionInvalid, FileUnusable, ProcessEnded])
export type SimulatorReason = typeof SimulatorReason.Type

export class SimulatorError extends Schema.TaggedError<SimulatorError>()("SimulatorError", {
  reason: SimulatorReason
}) {
  override readonly message = this.reason.message
}
