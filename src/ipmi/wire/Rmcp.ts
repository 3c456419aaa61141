/**
 * The RMCP header in front of every datagram on port 623 (IPMI 2.0 §13.1.3, ASF 2.0 §3.2.2): version, reserved,
 * sequence number, class. RMCP's own sequence numbers and acknowledgements are not used with IPMI: always 0xFF.
 */
import { u8 } from "./bytes.ts"
import { type Decoded, decoded, malformed, truncated } from "./Decoded.ts"

export const rmcpHeaderLength = 4

export type RmcpClass = "asf" | "ipmi"

const version = 0x06
const noAcknowledgement = 0xff
const classCodes = { asf: 0x06, ipmi: 0x07 } as const

export const putRmcpHeader = (bytes: Uint8Array, rmcpClass: RmcpClass): void => {
  bytes[0] = version
  bytes[1] = 0
  bytes[2] = noAcknowledgement
  bytes[3] = classCodes[rmcpClass]
}

/** The class of a datagram. An RMCP acknowledgement (bit 7 of the class) is malformed here: nobody asks for one. */
export const decodeRmcpClass = (bytes: Uint8Array): Decoded<RmcpClass> => {
  if (bytes.length < rmcpHeaderLength) return truncated("RMCP header", rmcpHeaderLength, bytes.length)
  if (bytes[0] !== version) return malformed(`RMCP version ${bytes[0]}`)
  switch (u8(bytes, 3)) {
    case classCodes.ipmi:
      return decoded("ipmi")
    case classCodes.asf:
      return decoded("asf")
    default:
      return malformed(`RMCP class ${bytes[3]}`)
  }
}

/** What comes in an IPMI-class datagram, by its authentication type byte (IPMI 2.0 §13.6, table 13-8). */
export const isRmcpPlus = (bytes: Uint8Array): boolean => bytes[rmcpHeaderLength] === 0x06
