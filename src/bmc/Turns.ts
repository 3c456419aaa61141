/**
 * Turns at the gate of one BMC. Who has the turn makes one exchange with the BMC and gives the turn back; a procedure of
 * many exchanges takes a turn for each, so that a person's command gets in between.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { BmcError } from "./BmcError.ts"
import type { Outcome } from "./Health.ts"

/**
 * `user`: a person waits; before everything else, through an open breaker too. `background`: after waiting reads, and
 * withheld while the breaker is open or the credential is in doubt.
 */
export type Priority = "user" | "background"

/** One exchange: waits for its turn, then holds it until `finish`. */
export interface Ticket {
  readonly priority: Priority
  readonly onTurn: () => void
  readonly onRefused: (error: BmcError) => void
  state: "new" | "waiting" | "turn" | "done"
}

export interface Turns {
  /** Calls `onTurn` or `onRefused` of the ticket, once, at once or later. */
  readonly enqueue: (ticket: Ticket) => void
  /** The holder is through with it, in whatever state it is. */
  readonly finish: (ticket: Ticket, outcome: Outcome) => void
}

/** Waits for a turn, runs the exchange, and gives the turn back whatever happened, an interruption too. */
export const inTurn = <A>(
  turns: Turns,
  priority: Priority,
  exchange: Effect.Effect<A, BmcError>
): Effect.Effect<A, BmcError> =>
  Effect.suspend(() => {
    let ticket: Ticket | undefined
    const turn = Effect.callback<void, BmcError>((resume) => {
      ticket = {
        priority,
        state: "new",
        onTurn: () => resume(Effect.void),
        onRefused: (error) => resume(Effect.fail(error))
      }
      turns.enqueue(ticket)
    })
    return turn.pipe(
      Effect.andThen(exchange),
      Effect.onExit((exit) =>
        Effect.sync(() => {
          if (ticket !== undefined) turns.finish(ticket, outcomeOf(exit))
        })
      )
    )
  })

const outcomeOf = (exit: Exit.Exit<unknown, BmcError>): Outcome =>
  Exit.match(exit, {
    onSuccess: () => "answered",
    onFailure: (cause) => cause.reasons.find((reason) => reason._tag === "Fail")?.error ?? "unknown"
  })
