/**
 * What RAKP's authentication codes and the session keys are made of (IPMI 2.0 §13.28.1, §13.31, §13.32).
 *
 * Pure: both sides' session ids and random numbers are inputs. The same functions serve the console and the BMC. The
 * names of the inputs are the specification's (SID_M: the remote console's session id, R_C: the BMC's random number, …).
 */
import { putU32, u8 } from "../wire/bytes.ts"
import type { Suite } from "./CipherSuite.ts"
import { KeyedHash } from "./KeyedHash.ts"

/** What RAKP messages 1 and 2, and Open Session before them, agreed on. */
export interface Exchange {
  readonly suite: Suite
  /** SID_M */
  readonly consoleSessionId: number
  /** SID_C */
  readonly bmcSessionId: number
  /** R_M, 16 bytes */
  readonly consoleRandom: Uint8Array
  /** R_C, 16 bytes */
  readonly bmcRandom: Uint8Array
  /** GUID_C, 16 bytes */
  readonly bmcGuid: Uint8Array
  /** Role_M: the whole byte of RAKP message 1, name-only bit and all. */
  readonly role: number
  readonly username: Uint8Array
}

export interface SessionKeys {
  /** Session integrity key: the key of everything below. */
  readonly sik: Uint8Array
  /** Key of the packets' authentication codes. */
  readonly k1: Uint8Array
  /** Its first 16 bytes are the AES key. */
  readonly k2: Uint8Array
}

const sessionId = (id: number): Uint8Array => {
  const bytes = new Uint8Array(4)
  putU32(bytes, 0, id)
  return bytes
}

const concat = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

const roleAndName = (exchange: Exchange): Uint8Array =>
  concat(Uint8Array.of(exchange.role, exchange.username.length), exchange.username)

let lastKeyed: { readonly hash: Suite["hash"]; readonly key: Uint8Array; readonly keyed: KeyedHash } | undefined

/** One key is kept: a login uses its password three times, and BMCs beside each other often have the same one. */
const keyedBy = (hash: Suite["hash"], key: Uint8Array): KeyedHash => {
  if (lastKeyed !== undefined && lastKeyed.hash === hash && constantTimeEqual(lastKeyed.key, key))
    return lastKeyed.keyed
  lastKeyed = { hash, key: key.slice(), keyed: new KeyedHash(hash, key) }
  return lastKeyed.keyed
}

/** RAKP message 2's code, by the user's password: proves that the BMC knows it. */
export const rakp2AuthCode = (exchange: Exchange, password: Uint8Array): Uint8Array =>
  keyedBy(exchange.suite.hash, password).digest(
    concat(
      sessionId(exchange.consoleSessionId),
      sessionId(exchange.bmcSessionId),
      exchange.consoleRandom,
      exchange.bmcRandom,
      exchange.bmcGuid,
      roleAndName(exchange)
    )
  )

/** RAKP message 3's code, by the user's password: proves that the console knows it. */
export const rakp3AuthCode = (exchange: Exchange, password: Uint8Array): Uint8Array =>
  keyedBy(exchange.suite.hash, password).digest(
    concat(exchange.bmcRandom, sessionId(exchange.consoleSessionId), roleAndName(exchange))
  )

/** 20 bytes whatever the hash: as ipmitool, FreeIPMI and the BMCs do; for SHA-1 it is also §13.32's length. */
const constant1 = new Uint8Array(20).fill(1)
const constant2 = new Uint8Array(20).fill(2)

/** SIK by K_G, or by the password where there is no K_G (one-key login); K1 and K2 from it. */
export const sessionKeys = (exchange: Exchange, password: Uint8Array, kg: Uint8Array | undefined): SessionKeys => {
  const hash = exchange.suite.hash
  const sik = keyedBy(hash, kg ?? password).digest(
    concat(exchange.consoleRandom, exchange.bmcRandom, roleAndName(exchange))
  )
  const bySik = new KeyedHash(hash, sik)
  return { sik, k1: bySik.digest(constant1), k2: bySik.digest(constant2) }
}

/** RAKP message 4's integrity check value: proves that the BMC came to the same SIK. */
export const rakp4AuthCode = (exchange: Exchange, keys: SessionKeys): Uint8Array =>
  new KeyedHash(exchange.suite.hash, keys.sik)
    .digest(concat(exchange.consoleRandom, sessionId(exchange.bmcSessionId), exchange.bmcGuid))
    .subarray(0, exchange.suite.authCodeLength)

/** Compares in a time that depends on the lengths only. */
export const constantTimeEqual = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false
  let difference = 0
  for (let at = 0; at < a.length; at++) difference |= u8(a, at) ^ u8(b, at)
  return difference === 0
}
