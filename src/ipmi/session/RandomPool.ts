/**
 * Random bytes for initialisation vectors, session ids and nonces, by the system's generator, drawn 64 KiB at a time: one
 * call a packet costs 13 µs more (measured). Not through a service: what a test replaces, an attacker's build could too.
 */
import { randomFillSync } from "node:crypto"
import { u32 } from "../wire/bytes.ts"

const pool = new Uint8Array(65_536)
let used = pool.length

/** `length` fresh bytes, at most 65,536; a view that is never handed out again, and is overwritten only after 64 KiB more. */
export const randomView = (length: number): Uint8Array => {
  if (used + length > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += length
  return pool.subarray(used - length, used)
}

/** `length` fresh bytes to keep. */
export const randomBytes = (length: number): Uint8Array => randomView(length).slice()

/** A random session id, not 0. */
export const randomId = (): number => {
  const id = u32(randomView(4), 0)
  return id === 0 ? randomId() : id
}
