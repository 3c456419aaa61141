/**
 * The authentication code of a session's packets (IPMI 2.0 §13.28.4): HMAC over everything from the authentication type
 * to the next-header byte, cut to the suite's length.
 *
 * The HMAC's inner and outer state after the key are computed once a session; a packet clones them into a scratch object
 * that all sessions of a hash share (nothing here suspends), so that a 48-byte packet costs two compressions of SHA-256
 * for the message and two for the digest instead of six, and no allocation.
 */
import { hmac } from "@noble/hashes/hmac.js"
import { u8 } from "../wire/bytes.ts"
import { rmcpHeaderLength } from "../wire/Rmcp.ts"
import { suites, type Suite } from "./CipherSuite.ts"

type Hmac = ReturnType<typeof hmac.create>

const makeScratch = (suite: Suite): { readonly mac: Hmac; readonly code: Uint8Array } => ({
  mac: hmac.create(suite.hash, new Uint8Array(0)),
  code: new Uint8Array(suite.hash.outputLen)
})

const scratches = { 17: makeScratch(suites[17]), 3: makeScratch(suites[3]) }

export interface Integrity {
  /** Writes the code of all before `at` to `at`. */
  readonly sign: (packet: Uint8Array, at: number) => void
  /** Whether the packet ends with its right code. In constant time. */
  readonly verify: (packet: Uint8Array) => boolean
}

export const makeIntegrity = (suite: Suite, k1: Uint8Array): Integrity => {
  const keyed = hmac.create(suite.hash, k1)
  const { mac, code } = scratches[suite.id]
  const length = suite.authCodeLength
  /** Into the scratch's `code`. */
  const compute = (packet: Uint8Array, end: number): void => {
    keyed._cloneInto(mac)
    mac.update(packet.subarray(rmcpHeaderLength, end))
    mac.digestInto(code)
  }
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
