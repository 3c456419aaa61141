/**
 * The RMCP+ (IPMI 2.0) packet (IPMI 2.0 §13.6, table 13-8; §13.28.4 for the integrity trailer): header, payload and, when
 * authenticated, a trailer of padding, pad length, next header and authentication code.
 *
 * Bytes only: signing, verifying and decrypting are `session/SecureChannel`'s, so that nothing here can be mistaken for
 * verified.
 */
import { putU16, putU32, u8, u16, u32 } from "./bytes.ts"
import { type Decoded, decoded, malformed, truncated } from "./Decoded.ts"
import { decodeRmcpClass, isRmcpPlus, putRmcpHeader, rmcpHeaderLength } from "./Rmcp.ts"

/** Payload types (IPMI 2.0 §13.27.3, table 13-16). */
export const payloadTypes = {
  ipmi: 0x00,
  openSessionRequest: 0x10,
  openSessionResponse: 0x11,
  rakp1: 0x12,
  rakp2: 0x13,
  rakp3: 0x14,
  rakp4: 0x15
} as const

export interface RmcpPlusHeader {
  /** 6 bits; see `payloadTypes`. */
  readonly payloadType: number
  readonly encrypted: boolean
  readonly authenticated: boolean
  /** The id that the receiver chose; 0 before there is a session. */
  readonly sessionId: number
  /** 0 before there is a session. */
  readonly sequence: number
  readonly payloadLength: number
}

/** Where the payload begins. */
export const payloadOffset = rmcpHeaderLength + 12
const authTypeRmcpPlus = 0x06
const oemExplicit = 0x02
const nextHeader = 0x07
/** Pad length and next header, between the integrity pad and the authentication code. */
const trailerFields = 2

export const putRmcpPlusHeader = (bytes: Uint8Array, header: RmcpPlusHeader): void => {
  putRmcpHeader(bytes, "ipmi")
  bytes[4] = authTypeRmcpPlus
  bytes[5] = (header.encrypted ? 0x80 : 0) | (header.authenticated ? 0x40 : 0) | (header.payloadType & 0x3f)
  putU32(bytes, 6, header.sessionId)
  putU32(bytes, 10, header.sequence)
  putU16(bytes, 14, header.payloadLength)
}

/** Bytes 0xFF so that what is signed, authentication type to next header, is a multiple of 4 (IPMI 2.0 §13.28.4). */
export const integrityPadLength = (payloadLength: number): number =>
  -(payloadOffset - rmcpHeaderLength + payloadLength + trailerFields) & 3

/** The length of a whole authenticated packet. */
export const authenticatedLength = (payloadLength: number, authCodeLength: number): number =>
  payloadOffset + payloadLength + integrityPadLength(payloadLength) + trailerFields + authCodeLength

/** Writes padding, pad length and next header after the payload; returns where the authentication code goes. */
export const putIntegrityTrailer = (bytes: Uint8Array, payloadLength: number): number => {
  const pad = integrityPadLength(payloadLength)
  let at = payloadOffset + payloadLength
  for (let n = 0; n < pad; n++) bytes[at++] = 0xff
  bytes[at++] = pad
  bytes[at++] = nextHeader
  return at
}

/** Encodes a whole datagram without integrity: the packets that open a session. */
export const encodeUnauthenticated = (payloadType: number, payload: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(payloadOffset + payload.length)
  const payloadLength = payload.length
  putRmcpPlusHeader(bytes, {
    payloadType,
    encrypted: false,
    authenticated: false,
    sessionId: 0,
    sequence: 0,
    payloadLength
  })
  bytes.set(payload, payloadOffset)
  return bytes
}

/** The header of a datagram; its payload is `payloadLength` bytes at `payloadOffset`, all of them there. */
export const decodeRmcpPlusHeader = (bytes: Uint8Array): Decoded<RmcpPlusHeader> => {
  if (bytes.length < payloadOffset) return truncated("RMCP+ header", payloadOffset, bytes.length)
  const rmcpClass = decodeRmcpClass(bytes)
  if (!rmcpClass.ok) return rmcpClass
  if (rmcpClass.value !== "ipmi" || !isRmcpPlus(bytes)) return malformed("not an RMCP+ packet")
  const payloadType = u8(bytes, 5) & 0x3f
  if (payloadType === oemExplicit) return malformed("OEM payload type")
  const payloadLength = u16(bytes, 14)
  if (bytes.length < payloadOffset + payloadLength) {
    return truncated("RMCP+ packet", payloadOffset + payloadLength, bytes.length)
  }
  return decoded({
    payloadType,
    encrypted: (u8(bytes, 5) & 0x80) !== 0,
    authenticated: (u8(bytes, 5) & 0x40) !== 0,
    sessionId: u32(bytes, 6),
    sequence: u32(bytes, 10),
    payloadLength
  })
}

/** Whether the trailer of an authenticated packet is laid out as it must be; undefined if it is, else what is wrong. */
export const checkIntegrityTrailer = (
  bytes: Uint8Array,
  payloadLength: number,
  authCodeLength: number
): string | undefined => {
  const trailer = bytes.length - payloadOffset - payloadLength - authCodeLength - trailerFields
  if (trailer < 0) return "no room for the integrity trailer"
  const padLengthAt = bytes.length - authCodeLength - trailerFields
  if (bytes[padLengthAt] !== trailer) return `integrity pad length ${bytes[padLengthAt]}, but ${trailer} bytes of it`
  if (bytes[padLengthAt + 1] !== nextHeader) return `next header ${bytes[padLengthAt + 1]}`
  return undefined
}
