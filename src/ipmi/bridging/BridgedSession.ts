/**
 * A session to a controller behind a BMC: the same contract as a session to the BMC itself, so that any command, and any walk
 * over many of them, can be bridged. Borrows the BMC's session: closing that is its owner's.
 *
 * A refusal on the way is a `CommandRejected` of Send Message, one by the controller a `CommandRejected` of the command.
 */
import { borrowedSession } from "../BorrowedSession.ts"
import { completionMeaning } from "../commands/CompletionCode.ts"
import { sendMessage, sendMessageMeanings } from "../commands/SendMessage.ts"
import type { IpmiCommand, IpmiSession, IpmiTarget, ReplyHandler } from "../IpmiClient.ts"
import { CommandRejected, IpmiError, type IpmiReason, ProtocolViolation } from "../IpmiError.ts"
import { type Bridged, disclose, enclose, passedOn, type Route } from "./Route.ts"

/** The Send Message that carries `command`; as repeatable as that is. */
export const makeBridgedCommand = <A>(route: Route, command: IpmiCommand<A>, rqSeq: number): IpmiCommand<Bridged> => ({
  name: `${command.name} to ${describeRoute(route)}`,
  ...sendMessage,
  // Encoded when it is sent, as the command may have it: a password is unsealed no sooner.
  get data() {
    return enclose(route, { ...numbersOf(command), data: command.data }, rqSeq)
  },
  decode: (data) => disclose(route, { ...numbersOf(command), data: nothing }, data),
  meanings: sendMessageMeanings,
  answerFrom: passedOn(route, command, rqSeq),
  idempotent: command.idempotent
})

export const bridge = (session: IpmiSession, route: Route): IpmiSession => {
  const start = <A>(command: IpmiCommand<A>, handler: ReplyHandler<A>): (() => void) =>
    session.start(makeBridgedCommand(route, command, nextSeq(session)), {
      onError: (error) => handler.onError(error),
      onReply: (bridged) => conclude(route, command, bridged, handler)
    })
  return borrowedSession(session, start)
}

/**
 * Of wrapped messages, 6 bits: by it a late answer to an earlier request is told apart. One count for all that is bridged
 * over a session (by its target, which a session that stands before it has too), since each sensor may be read over a
 * bridge of its own.
 */
const nextSeq = (session: IpmiSession): number => {
  const next = ((lastSeqs.get(session.target) ?? 0) + 1) & 0x3f
  lastSeqs.set(session.target, next)
  return next
}

const lastSeqs = new WeakMap<IpmiTarget, number>()

const conclude = <A>(route: Route, command: IpmiCommand<A>, bridged: Bridged, handler: ReplyHandler<A>): void => {
  const operation = `${command.name} to ${describeRoute(route)}`
  const fail = (reason: IpmiReason) => handler.onError(new IpmiError({ reason }))
  const rejected = (completionCode: number, meaning: string) =>
    fail(new CommandRejected({ operation, completionCode, meaning }))
  switch (bridged._tag) {
    case "AnsweredApart":
      return fail(new ProtocolViolation({ detail: `the answer to ${operation} was not handed back on the way` }))
    case "RefusedByTransit":
      return rejected(bridged.completionCode, meaningOf(bridged.completionCode, sendMessageMeanings))
    case "Answered": {
      const { completionCode, data } = bridged.answer
      if (completionCode !== 0) return rejected(completionCode, meaningOf(completionCode, command.meanings))
      const result = command.decode(data)
      return result.ok
        ? handler.onReply(result.value)
        : fail(new ProtocolViolation({ detail: `answer to ${operation}: ${result.detail}` }))
    }
  }
}

const meaningOf = (code: number, meanings: ReadonlyMap<number, string> | undefined): string =>
  meanings?.get(code) ?? completionMeaning(code)

const numbersOf = ({ command, lun, netFn }: IpmiCommand<unknown>) => ({ netFn, lun: lun ?? 0, command })

const hex = (number: number): string => `0x${number.toString(16).padStart(2, "0")}`

/** `0x82 on channel 0`, `0xc4 on channel 7 behind 0x82 on channel 0`. */
export const describeRoute = ({ target, transit }: Route): string =>
  `${hex(target.address)} on channel ${target.channel}` +
  (transit === undefined ? "" : ` behind ${hex(transit.address)} on channel ${transit.channel}`)

const nothing = new Uint8Array(0)
