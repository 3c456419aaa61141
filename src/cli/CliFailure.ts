/** How a command ends when it does not end well: one line for people and an exit code for scripts. */
import * as Data from "effect/Data"

/** 1 some or all failed · 2 usage · 3 no server · 4 not found · 5 conflict (0 is success). */
export type ExitCode = 1 | 2 | 3 | 4 | 5

export class CliFailure extends Data.TaggedError("CliFailure")<{
  /** Printed to standard error as it is; empty when everything has been said already. */
  readonly message: string
  readonly exitCode: ExitCode
}> {}

/** What was done failed, at least in part, and was reported line by line. */
export const someFailed = new CliFailure({ message: "", exitCode: 1 })

export const usage = (message: string): CliFailure => new CliFailure({ message, exitCode: 2 })
