/**
 * An IPMI message outside of any session: the IPMI 1.5 wrapper with authentication type none and all-zero session
 * sequence number and id (IPMI 2.0 §13.6). For Get Channel Authentication Capabilities and the like; nothing that
 * comes this way is to be believed.
 */
import { u8, u32 } from "./bytes.ts"
import { type Decoded, decoded, malformed, truncated } from "./Decoded.ts"
import { decodeRmcpClass, putRmcpHeader, rmcpHeaderLength } from "./Rmcp.ts"

const headerLength = rmcpHeaderLength + 10
/** The length field is one byte. */
const longestMessage = 255

/** Encodes a whole datagram around an IPMI message of at most 255 bytes; what is longer is cut off. */
export const encodeSessionless = (message: Uint8Array): Uint8Array => {
  const length = Math.min(message.length, longestMessage)
  const bytes = new Uint8Array(headerLength + length)
  putRmcpHeader(bytes, "ipmi")
  bytes[headerLength - 1] = length
  bytes.set(message.subarray(0, length), headerLength)
  return bytes
}

/** The IPMI message in a datagram. Trailing bytes are let pass: senders pad some lengths (IPMI 2.0 §13.6, legacy PAD). */
export const decodeSessionless = (bytes: Uint8Array): Decoded<Uint8Array> => {
  if (bytes.length < headerLength) return truncated("sessionless packet", headerLength, bytes.length)
  const rmcpClass = decodeRmcpClass(bytes)
  if (!rmcpClass.ok) return rmcpClass
  if (rmcpClass.value !== "ipmi") return malformed("not of RMCP class IPMI")
  if (bytes[rmcpHeaderLength] !== 0)
    return malformed(`authentication type ${bytes[rmcpHeaderLength]} outside of a session`)
  if (u32(bytes, 5) !== 0 || u32(bytes, 9) !== 0) return malformed("session id or sequence in a sessionless packet")
  const length = u8(bytes, headerLength - 1)
  if (bytes.length < headerLength + length) return truncated("sessionless packet", headerLength + length, bytes.length)
  return decoded(bytes.subarray(headerLength, headerLength + length))
}
