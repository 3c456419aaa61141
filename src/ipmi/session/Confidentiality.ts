/**
 * AES-CBC-128 as IPMI uses it (IPMI 2.0 §13.29): a 16-byte initialisation vector, then the encrypted data with its pad
 * bytes 1, 2, 3, … and the pad length.
 *
 * One command is one or two blocks, for which node:crypto's set-up costs ten times the work (measured: 1.5 µs a block with
 * a kept cipher, 0.16 µs with `@noble/ciphers`' block functions); so the chaining is written out here over those.
 */
import { unsafe } from "@noble/ciphers/aes.js"
import { putU32, u8, u32 } from "../wire/bytes.ts"
import { type Decoded, decoded, malformed } from "../wire/Decoded.ts"

const block = 16
export const ivLength = block
export const aesKeyLength = 16

/** Bytes of the encrypted payload of `length` bytes, its initialisation vector included. */
export const encryptedLength = (length: number): number => ivLength + (Math.floor(length / block) + 1) * block

export interface Confidentiality {
  /** Writes the encrypted payload into `to` at `at`, where `encryptedLength(data.length)` bytes are free. */
  readonly encrypt: (data: Uint8Array, iv: Uint8Array, to: Uint8Array, at: number) => void
  /** Decrypts `length` bytes of `from` at `at`. Call it for verified packets only. */
  readonly decrypt: (from: Uint8Array, at: number, length: number) => Decoded<Uint8Array>
}

/** The data's pad: so many bytes that data, pad and the pad length fill whole blocks. */
const putPad = (to: Uint8Array, from: number, end: number): void => {
  for (let at = from; at < end - 1; at++) to[at] = at - from + 1
  to[end - 1] = end - 1 - from
}

const withoutPad = (plain: Uint8Array): Decoded<Uint8Array> => {
  const padLength = u8(plain, plain.length - 1)
  const length = plain.length - 1 - padLength
  if (padLength >= block || length < 0) return malformed(`confidentiality pad of ${padLength} bytes`)
  for (let n = 0; n < padLength; n++) {
    if (u8(plain, length + n) !== n + 1) return malformed("confidentiality pad bytes")
  }
  return decoded(plain.subarray(0, length))
}

/** `key` is the first 16 bytes of K2. */
export const makeConfidentiality = (key: Uint8Array): Confidentiality => {
  const encryptKey = unsafe.expandKeyLE(key)
  const decryptKey = unsafe.expandKeyDecLE(key)
  return {
    encrypt: (data, iv, to, at) => {
      const end = at + encryptedLength(data.length)
      to.set(iv, at)
      to.set(data, at + ivLength)
      putPad(to, at + ivLength + data.length, end)
      let s0 = u32(to, at)
      let s1 = u32(to, at + 4)
      let s2 = u32(to, at + 8)
      let s3 = u32(to, at + 12)
      for (let b = at + ivLength; b < end; b += block) {
        const out = unsafe.encrypt(
          encryptKey,
          s0 ^ u32(to, b),
          s1 ^ u32(to, b + 4),
          s2 ^ u32(to, b + 8),
          s3 ^ u32(to, b + 12)
        )
        s0 = out.s0
        s1 = out.s1
        s2 = out.s2
        s3 = out.s3
        putU32(to, b, s0)
        putU32(to, b + 4, s1)
        putU32(to, b + 8, s2)
        putU32(to, b + 12, s3)
      }
    },
    decrypt: (from, at, length) => {
      if (length < ivLength + block || length % block !== 0) return malformed(`encrypted payload of ${length} bytes`)
      const plain = new Uint8Array(length - ivLength)
      for (let n = 0; n < plain.length; n += block) {
        // The block before, the initialisation vector for the first, is what each is chained to.
        const previous = at + n
        const b = previous + block
        const out = unsafe.decrypt(decryptKey, u32(from, b), u32(from, b + 4), u32(from, b + 8), u32(from, b + 12))
        putU32(plain, n, out.s0 ^ u32(from, previous))
        putU32(plain, n + 4, out.s1 ^ u32(from, previous + 4))
        putU32(plain, n + 8, out.s2 ^ u32(from, previous + 8))
        putU32(plain, n + 12, out.s3 ^ u32(from, previous + 12))
      }
      return withoutPad(plain)
    }
  }
}
