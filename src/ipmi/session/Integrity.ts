/**
 * The authentication code of a session's packets (IPMI 2.0 §13.28.4): HMAC over everything from the authentication type
 * to the next-header byte, cut to the suite's length.
 *
 * The key's part of it is computed once a session: see `KeyedHash`.
 */
import { u8 } from "../wire/bytes.ts"
import { rmcpHeaderLength } from "../wire/Rmcp.ts"
import type { Suite } from "./CipherSuite.ts"
import { KeyedHash } from "./KeyedHash.ts"

/** The last code that was computed, of whatever session: as long as the longest hash. */
const code = new Uint8Array(32)

export interface Integrity {
  /** Writes the code of all before `at` to `at`. */
  readonly sign: (packet: Uint8Array, at: number) => void
  /** Whether the packet ends with its right code. In constant time. */
  readonly verify: (packet: Uint8Array) => boolean
}

export const makeIntegrity = (suite: Suite, k1: Uint8Array): Integrity => {
  const keyed = new KeyedHash(suite.hash, k1)
  const length = suite.authCodeLength
  /** Into `code`. */
  const compute = (packet: Uint8Array, end: number): void =>
    keyed.digestInto(packet.subarray(rmcpHeaderLength, end), code)
  return {
    sign: (packet, at) => {
      compute(packet, at)
      for (let n = 0; n < length; n++) packet[at + n] = u8(code, n)
    },
    verify: (packet) => {
      const at = packet.length - length
      if (at <= rmcpHeaderLength) return false
      compute(packet, at)
      let difference = 0
      for (let n = 0; n < length; n++) difference |= u8(packet, at + n) ^ u8(code, n)
      return difference === 0
    }
  }
}
