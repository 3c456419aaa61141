/**
 * ASF presence ping and pong (ASF 2.0 §3.2.4.2, §3.2.4.3; IPMI 2.0 §13.13): the cheapest sign of life, no session.
 */
import { putU32, u8 } from "./bytes.ts"
import { type Decoded, decoded, malformed, truncated } from "./Decoded.ts"
import { decodeRmcpClass, putRmcpHeader, rmcpHeaderLength } from "./Rmcp.ts"

/** The tag ties a pong to its ping; 0xFF is a ping that wants no particular answer, and isn't used. */
export type AsfMessage =
  | { readonly type: "ping"; readonly tag: number }
  | { readonly type: "pong"; readonly tag: number; readonly supportsIpmi: boolean }

/** ASF's own IANA enterprise number, 4542, most significant byte first, unlike everything of IPMI. */
const asfEnterprise = [0x00, 0x00, 0x11, 0xbe] as const
const types = { ping: 0x80, pong: 0x40 } as const
const headerLength = rmcpHeaderLength + 8
const pongDataLength = 16
/** Supported entities: bit 7 IPMI, bits 3:0 version 1 of ASF. */
const supportedEntities = { at: headerLength + 8, ipmi: 0x80, asfVersion: 0x01 } as const

export const encodeAsf = (message: AsfMessage): Uint8Array => {
  const dataLength = message.type === "pong" ? pongDataLength : 0
  const bytes = new Uint8Array(headerLength + dataLength)
  putRmcpHeader(bytes, "asf")
  bytes.set(asfEnterprise, rmcpHeaderLength)
  bytes[8] = types[message.type]
  bytes[9] = message.tag
  bytes[11] = dataLength
  if (message.type === "pong") {
    bytes.set(asfEnterprise, headerLength)
    putU32(bytes, headerLength + 4, 0)
    bytes[supportedEntities.at] = supportedEntities.asfVersion | (message.supportsIpmi ? supportedEntities.ipmi : 0)
  }
  return bytes
}

/** Decodes a whole datagram, RMCP header and all. */
export const decodeAsf = (bytes: Uint8Array): Decoded<AsfMessage> => {
  if (bytes.length < headerLength) return truncated("ASF message", headerLength, bytes.length)
  const rmcpClass = decodeRmcpClass(bytes)
  if (!rmcpClass.ok) return rmcpClass
  if (rmcpClass.value !== "asf") return malformed("not of RMCP class ASF")
  if (asfEnterprise.some((byte, index) => bytes[rmcpHeaderLength + index] !== byte)) {
    return malformed("not an ASF enterprise number")
  }
  const tag = u8(bytes, 9)
  if (bytes[8] === types.ping) return decoded({ type: "ping", tag })
  if (bytes[8] !== types.pong) return malformed(`ASF message type ${bytes[8]}`)
  if (bytes.length < headerLength + pongDataLength) {
    return truncated("presence pong", headerLength + pongDataLength, bytes.length)
  }
  return decoded({ type: "pong", tag, supportsIpmi: (u8(bytes, supportedEntities.at) & supportedEntities.ipmi) !== 0 })
}
