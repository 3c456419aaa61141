/**
 * A session whose every request takes a turn at the BMC's gate: any procedure over a session becomes one that others get in
 * between. Borrows the session: closing it is its owner's.
 */
import { borrowedSession } from "../ipmi/BorrowedSession.ts"
import type { IpmiCommand, IpmiSession, ReplyHandler } from "../ipmi/IpmiClient.ts"
import type { IpmiError } from "../ipmi/IpmiError.ts"
import { asIpmi, fromIpmi } from "./BmcErrors.ts"
import type { Outcome } from "./Health.ts"
import type { Priority, Ticket, Turns } from "./Turns.ts"

const nothing = () => {}

export const gatedSession = (session: IpmiSession, turns: Turns, priority: Priority): IpmiSession => {
  const start = <A>(command: IpmiCommand<A>, handler: ReplyHandler<A>): (() => void) => {
    let withdraw = nothing
    const ticket: Ticket = {
      priority,
      state: "new",
      onTurn: () => {
        withdraw = session.start(command, {
          onReply: (value) => {
            turns.finish(ticket, "answered")
            handler.onReply(value)
          },
          onError: (error) => {
            turns.finish(ticket, outcomeOf(error))
            handler.onError(error)
          }
        })
      },
      onRefused: (error) => handler.onError(asIpmi(error))
    }
    turns.enqueue(ticket)
    return () => {
      withdraw()
      turns.finish(ticket, "unknown")
    }
  }
  return borrowedSession(session, start)
}

/** A refused command, or an answer that makes no sense, is a sign of life all the same: procedures expect both. */
const outcomeOf = (error: IpmiError): Outcome =>
  error.reason._tag === "CommandRejected" || error.reason._tag === "ProtocolViolation" ? "answered" : fromIpmi(error)
