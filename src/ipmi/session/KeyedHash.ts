/**
 * HMAC with a key that is used more than once: the inner and outer state after the key are computed when it is made, and each
 * message clones them into a scratch object that all keys of a hash share (nothing here suspends). A short message then costs
 * two compressions for itself and one for the digest, not the two more that the key takes, and no allocation.
 */
import { hmac } from "@noble/hashes/hmac.js"
import type { Suite } from "./CipherSuite.ts"

type Hmac = ReturnType<typeof hmac.create>

const scratches = new Map<Suite["hash"], Hmac>()

const scratchOf = (hash: Suite["hash"]): Hmac => {
  const known = scratches.get(hash)
  if (known !== undefined) return known
  const scratch = hmac.create(hash, new Uint8Array(0))
  scratches.set(hash, scratch)
  return scratch
}

export class KeyedHash {
  readonly #keyed: Hmac
  readonly #scratch: Hmac
  readonly #length: number

  constructor(hash: Suite["hash"], key: Uint8Array) {
    this.#keyed = hmac.create(hash, key)
    this.#scratch = scratchOf(hash)
    this.#length = hash.outputLen
  }

  /** The code of the bytes, into the first bytes of `code`. */
  digestInto(bytes: Uint8Array, code: Uint8Array): void {
    this.#keyed._cloneInto(this.#scratch)
    this.#scratch.update(bytes)
    this.#scratch.digestInto(code)
  }

  /** The code of the bytes. */
  digest(bytes: Uint8Array): Uint8Array {
    const code = new Uint8Array(this.#length)
    this.digestInto(bytes, code)
    return code
  }
}
