/**
 * Erases the System Event Log, or a record of it, under a reservation (IPMI 2.0 §31.4, §31.8, §31.9). Who cleared the log
 * should have read it before: a reservation only guards against others who erase, not against events that come in.
 */
import * as Effect from "effect/Effect"
import { makeClearSel } from "../commands/ClearSel.ts"
import { completionCodes } from "../commands/CompletionCode.ts"
import { makeDeleteSelEntry } from "../commands/DeleteSelEntry.ts"
import { selErasing } from "../commands/GetSelInfo.ts"
import { reserveSel } from "../commands/ReserveSel.ts"
import type { IpmiSession } from "../IpmiClient.ts"
import { IpmiError, ResponseTimeout } from "../IpmiError.ts"
import { ask, refusedWith } from "../Asking.ts"

/** As often as others may come between a reservation and its use before it is reported. */
const reservations = 3
/** 0 stands for "none", where the BMC knows no reservations (IPMI 2.0 §31.4). */
const noReservation = 0
const statusEvery = "250 millis"
/** The slowest BMCs take some ten seconds for flash memory; after a minute none is coming. */
const statusMillis = 60_000
const statusQuestions = statusMillis / 250

/** Runs `use` under a reservation, and again with a new one when that was cancelled: refused so, nothing was done. */
const reserved = <A>(
  session: IpmiSession,
  use: (reservation: number) => Effect.Effect<A, IpmiError>
): Effect.Effect<A, IpmiError> =>
  ask(session, reserveSel).pipe(
    Effect.catchIf(
      (error) => refusedWith(error) === completionCodes.invalidCommand,
      () => Effect.succeed(noReservation)
    ),
    Effect.flatMap(use),
    Effect.retry({
      times: reservations - 1,
      while: (error) => refusedWith(error) === completionCodes.reservationCancelled
    })
  )

/** Returns the id of the deleted record. A lost answer is a `ResponseTimeout`, and the record may be gone. */
export const deleteSelRecord = (session: IpmiSession, recordId: number): Effect.Effect<number, IpmiError> =>
  reserved(session, (reservation) => session.request(makeDeleteSelEntry({ reservation, recordId })))

/**
 * Returns once the BMC says that the log is erased. Fails with `ResponseTimeout` when it doesn't within a minute, or when
 * its answer to the erasure is lost: the log may then be erased, or half.
 */
export const clearLog = Effect.fn("clearLog")(function* (session: IpmiSession) {
  let erasure = yield* reserved(session, (reservation) =>
    session.request(makeClearSel({ reservation, action: "erase" }))
  )
  for (let asked = 0; erasure !== "complete"; asked++) {
    if (asked === statusQuestions) {
      const reason = new ResponseTimeout({ operation: "Clear SEL", attempts: asked, waitedMillis: statusMillis })
      return yield* new IpmiError({ reason })
    }
    yield* Effect.sleep(statusEvery)
    erasure = yield* progress(session)
  }
})

/** The erasure itself cancels reservations on some BMCs, and others answer nothing but "being erased" meanwhile. */
const progress = (session: IpmiSession) =>
  Effect.catchIf(
    reserved(session, (reservation) => ask(session, makeClearSel({ reservation, action: "status" }))),
    (error) => refusedWith(error) === selErasing,
    () => Effect.succeed("under way" as const)
  )
