/**
 * RAKP messages 1 to 4 (IPMI 2.0 §13.20–§13.23) and the status codes of RMCP+ (§13.24). The layouts only: what the
 * authentication codes are made of is in `session/Keys`.
 */
import { putU32, u8, u32 } from "./bytes.ts"
import { type Decoded, decoded, malformed, truncated } from "./Decoded.ts"

export interface Rakp1 {
  readonly tag: number
  readonly bmcSessionId: number
  readonly consoleRandom: Uint8Array
  /** Requested privilege level in bits 3:0, bit 4 name-only lookup; part of what is authenticated. */
  readonly role: number
  /** At most 16 bytes. */
  readonly username: Uint8Array
}

export interface Rakp2 {
  readonly tag: number
  readonly status: number
  readonly consoleSessionId: number
  /** The rest is empty when `status` isn't 0. */
  readonly bmcRandom: Uint8Array
  readonly bmcGuid: Uint8Array
  readonly authCode: Uint8Array
}

/** A console that refuses RAKP 2 says so by `status`, with an empty `authCode`. */
export interface Rakp3 {
  readonly tag: number
  readonly status: number
  readonly bmcSessionId: number
  readonly authCode: Uint8Array
}

export interface Rakp4 {
  readonly tag: number
  readonly status: number
  readonly consoleSessionId: number
  /** Integrity check value, shorter than the authentication code of 2 and 3; empty when `status` isn't 0. */
  readonly authCode: Uint8Array
}

/** Status codes of Open Session Response and RAKP messages (IPMI 2.0 §13.24, table 13-15). */
export const statusCodes = {
  ok: 0x00,
  insufficientResources: 0x01,
  invalidSessionId: 0x02,
  invalidPayloadType: 0x03,
  invalidAuthenticationAlgorithm: 0x04,
  invalidIntegrityAlgorithm: 0x05,
  noMatchingAuthenticationPayload: 0x06,
  noMatchingIntegrityPayload: 0x07,
  inactiveSessionId: 0x08,
  invalidRole: 0x09,
  unauthorizedRole: 0x0a,
  insufficientResourcesForRole: 0x0b,
  invalidNameLength: 0x0c,
  unauthorizedName: 0x0d,
  unauthorizedGuid: 0x0e,
  invalidIntegrityCheckValue: 0x0f,
  invalidConfidentialityAlgorithm: 0x10,
  noMatchingCipherSuite: 0x11,
  illegalParameter: 0x12
} as const

const meanings: ReadonlyMap<number, string> = new Map([
  [statusCodes.ok, "no errors"],
  [statusCodes.insufficientResources, "insufficient resources to create a session"],
  [statusCodes.invalidSessionId, "invalid session id"],
  [statusCodes.invalidPayloadType, "invalid payload type"],
  [statusCodes.invalidAuthenticationAlgorithm, "invalid authentication algorithm"],
  [statusCodes.invalidIntegrityAlgorithm, "invalid integrity algorithm"],
  [statusCodes.noMatchingAuthenticationPayload, "no matching authentication payload"],
  [statusCodes.noMatchingIntegrityPayload, "no matching integrity payload"],
  [statusCodes.inactiveSessionId, "inactive session id"],
  [statusCodes.invalidRole, "invalid role"],
  [statusCodes.unauthorizedRole, "unauthorized role or privilege level"],
  [statusCodes.insufficientResourcesForRole, "insufficient resources to create a session at this role"],
  [statusCodes.invalidNameLength, "invalid name length"],
  [statusCodes.unauthorizedName, "unauthorized name"],
  [statusCodes.unauthorizedGuid, "unauthorized GUID"],
  [statusCodes.invalidIntegrityCheckValue, "invalid integrity check value"],
  [statusCodes.invalidConfidentialityAlgorithm, "invalid confidentiality algorithm"],
  [statusCodes.noMatchingCipherSuite, "no cipher suite match with the proposed algorithms"],
  [statusCodes.illegalParameter, "illegal or unrecognized parameter"]
])

export const statusMeaning = (status: number): string => meanings.get(status) ?? `status 0x${status.toString(16)}`

/** Bytes of the console's and the BMC's random number, and of the GUID. */
export const randomLength = 16
export const guidLength = 16
export const longestUsername = 16
/** SHA-256 is the longest hash of any suite we know. */
const longestAuthCode = 32
const rakp1Length = 28
const errorLength = 8
const rakp2Length = errorLength + randomLength + guidLength
const empty = new Uint8Array(0)

export const encodeRakp1 = (message: Rakp1): Uint8Array => {
  const bytes = new Uint8Array(rakp1Length + message.username.length)
  bytes[0] = message.tag
  putU32(bytes, 4, message.bmcSessionId)
  bytes.set(message.consoleRandom, 8)
  bytes[24] = message.role
  bytes[27] = message.username.length
  bytes.set(message.username, rakp1Length)
  return bytes
}

export const decodeRakp1 = (bytes: Uint8Array): Decoded<Rakp1> => {
  if (bytes.length < rakp1Length) return truncated("RAKP message 1", rakp1Length, bytes.length)
  const nameLength = u8(bytes, 27)
  if (nameLength > longestUsername) return malformed(`user name of ${nameLength} bytes`)
  if (bytes.length < rakp1Length + nameLength) {
    return truncated("RAKP message 1", rakp1Length + nameLength, bytes.length)
  }
  return decoded({
    tag: u8(bytes, 0),
    bmcSessionId: u32(bytes, 4),
    consoleRandom: bytes.slice(8, 8 + randomLength),
    role: u8(bytes, 24),
    username: bytes.slice(rakp1Length, rakp1Length + nameLength)
  })
}

/** Messages 2, 3 and 4 begin alike: tag, status, two reserved bytes, the receiver's session id. */
const putHead = (bytes: Uint8Array, tag: number, status: number, sessionId: number): void => {
  bytes[0] = tag
  bytes[1] = status
  putU32(bytes, 4, sessionId)
}

export const encodeRakp2 = (message: Rakp2): Uint8Array => {
  const failed = message.status !== statusCodes.ok
  const bytes = new Uint8Array(failed ? errorLength : rakp2Length + message.authCode.length)
  putHead(bytes, message.tag, message.status, message.consoleSessionId)
  if (!failed) {
    bytes.set(message.bmcRandom, 8)
    bytes.set(message.bmcGuid, 8 + randomLength)
    bytes.set(message.authCode, rakp2Length)
  }
  return bytes
}

export const decodeRakp2 = (bytes: Uint8Array): Decoded<Rakp2> => {
  if (bytes.length < errorLength) return truncated("RAKP message 2", errorLength, bytes.length)
  const head = { tag: u8(bytes, 0), status: u8(bytes, 1), consoleSessionId: u32(bytes, 4) }
  if (head.status !== statusCodes.ok) return decoded({ ...head, bmcRandom: empty, bmcGuid: empty, authCode: empty })
  if (bytes.length < rakp2Length) return truncated("RAKP message 2", rakp2Length, bytes.length)
  if (bytes.length > rakp2Length + longestAuthCode) return malformed("RAKP message 2 is too long")
  return decoded({
    ...head,
    bmcRandom: bytes.slice(8, 8 + randomLength),
    bmcGuid: bytes.slice(8 + randomLength, rakp2Length),
    authCode: bytes.slice(rakp2Length)
  })
}

export const encodeRakp3 = (message: Rakp3): Uint8Array => {
  const bytes = new Uint8Array(errorLength + message.authCode.length)
  putHead(bytes, message.tag, message.status, message.bmcSessionId)
  bytes.set(message.authCode, errorLength)
  return bytes
}

export const decodeRakp3 = (bytes: Uint8Array): Decoded<Rakp3> => {
  if (bytes.length < errorLength) return truncated("RAKP message 3", errorLength, bytes.length)
  if (bytes.length > errorLength + longestAuthCode) return malformed("RAKP message 3 is too long")
  return decoded({
    tag: u8(bytes, 0),
    status: u8(bytes, 1),
    bmcSessionId: u32(bytes, 4),
    authCode: bytes.slice(errorLength)
  })
}

export const encodeRakp4 = (message: Rakp4): Uint8Array => {
  const bytes = new Uint8Array(errorLength + message.authCode.length)
  putHead(bytes, message.tag, message.status, message.consoleSessionId)
  bytes.set(message.authCode, errorLength)
  return bytes
}

export const decodeRakp4 = (bytes: Uint8Array): Decoded<Rakp4> => {
  if (bytes.length < errorLength) return truncated("RAKP message 4", errorLength, bytes.length)
  if (bytes.length > errorLength + longestAuthCode) return malformed("RAKP message 4 is too long")
  return decoded({
    tag: u8(bytes, 0),
    status: u8(bytes, 1),
    consoleSessionId: u32(bytes, 4),
    authCode: bytes.slice(errorLength)
  })
}
