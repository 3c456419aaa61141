/**
 * The way to a controller behind the BMC, and messages wrapped for it (IPMI 2.0 §6.13): one Send Message for a controller on
 * a bus of the BMC's, one within another for a controller behind that. Pure; `BridgedSession.ts` sends.
 *
 * The wrapped request comes from the BMC (0x20), so that the controller's answer finds back to it. Its sequence number is
 * the caller's: the BMC keeps its own on the bus.
 */
import { encodeSendMessage, sendMessage } from "../commands/SendMessage.ts"
import { type Decoded, malformed } from "../wire/Decoded.ts"
import {
  bmcAddress,
  decodeIpmiResponse,
  encodeIpmiRequest,
  encodeIpmiResponse,
  type IpmiResponse
} from "../wire/IpmiMessage.ts"

/** A controller on a channel: 0 is the IPMB (IPMI 2.0 §6.3). `address` is 8 bits, even (0x82, not 0x41). */
export interface Hop {
  readonly channel: number
  readonly address: number
}

/** ipmitool's -b and -t are the target's channel and address, -B and -T the transit's. */
export interface Route {
  readonly target: Hop
  /** The controller on the way, where the target isn't on a bus of the BMC's own. */
  readonly transit?: Hop
}

/** What a message is, apart from the way. */
export interface Enclosed {
  readonly netFn: number
  readonly lun: number
  readonly command: number
  readonly data: Uint8Array
}

/** The data of the Send Message that brings `enclosed` to the target. */
export const enclose = ({ target, transit }: Route, enclosed: Enclosed, rqSeq: number): Uint8Array => {
  const last = sendTo(target, enclosed, rqSeq)
  return transit === undefined ? last : sendTo(transit, { ...sendMessage, lun: 0, data: last }, rqSeq)
}

const sendTo = ({ address, channel }: Hop, { command, data, lun, netFn }: Enclosed, rqSeq: number): Uint8Array =>
  encodeSendMessage({
    channel,
    track: true,
    message: encodeIpmiRequest({
      rsAddr: address,
      netFn,
      rsLun: lun,
      rqAddr: bmcAddress,
      rqSeq,
      rqLun: 0,
      command,
      data
    })
  })

/** What came of a bridged request: the target's own answer, or a refusal on the way to it. */
export type Bridged =
  | { readonly _tag: "Answered"; readonly answer: IpmiResponse }
  | { readonly _tag: "RefusedByTransit"; readonly completionCode: number }
  /** It was taken on the way, and the target's answer was not handed back with that. */
  | { readonly _tag: "AnsweredApart" }

/** The data of a Send Message's answer that was a success. Checks checksums, and that it answers what was sent. */
export const disclose = (route: Route, enclosed: Enclosed, data: Uint8Array): Decoded<Bridged> => {
  if (route.transit === undefined) return answerIn(enclosed, data)
  const transit = answerIn({ ...sendMessage, lun: 0, data }, data)
  if (!transit.ok || transit.value._tag !== "Answered") return transit
  const { completionCode, data: inner } = transit.value.answer
  return completionCode === 0
    ? answerIn(enclosed, inner)
    : { ok: true, value: { _tag: "RefusedByTransit", completionCode } }
}

/**
 * Of a response that arrives while a bridged request is under way: the BMC's own answer, unless it only says that the message
 * was sent; and the controller's, which the BMC passes on afterwards, as if it had been in the data of its own. Its sequence
 * number is the wrapped message's, or the wrapping one's (Observed: ipmi_sim of OpenIPMI 2.0.33, 2026-11).
 */
export const passedOn = ({ target, transit }: Route, enclosed: Pick<Enclosed, "netFn" | "command">, rqSeq: number) => {
  const { address } = transit ?? target
  const { command, netFn } = transit === undefined ? enclosed : sendMessage
  let wrappingSeq = rqSeq
  return (response: IpmiResponse, own: boolean): IpmiResponse | undefined => {
    if (own && response.rsAddr === bmcAddress) {
      wrappingSeq = response.rqSeq
      return onlySent(response) ? undefined : response
    }
    const isAnswer =
      response.rsAddr === address &&
      response.netFn === netFn &&
      response.command === command &&
      (response.rqSeq === rqSeq || response.rqSeq === wrappingSeq) &&
      !(transit !== undefined && onlySent(response))
    return isAnswer ? { ...response, ...sendMessage, completionCode: 0, data: encodeIpmiResponse(response) } : undefined
  }
}

const onlySent = ({ completionCode, data }: IpmiResponse): boolean => completionCode === 0 && data.length === 0

const answerIn = ({ command, netFn }: Enclosed, data: Uint8Array): Decoded<Bridged> => {
  if (data.length === 0) return { ok: true, value: { _tag: "AnsweredApart" } }
  const answer = decodeIpmiResponse(data)
  if (!answer.ok) return answer
  if (answer.value.netFn !== netFn || answer.value.command !== command) {
    return malformed("a bridged answer to another command")
  }
  return { ok: true, value: { _tag: "Answered", answer: answer.value } }
}
