/** How the end of a command is told: a line for people, an exit code for scripts. */
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import { CliFailure } from "./CliFailure.ts"

/** Says what went wrong on one line; a defect, which is a fault of Tutti's own, with all that is known of it. */
export const report = (cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.void
  const failure = cause.reasons.find(Cause.isFailReason)?.error
  if (failure === undefined)
    return Console.error(`tutti: a fault of Tutti's own, please report it\n${Cause.pretty(cause)}`)
  // Told by the presenter already.
  if (CliError.isCliError(failure)) return Effect.void
  const message = Predicate.hasProperty(failure, "message") ? String(failure.message) : String(failure)
  return message === "" ? Effect.void : Console.error(`tutti: ${message}`)
}

/** `interrupted`: what Ctrl-C comes to. */
export const exitCodeOf = (exit: Exit.Exit<unknown, unknown>, interrupted: number): number => {
  if (Exit.isSuccess(exit)) return 0
  if (Cause.hasInterruptsOnly(exit.cause)) return interrupted
  const failure = exit.cause.reasons.find(Cause.isFailReason)?.error
  if (failure instanceof CliFailure) return failure.exitCode
  if (CliError.isCliError(failure)) return failure._tag === "ShowHelp" && failure.errors.length === 0 ? 0 : 2
  return 1
}
