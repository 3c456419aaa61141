/**
 * Sealing what must not stand in the database in clear: AES-256-GCM under a key that is kept elsewhere.
 *
 * A sealed text is `v1.KEYID.DATA`: DATA is base64url of a nonce of 12 bytes, the ciphertext, and a tag of 16 bytes; KEYID
 * tells which key opens it. What it belongs to (a node's id and the field) is authenticated with it, so that a sealed
 * text moved to another node or field does not open. A nonce is random: one key seals 2^32 texts before chance matters.
 */
import { createCipheriv, createDecipheriv, createHash, createSecretKey, randomBytes } from "node:crypto"
import type { KeyObject } from "node:crypto"
import * as Context from "effect/Context"
import * as Redacted from "effect/Redacted"

const version = "v1"
const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16

export interface SealingKey {
  /** The first 8 hex digits of the key's SHA-256. */
  readonly id: string
  readonly key: KeyObject
}

/** The keys, and the file they came from. The first seals; every one opens. */
export interface KeyRing {
  readonly file: string
  readonly keys: readonly [SealingKey, ...ReadonlyArray<SealingKey>]
}

/** The service that holds the ring. Its layers are in `SecretKeyFile`. */
export class SecretKey extends Context.Service<SecretKey, KeyRing>()("tutti/store/SecretKey") {}

export const makeKey = (bytes: Uint8Array): SealingKey => ({
  id: createHash("sha256").update(bytes).digest("hex").slice(0, 8),
  key: createSecretKey(bytes)
})

/** A line of a key file: 64 hex digits, or 44 characters of base64. Undefined when it is neither. */
export const parseKey = (line: string): SealingKey | undefined => {
  const bytes = /^[0-9a-fA-F]{64}$/.test(line)
    ? Buffer.from(line, "hex")
    : /^[A-Za-z0-9+/_-]{43}=?$/.test(line)
      ? Buffer.from(line, "base64")
      : undefined
  return bytes?.length === keyBytes ? makeKey(bytes) : undefined
}

/** `owner` and `field` say what the text belongs to, and must be the same when it is opened. */
export interface Place {
  readonly owner: string
  readonly field: string
}

const additionalData = ({ owner, field }: Place): Buffer => Buffer.from(`tutti\0${version}\0${owner}\0${field}`)

export const seal = ({ keys: [{ id, key }] }: KeyRing, place: Place, text: Redacted.Redacted): string => {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(additionalData(place))
  const sealed = Buffer.concat([
    nonce,
    cipher.update(Redacted.value(text), "utf8"),
    cipher.final(),
    cipher.getAuthTag()
  ])
  return `${version}.${id}.${sealed.toString("base64url")}`
}

/** The key that sealed it; undefined when the ring doesn't hold it, or the text isn't a sealed one. */
export const sealedWith = (ring: KeyRing, sealed: string): SealingKey | undefined => {
  const [prefix, keyId] = sealed.split(".")
  return prefix === version ? ring.keys.find(({ id }) => id === keyId) : undefined
}

/** Undefined when no key of the ring opens it at this place: sealed with another key, moved, or damaged. */
export const open = (ring: KeyRing, place: Place, sealed: string): Redacted.Redacted | undefined => {
  const key = sealedWith(ring, sealed)
  const data = Buffer.from(sealed.split(".")[2] ?? "", "base64url")
  if (key === undefined || data.length < nonceBytes + tagBytes) return undefined
  const decipher = createDecipheriv("aes-256-gcm", key.key, data.subarray(0, nonceBytes), { authTagLength: tagBytes })
    .setAAD(additionalData(place))
    .setAuthTag(data.subarray(-tagBytes))
  try {
    const text = Buffer.concat([decipher.update(data.subarray(nonceBytes, -tagBytes)), decipher.final()])
    return Redacted.make(text.toString("utf8"))
  } catch {
    return undefined
  }
}
