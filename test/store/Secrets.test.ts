import { describe, expect, it } from "@effect/vitest"
import { Redacted } from "effect"
import * as fc from "fast-check"
import { makeKey, open, parseKey, seal } from "../../src/store/Secrets.ts"
import type { KeyRing } from "../../src/store/Secrets.ts"

const key = (byte: number) => makeKey(Buffer.alloc(32, byte))
const ring = (first: number, ...rest: ReadonlyArray<number>): KeyRing => ({
  file: "a file",
  keys: [key(first), ...rest.map(key)]
})
const place = { owner: "b36e0c75-4f0e-4bd8-8f9e-1f0f4d6f7a10", field: "ipmi_password" }

const reopened = (keys: KeyRing, sealed: string, at = place) => {
  const secret = open(keys, at, sealed)
  return secret === undefined ? undefined : Redacted.value(secret)
}

describe("Secrets", () => {
  it("opens every text that it sealed, with any key of the ring", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const sealed = seal(ring(1), place, Redacted.make(text))
        expect(sealed).toMatch(new RegExp(`^v1\\.${key(1).id}\\.[A-Za-z0-9_-]+$`))
        expect(reopened(ring(1), sealed)).toBe(text)
        expect(reopened(ring(2, 1), sealed)).toBe(text)
        expect(reopened(ring(2), sealed)).toBeUndefined()
      })
    )
  })

  it("seals the same text differently each time", () => {
    const secret = Redacted.make("secret")
    expect(seal(ring(1), place, secret)).not.toBe(seal(ring(1), place, secret))
  })

  it("does not open a text that was moved to another node or field", () => {
    const sealed = seal(ring(1), place, Redacted.make("secret"))
    expect(reopened(ring(1), sealed, { ...place, owner: "another" })).toBeUndefined()
    expect(reopened(ring(1), sealed, { ...place, field: "ipmi_hex_kg_key" })).toBeUndefined()
  })

  it("does not open a text in which a single bit was flipped, or of which the end is missing", () => {
    const sealed = seal(ring(1), place, Redacted.make("secret"))
    const [version, keyId, data = ""] = sealed.split(".")
    const bytes = Buffer.from(data, "base64url")
    const rejoined = (changed: Buffer) => `${version}.${keyId}.${changed.toString("base64url")}`
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      expect(reopened(ring(1), rejoined(flipped))).toBeUndefined()
    }
    for (let length = 0; length < bytes.length; length++) {
      expect(reopened(ring(1), rejoined(bytes.subarray(0, length)))).toBeUndefined()
    }
  })

  it("opens nothing of what is no sealed text, and never throws", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(reopened(ring(1), text)).toBeUndefined()
        expect(reopened(ring(1), `v1.${key(1).id}.${text}`)).toBeUndefined()
      })
    )
  })

  it("takes a key as hex or as base64, and nothing shorter or longer", () => {
    const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7))
    for (const text of [
      bytes.toString("hex"),
      bytes.toString("hex").toUpperCase(),
      bytes.toString("base64"),
      bytes.toString("base64url")
    ]) {
      expect(parseKey(text)?.id).toBe(makeKey(bytes).id)
    }
    for (const text of ["", "secret", bytes.toString("hex").slice(2), `${bytes.toString("base64")}AA`]) {
      expect(parseKey(text)).toBeUndefined()
    }
  })
})
