/**
 * The IPMI message inside every LAN packet (IPMI 2.0 §13.8, figures 13-4 and 13-5): addresses, network function and
 * LUN, sequence number, command, data, and the two checksums.
 *
 * An even network function is a request, the odd one after it the response; only a response has a completion code.
 */
import { u8 } from "./bytes.ts"
import { type Decoded, decoded, malformed, truncated } from "./Decoded.ts"

export interface IpmiRequest {
  /** Responder: 0x20 is the BMC. */
  readonly rsAddr: number
  readonly netFn: number
  readonly rsLun: number
  /** Requester: 0x81 is remote console software 1 (IPMI 2.0 §5.5). */
  readonly rqAddr: number
  /** 6 bits. */
  readonly rqSeq: number
  readonly rqLun: number
  readonly command: number
  readonly data: Uint8Array
}

export interface IpmiResponse extends Omit<IpmiRequest, "netFn"> {
  /** That of the request: the odd number on the wire less one. */
  readonly netFn: number
  readonly completionCode: number
}

export const bmcAddress = 0x20
export const remoteConsoleAddress = 0x81

/** Addresses, checksums, sequence and command of a request; a response has the completion code more. */
const requestOverhead = 7
const responseOverhead = 8

/** Two's complement of the sum: all bytes with their checksum sum to 0 (IPMI 2.0 §13.8). */
export const checksum = (bytes: Uint8Array, from: number, to: number): number => {
  let sum = 0
  for (let at = from; at < to; at++) sum += u8(bytes, at)
  return -sum & 0xff
}

const putFrame = (
  bytes: Uint8Array,
  to: number,
  netFn: number,
  toLun: number,
  from: number,
  seq: number,
  fromLun: number,
  command: number
): void => {
  bytes[0] = to
  bytes[1] = ((netFn & 0x3f) << 2) | (toLun & 0x03)
  bytes[2] = checksum(bytes, 0, 2)
  bytes[3] = from
  bytes[4] = ((seq & 0x3f) << 2) | (fromLun & 0x03)
  bytes[5] = command
}

export const encodeIpmiRequest = (request: IpmiRequest): Uint8Array => {
  const { rsAddr, netFn, rsLun, rqAddr, rqSeq, rqLun, command, data } = request
  const bytes = new Uint8Array(requestOverhead + data.length)
  putFrame(bytes, rsAddr, netFn, rsLun, rqAddr, rqSeq, rqLun, command)
  bytes.set(data, requestOverhead - 1)
  bytes[bytes.length - 1] = checksum(bytes, 3, bytes.length - 1)
  return bytes
}

/** A response goes back to the requester, so that its addresses stand the other way round. */
export const encodeIpmiResponse = (response: IpmiResponse): Uint8Array => {
  const { rsAddr, netFn, rsLun, rqAddr, rqSeq, rqLun, command, completionCode, data } = response
  const bytes = new Uint8Array(responseOverhead + data.length)
  putFrame(bytes, rqAddr, netFn | 1, rqLun, rsAddr, rqSeq, rsLun, command)
  bytes[6] = completionCode
  bytes.set(data, responseOverhead - 1)
  bytes[bytes.length - 1] = checksum(bytes, 3, bytes.length - 1)
  return bytes
}

const checkFrame = (bytes: Uint8Array, overhead: number): string | undefined => {
  if (bytes.length < overhead) return `IPMI message has ${bytes.length} bytes, needs ${overhead}`
  if (bytes[2] !== checksum(bytes, 0, 2)) return "header checksum of IPMI message"
  if (bytes[bytes.length - 1] !== checksum(bytes, 3, bytes.length - 1)) return "data checksum of IPMI message"
  return undefined
}

export const decodeIpmiRequest = (bytes: Uint8Array): Decoded<IpmiRequest> => {
  const wrong = checkFrame(bytes, requestOverhead)
  if (wrong !== undefined) return malformed(wrong)
  const netFn = u8(bytes, 1) >> 2
  if ((netFn & 1) !== 0) return malformed("a response where a request should be")
  return decoded({
    rsAddr: u8(bytes, 0),
    netFn,
    rsLun: u8(bytes, 1) & 0x03,
    rqAddr: u8(bytes, 3),
    rqSeq: u8(bytes, 4) >> 2,
    rqLun: u8(bytes, 4) & 0x03,
    command: u8(bytes, 5),
    data: bytes.subarray(requestOverhead - 1, bytes.length - 1)
  })
}

export const decodeIpmiResponse = (bytes: Uint8Array): Decoded<IpmiResponse> => {
  if (bytes.length < responseOverhead) return truncated("IPMI response", responseOverhead, bytes.length)
  const wrong = checkFrame(bytes, responseOverhead)
  if (wrong !== undefined) return malformed(wrong)
  const netFn = u8(bytes, 1) >> 2
  if ((netFn & 1) === 0) return malformed("a request where a response should be")
  return decoded({
    rqAddr: u8(bytes, 0),
    netFn: netFn & ~1,
    rqLun: u8(bytes, 1) & 0x03,
    rsAddr: u8(bytes, 3),
    rqSeq: u8(bytes, 4) >> 2,
    rsLun: u8(bytes, 4) & 0x03,
    command: u8(bytes, 5),
    completionCode: u8(bytes, 6),
    data: bytes.subarray(responseOverhead - 1, bytes.length - 1)
  })
}
