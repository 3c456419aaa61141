/** What the end of a run means, and who is told of a failure. */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { RunTimes } from "./Due.ts"
import type { NeverAgain } from "./PeriodicTask.ts"
import type { RunOutcome, RunRecord, TaskFailure } from "./Run.ts"
import type { Run, TaskEntry } from "./TaskEntry.ts"

/** Of an error's text; more belongs into the log. */
const ERROR_LENGTH = 500
/** What a failure callback may take before it is given up, so that it holds up its task no longer. */
const FAILURE_CALLBACK_SECONDS = 10

export interface Verdict {
  readonly outcome: RunOutcome
  readonly error: string | null
}

/** `timedOutAfter`: the timeout that ended the run. One that was too late all the same, by succeeding, timed out too. */
export const verdict = (
  exit: Exit.Exit<void | NeverAgain, unknown>,
  timedOutAfter: Duration.Duration | null
): Verdict => {
  if (timedOutAfter !== null) {
    return { outcome: "timeout", error: `It took longer than ${Duration.format(timedOutAfter)}.` }
  }
  if (Exit.isSuccess(exit)) {
    return { outcome: exit.value?._tag === "NeverAgain" ? "never-again" : "success", error: null }
  }
  return Cause.hasInterruptsOnly(exit.cause)
    ? { outcome: "interrupted", error: null }
    : { outcome: "failure", error: describe(Cause.squash(exit.cause)) }
}

/** `epochMillis`: what turns a monotonic time into one since 1970. */
export const recordOf = (
  entry: TaskEntry,
  { cause, due, kind, queuedMillis }: Run,
  { finishedMillis, startedMillis }: Omit<RunTimes, "gridMillis">,
  { error, outcome }: Verdict,
  epochMillis: number
): RunRecord => ({
  task: entry.task.name,
  dueAtMillis: due.atMillis + epochMillis,
  queuedAtMillis: queuedMillis + epochMillis,
  startedAtMillis: startedMillis + epochMillis,
  finishedAtMillis: finishedMillis + epochMillis,
  latenessMillis: Math.max(0, startedMillis - due.atMillis),
  latenessCause: cause,
  kind,
  outcome,
  error
})

const describe = (error: unknown): string => {
  const text = error instanceof Error ? error.message || error.name : String(error)
  return text.length > ERROR_LENGTH ? `${text.slice(0, ERROR_LENGTH - 1)}…` : text
}

export const logFailure = (failure: TaskFailure): Effect.Effect<void> =>
  Effect.logError("A periodic task failed").pipe(
    Effect.annotateLogs({ task: failure.task, kind: failure.kind, outcome: failure.outcome, error: failure.error })
  )

/**
 * Calls `onFailure`, whose own failure is logged and ignored. It runs in a fiber of its own, since that of the run may be
 * interrupted already.
 */
export const reportFailure = (
  fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>,
  onFailure: (failure: TaskFailure) => Effect.Effect<void, unknown>,
  failure: TaskFailure
): Effect.Effect<void> =>
  Effect.suspend(() => {
    const told = Effect.suspend(() => onFailure(failure)).pipe(
      Effect.timeout(Duration.seconds(FAILURE_CALLBACK_SECONDS)),
      Effect.catchCause((cause) =>
        Effect.logError("The failure callback of the periodic worker failed", cause).pipe(
          Effect.annotateLogs({ task: failure.task })
        )
      )
    )
    return Effect.asVoid(Fiber.await(fork(told)))
  })
