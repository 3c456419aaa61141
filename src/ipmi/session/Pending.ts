/** A request on its way through a session: what is kept of it, and what its answer comes to. */
import { completionMeaning } from "../commands/CompletionCode.ts"
import type { IpmiCommand, ReplyHandler } from "../IpmiClient.ts"
import { CommandRejected, IpmiError, ProtocolViolation } from "../IpmiError.ts"
import type { Decoded } from "../wire/Decoded.ts"
import type { IpmiResponse } from "../wire/IpmiMessage.ts"

export interface Pending {
  readonly command: IpmiCommand<unknown>
  /** Undefined once withdrawn. */
  handler: ReplyHandler<unknown> | undefined
  readonly beganAt: number
  /** Tries on the present session, the sequence number of the first of them, and when the last one was sent. */
  tries: number
  firstSeq: number
  sentAt: number
  /** All tries, those on an earlier session included. */
  attempts: number
  /** A fresh login was already spent on it, or isn't worth it. */
  relogged: boolean
}

export const makePending = <A>(command: IpmiCommand<A>, handler: ReplyHandler<A>, now: number): Pending => ({
  command,
  // The compiler can't see that `conclude` hands the handler nothing but what its own command decoded.
  handler: handler as ReplyHandler<unknown>,
  beganAt: now,
  tries: 0,
  firstSeq: 0,
  sentAt: now,
  attempts: 0,
  relogged: false
})

/** Whether it answers one of the tries of this request, and not an earlier request. */
export const answers = (response: IpmiResponse, { command, firstSeq, tries }: Pending): boolean =>
  response.netFn === command.netFn &&
  response.command === command.command &&
  ((response.rqSeq - firstSeq) & 0x3f) < tries

/** The response that ends this request; undefined for what does not, or isn't one. */
export const answerTo = (response: Decoded<IpmiResponse>, pending: Pending | undefined): IpmiResponse | undefined => {
  if (!response.ok || pending === undefined) return undefined
  const own = answers(response.value, pending)
  const { answerFrom } = pending.command
  return answerFrom === undefined ? (own ? response.value : undefined) : answerFrom(response.value, own)
}

/** Tells the handler what the answer says. */
export const conclude = ({ command, handler }: Pending, { completionCode, data }: IpmiResponse): void => {
  if (handler === undefined) return
  if (completionCode !== 0) {
    const meaning = command.meanings?.get(completionCode) ?? completionMeaning(completionCode)
    const reason = new CommandRejected({ operation: command.name, completionCode, meaning })
    return handler.onError(new IpmiError({ reason }))
  }
  const result = command.decode(data)
  if (result.ok) return handler.onReply(result.value)
  handler.onError(
    new IpmiError({ reason: new ProtocolViolation({ detail: `answer to ${command.name}: ${result.detail}` }) })
  )
}
