/**
 * What went wrong in the database, as the store's callers act on it: the one place that knows SQLSTATEs.
 * Messages name the state and the server's sentence; parameters, which may hold what is secret, are never in them.
 */
import * as Effect from "effect/Effect"
import { isSqlError } from "effect/sql/SqlError"
import type { SqlError } from "effect/sql/SqlError"
import { StoreError, Unavailable, Unreadable } from "./StoreError.ts"

/** What the server, or the system, said of an error. */
export const failureFields = (
  error: SqlError
): { readonly code?: string; readonly detail?: string; readonly message: string } => {
  const { cause } = error.reason
  if (!(cause instanceof Error)) return { message: error.message }
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined
  return {
    // connecting to a name with several addresses fails with several errors, and a message that is empty
    message: cause.message || code || error.message,
    ...(code !== undefined && { code }),
    ...("detail" in cause && typeof cause.detail === "string" && { detail: cause.detail })
  }
}

/**
 * States that pass by themselves or by an operator's hand elsewhere: connection (08), authorization taken away (28),
 * serialization failures and deadlocks (40), out of resources (53), operator intervention such as a shutdown or a
 * statement timeout (57), system errors (58), a server that became a standby (25006), a lock timeout (55P03).
 */
const passing = /^(?:08|28|40|53|57|58|25006|55P03)/

/** Whether trying again can help. */
export const isPassing = (error: SqlError): boolean =>
  error.reason._tag === "ConnectionError" || passing.test(failureFields(error).code ?? "")

export const toStoreError = (error: SqlError): StoreError => {
  const { code, message } = failureFields(error)
  const text = code === undefined || message.includes(code) ? message : `${message} (${code})`
  return new StoreError({
    reason: isPassing(error)
      ? new Unavailable({ message: `The database is not available: ${text}` })
      : new Unreadable({ message: `The database refused a statement: ${text}` })
  })
}

/**
 * How long an operation may take in all. The database ends a statement that is slow (`statementTimeout`); this ends the
 * wait for a server that is gone without a word.
 */
const operationTimeout = "45 seconds"

const timedOut = new StoreError({
  reason: new Unavailable({ message: `The database is not available: no answer within ${operationTimeout}` })
})

/** A connection that breaks within a transaction makes the client's rollback die: the same failure, not a defect. */
export const brokenRollbackFails = <A, E, R>(operation: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
  Effect.catchDefect(operation, (defect) => (isSqlError(defect) ? Effect.fail(defect) : Effect.die(defect)))

/**
 * Turns the failures of an operation's statements into the store's, and bounds its time. */
export const asStoreError = <A, E, R>(
  operation: Effect.Effect<A, E | SqlError, R>
): Effect.Effect<A, Exclude<E, SqlError> | StoreError, R> =>
  operation.pipe(
    brokenRollbackFails,
    Effect.catchIf(isSqlError, (error) => Effect.fail(toStoreError(error))),
    Effect.timeoutOrElse({ duration: operationTimeout, orElse: () => Effect.fail(timedOut) })
  )
