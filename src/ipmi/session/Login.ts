/**
 * The console's side of opening an RMCP+ session (IPMI 2.0 §13.15, §13.17–§13.23), as a pure state machine: what to send, and
 * what an answer means. Session id, random number and tag are passed in; nothing here waits or repeats.
 *
 *   opening ──Open Session Response──▶ rakp2 ──RAKP 2──▶ rakp4 ──RAKP 4──▶ opened
 *      └───────── any refusal, or an authentication code that does not verify ─────▶ refused
 *
 * What is not the awaited message of this login (another's tag or id, a late one, a mutilated one) is ignored: it may be
 * anybody's. A message that fits and refuses is believed, though it can't be authenticated: nothing of a login can be before its end.
 */
import { type Decoded, malformed } from "../wire/Decoded.ts"
import { decodeOpenSessionResponse, encodeOpenSessionRequest, isAccepted } from "../wire/OpenSession.ts"
import {
  decodeRakp2,
  decodeRakp4,
  encodeRakp1,
  encodeRakp3,
  statusCodes,
  statusMeaning,
  type Rakp2,
  type Rakp4
} from "../wire/Rakp.ts"
import { encodeUnauthenticated, payloadTypes } from "../wire/RmcpPlusPacket.ts"
import type { Suite } from "./CipherSuite.ts"
import {
  constantTimeEqual,
  type Exchange,
  rakp2AuthCode,
  rakp3AuthCode,
  rakp4AuthCode,
  sessionKeys,
  type SessionKeys
} from "./Keys.ts"

export interface LoginInput {
  readonly suite: Suite
  /** Ours: random, not 0, of no other session. */
  readonly consoleSessionId: number
  readonly consoleRandom: Uint8Array
  /** Message tag of the first message; the others count on. */
  readonly tag: number
  /** Privilege level number (IPMI 2.0 §6.8). */
  readonly privilege: number
  readonly username: Uint8Array
  readonly password: Uint8Array
  readonly kg: Uint8Array | undefined
}

export type LoginState =
  | { readonly awaits: "open session response" }
  | { readonly awaits: "rakp2"; readonly bmcSessionId: number }
  | { readonly awaits: "rakp4"; readonly exchange: Exchange; readonly keys: SessionKeys }

/** What a refusal is about: the proposed suite, the BMC's room, the credential, or only this try. */
export type Refusal = "suite" | "resources" | "credential" | "try again"

export type LoginStep =
  | { readonly kind: "ignored"; readonly detail: string }
  | { readonly kind: "send"; readonly state: LoginState; readonly datagram: Uint8Array }
  | { readonly kind: "opened"; readonly exchange: Exchange; readonly keys: SessionKeys }
  | {
      readonly kind: "refused"
      readonly refusal: Refusal
      readonly detail: string
      /** Tells the BMC that this login is over, so that it frees the slot. */
      readonly farewell?: Uint8Array
    }

/** Bit 4 of the role: look the user up by name only, not by name and privilege (IPMI 2.0 §13.20). */
const nameOnlyLookup = 0x10

const role = (input: LoginInput): number => nameOnlyLookup | input.privilege

export const beginLogin = (input: LoginInput): Extract<LoginStep, { kind: "send" }> => ({
  kind: "send",
  state: { awaits: "open session response" },
  datagram: encodeUnauthenticated(
    payloadTypes.openSessionRequest,
    encodeOpenSessionRequest({
      tag: input.tag,
      maxPrivilege: input.privilege,
      consoleSessionId: input.consoleSessionId,
      algorithms: input.suite.algorithms
    })
  )
})

/** One arrived payload of a packet outside of any session. */
export const continueLogin = (
  input: LoginInput,
  state: LoginState,
  payloadType: number,
  payload: Uint8Array
): LoginStep => {
  switch (state.awaits) {
    case "open session response":
      return payloadType === payloadTypes.openSessionResponse ? onOpenSessionResponse(input, payload) : unexpected
    case "rakp2":
      return payloadType === payloadTypes.rakp2
        ? onRakp2(input, state.bmcSessionId, mine(input, 1, decodeRakp2(payload)))
        : unexpected
    case "rakp4":
      return payloadType === payloadTypes.rakp4
        ? onRakp4(state.exchange, state.keys, mine(input, 2, decodeRakp4(payload)))
        : unexpected
  }
}

const ignored = (detail: string): LoginStep => ({ kind: "ignored", detail })
const unexpected = ignored("not the awaited message")

/** The answer to our message number `index`, or why it isn't. A short refusal has no session id: then the tag decides. */
const mine = <A extends { readonly tag: number; readonly consoleSessionId: number | undefined }>(
  input: LoginInput,
  index: number,
  message: Decoded<A>
): Decoded<A> => {
  if (!message.ok) return message
  const { consoleSessionId, tag } = message.value
  if (consoleSessionId !== undefined && consoleSessionId !== input.consoleSessionId) {
    return malformed("another session's id")
  }
  return tag === ((input.tag + index) & 0xff) ? message : malformed("another message's tag")
}

const onOpenSessionResponse = (input: LoginInput, payload: Uint8Array): LoginStep => {
  const message = mine(input, 0, decodeOpenSessionResponse(payload))
  if (!message.ok) return ignored(message.detail)
  const response = message.value
  if (!isAccepted(response)) return refused("Open Session", response.status)
  const { authentication, confidentiality, integrity } = response.algorithms
  const proposed = input.suite.algorithms
  if (
    authentication !== proposed.authentication ||
    integrity !== proposed.integrity ||
    confidentiality !== proposed.confidentiality
  ) {
    const detail = `Open Session: other algorithms than proposed (${authentication}, ${integrity}, ${confidentiality})`
    return { kind: "refused", refusal: "suite", detail }
  }
  if (response.bmcSessionId === 0) return ignored("Open Session Response with session id 0")
  const { consoleRandom, username } = input
  return {
    kind: "send",
    state: { awaits: "rakp2", bmcSessionId: response.bmcSessionId },
    datagram: encodeUnauthenticated(
      payloadTypes.rakp1,
      encodeRakp1({
        tag: (input.tag + 1) & 0xff,
        bmcSessionId: response.bmcSessionId,
        consoleRandom,
        role: role(input),
        username
      })
    )
  }
}

const onRakp2 = (input: LoginInput, bmcSessionId: number, message: Decoded<Rakp2>): LoginStep => {
  if (!message.ok) return ignored(message.detail)
  const { authCode, bmcGuid, bmcRandom, status } = message.value
  if (status !== statusCodes.ok) return refused("RAKP 2", status)
  // A cut-off message must not pass for a wrong password.
  if (authCode.length !== input.suite.rakpAuthCodeLength) return ignored(`RAKP 2 code of ${authCode.length} bytes`)
  const { consoleRandom, consoleSessionId, kg, password, suite, username } = input
  const exchange: Exchange = {
    suite,
    consoleSessionId,
    bmcSessionId,
    consoleRandom,
    bmcRandom,
    bmcGuid,
    role: role(input),
    username
  }
  const tag = (input.tag + 2) & 0xff
  if (!constantTimeEqual(authCode, rakp2AuthCode(exchange, password))) {
    return {
      kind: "refused",
      refusal: "credential",
      detail: "wrong password, or not the BMC it should be (its authentication code in RAKP 2 does not verify)",
      farewell: encodeUnauthenticated(
        payloadTypes.rakp3,
        encodeRakp3({
          tag,
          status: statusCodes.invalidIntegrityCheckValue,
          bmcSessionId,
          authCode: new Uint8Array(0)
        })
      )
    }
  }
  return {
    kind: "send",
    state: { awaits: "rakp4", exchange, keys: sessionKeys(exchange, password, kg) },
    datagram: encodeUnauthenticated(
      payloadTypes.rakp3,
      encodeRakp3({ tag, status: statusCodes.ok, bmcSessionId, authCode: rakp3AuthCode(exchange, password) })
    )
  }
}

const onRakp4 = (exchange: Exchange, keys: SessionKeys, message: Decoded<Rakp4>): LoginStep => {
  if (!message.ok) return ignored(message.detail)
  const { authCode, status } = message.value
  if (status !== statusCodes.ok) return refused("RAKP 4", status)
  if (authCode.length !== exchange.suite.authCodeLength) return ignored(`RAKP 4 code of ${authCode.length} bytes`)
  if (!constantTimeEqual(authCode, rakp4AuthCode(exchange, keys))) {
    const detail = "wrong or missing K_G (the BMC's integrity check value in RAKP 4 does not verify)"
    return { kind: "refused", refusal: "credential", detail }
  }
  return { kind: "opened", exchange, keys }
}

/** Refusals that are about the suite; some BMCs say "illegal parameter" for a suite they don't know. */
const suiteRefusals: ReadonlySet<number> = new Set([
  statusCodes.invalidAuthenticationAlgorithm,
  statusCodes.invalidIntegrityAlgorithm,
  statusCodes.noMatchingAuthenticationPayload,
  statusCodes.noMatchingIntegrityPayload,
  statusCodes.invalidConfidentialityAlgorithm,
  statusCodes.noMatchingCipherSuite,
  statusCodes.illegalParameter
])

const credentialRefusals: ReadonlySet<number> = new Set([
  statusCodes.invalidRole,
  statusCodes.unauthorizedRole,
  statusCodes.invalidNameLength,
  statusCodes.unauthorizedName,
  statusCodes.unauthorizedGuid,
  statusCodes.invalidIntegrityCheckValue
])

const refusalOf = (status: number): Refusal => {
  if (suiteRefusals.has(status)) return "suite"
  if (credentialRefusals.has(status)) return "credential"
  return status === statusCodes.insufficientResources || status === statusCodes.insufficientResourcesForRole
    ? "resources"
    : "try again"
}

const refused = (message: string, status: number): LoginStep => ({
  kind: "refused",
  refusal: refusalOf(status),
  detail: `${message}: ${statusMeaning(status)}`
})
