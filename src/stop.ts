/**
 * How a long-running program ends: the first signal begins a graceful stop, which may take so long and no longer; a
 * second one ends it at once.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

const signals = ["SIGINT", "SIGTERM"] as const

/** One stop may come as two signals: `kill %1` and `timeout` tell the whole group, whose parent hands it on once more. */
const SAME_STOP_MILLIS = 500

/** Ends the process with exit code 1 when it still runs `bound`, as it is then, after the first signal, or at the second. */
export const hardStopAfter = (bound: () => Duration.Duration): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.sync(() => {
        let timer: NodeJS.Timeout | undefined
        let secondCounts = false
        const onSignal = () => {
          if (secondCounts) process.exit(1)
          if (timer !== undefined) return
          setTimeout(() => (secondCounts = true), SAME_STOP_MILLIS).unref()
          const patience = bound()
          timer = setTimeout(() => {
            process.stderr.write(`tutti: the stop took longer than ${Duration.format(patience)}, ending now\n`)
            process.exit(1)
          }, Duration.toMillis(patience))
          timer.unref()
        }
        for (const signal of signals) process.on(signal, onSignal)
        return onSignal
      }),
      (onSignal) =>
        Effect.sync(() => {
          for (const signal of signals) process.removeListener(signal, onSignal)
        })
    )
  )
