/**
 * RMCP+ Open Session Request and Response payloads (IPMI 2.0 §13.17, §13.18): both sides' session ids and the algorithms.
 */
import { putU32, u8, u32 } from "./bytes.ts"
import { type Decoded, decoded, malformed, truncated } from "./Decoded.ts"

/** Algorithm numbers of one cipher suite (IPMI 2.0 §13.28, tables 13-17 to 13-19). */
export interface Algorithms {
  readonly authentication: number
  readonly integrity: number
  readonly confidentiality: number
}

export interface OpenSessionRequest {
  readonly tag: number
  /** 0: the highest that the algorithms and the user allow. */
  readonly maxPrivilege: number
  readonly consoleSessionId: number
  readonly algorithms: Algorithms
}

export interface OpenSessionAccepted {
  readonly status: 0
  readonly tag: number
  readonly maxPrivilege: number
  readonly consoleSessionId: number
  readonly bmcSessionId: number
  readonly algorithms: Algorithms
}

/** For the meaning of `status` see `Rakp.statusMeaning`. */
export interface OpenSessionRefused {
  readonly status: number
  readonly tag: number
  /** Undefined where the BMC leaves it out. Observed: ipmi_sim (OpenIPMI 2.0.33) refuses with tag and status only. */
  readonly consoleSessionId: number | undefined
}

export type OpenSessionResponse = OpenSessionAccepted | OpenSessionRefused

export const isAccepted = (response: OpenSessionResponse): response is OpenSessionAccepted => response.status === 0

const requestLength = 32
const acceptedLength = 36
const refusedLength = 8
/** What some BMCs make do with in a refusal. */
const shortestRefusal = 2
const algorithmPayloadLength = 8

/** Three records of 8 bytes: payload type 0, 1 or 2, length 8, algorithm in 6 bits. */
const putAlgorithms = (bytes: Uint8Array, at: number, algorithms: Algorithms): void => {
  const numbers = [algorithms.authentication, algorithms.integrity, algorithms.confidentiality]
  for (const [type, number] of numbers.entries()) {
    const start = at + type * algorithmPayloadLength
    bytes[start] = type
    bytes[start + 3] = algorithmPayloadLength
    bytes[start + 4] = number & 0x3f
  }
}

const readAlgorithms = (bytes: Uint8Array, at: number): Decoded<Algorithms> => {
  for (let type = 0; type < 3; type++) {
    if (bytes[at + type * algorithmPayloadLength] !== type) return malformed("algorithm records out of order")
  }
  return decoded({
    authentication: u8(bytes, at + 4) & 0x3f,
    integrity: u8(bytes, at + 12) & 0x3f,
    confidentiality: u8(bytes, at + 20) & 0x3f
  })
}

export const encodeOpenSessionRequest = (request: OpenSessionRequest): Uint8Array => {
  const bytes = new Uint8Array(requestLength)
  bytes[0] = request.tag
  bytes[1] = request.maxPrivilege & 0x0f
  putU32(bytes, 4, request.consoleSessionId)
  putAlgorithms(bytes, 8, request.algorithms)
  return bytes
}

export const decodeOpenSessionRequest = (bytes: Uint8Array): Decoded<OpenSessionRequest> => {
  if (bytes.length < requestLength) return truncated("Open Session Request", requestLength, bytes.length)
  const algorithms = readAlgorithms(bytes, 8)
  if (!algorithms.ok) return algorithms
  return decoded({
    tag: u8(bytes, 0),
    maxPrivilege: u8(bytes, 1) & 0x0f,
    consoleSessionId: u32(bytes, 4),
    algorithms: algorithms.value
  })
}

export const encodeOpenSessionResponse = (response: OpenSessionResponse): Uint8Array => {
  const length = isAccepted(response)
    ? acceptedLength
    : response.consoleSessionId === undefined
      ? shortestRefusal
      : refusedLength
  const bytes = new Uint8Array(length)
  bytes[0] = response.tag
  bytes[1] = response.status
  if (response.consoleSessionId === undefined) return bytes
  putU32(bytes, 4, response.consoleSessionId)
  if (isAccepted(response)) {
    bytes[2] = response.maxPrivilege & 0x0f
    putU32(bytes, 8, response.bmcSessionId)
    putAlgorithms(bytes, 12, response.algorithms)
  }
  return bytes
}

export const decodeOpenSessionResponse = (bytes: Uint8Array): Decoded<OpenSessionResponse> => {
  if (bytes.length < shortestRefusal) return truncated("Open Session Response", shortestRefusal, bytes.length)
  const tag = u8(bytes, 0)
  const status = u8(bytes, 1)
  if (status !== 0) {
    return decoded({ status, tag, consoleSessionId: bytes.length < refusedLength ? undefined : u32(bytes, 4) })
  }
  if (bytes.length < acceptedLength) return truncated("Open Session Response", acceptedLength, bytes.length)
  const algorithms = readAlgorithms(bytes, 12)
  if (!algorithms.ok) return algorithms
  return decoded({
    status,
    tag,
    maxPrivilege: u8(bytes, 2) & 0x0f,
    consoleSessionId: u32(bytes, 4),
    bmcSessionId: u32(bytes, 8),
    algorithms: algorithms.value
  })
}
