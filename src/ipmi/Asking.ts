/** Requests of a long procedure: one that a busy BMC puts off is asked again, so that it doesn't cost the whole procedure. */
import * as Effect from "effect/Effect"
import type { IpmiCommand, IpmiSession } from "./IpmiClient.ts"
import type { IpmiError } from "./IpmiError.ts"

/** A BMC is busy for tens of milliseconds, seldom for a second. */
const repeats = 4
const pauseMillis = 100

export const ask = <A>(session: IpmiSession, command: IpmiCommand<A>): Effect.Effect<A, IpmiError> => {
  const attempt = (left: number): Effect.Effect<A, IpmiError> =>
    Effect.catchIf(
      session.request(command),
      (error) => left > 0 && error.reason._tag === "CommandRejected" && error.isRetryable,
      () => Effect.delay(attempt(left - 1), pauseMillis)
    )
  return attempt(repeats)
}

/** The completion code that a request was refused with; undefined where it failed otherwise. */
export const refusedWith = (error: IpmiError): number | undefined =>
  error.reason._tag === "CommandRejected" ? error.reason.completionCode : undefined
