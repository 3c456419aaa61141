/** Encryption, authentication codes and sequence windows; against node:crypto where it can say what is right. */
import { createCipheriv, createHmac } from "node:crypto"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { suiteOf, suites } from "../../../src/ipmi/session/CipherSuite.ts"
import { encryptedLength, ivLength, makeConfidentiality } from "../../../src/ipmi/session/Confidentiality.ts"
import { makeIntegrity } from "../../../src/ipmi/session/Integrity.ts"
import { constantTimeEqual } from "../../../src/ipmi/session/Keys.ts"
import { randomBytes, randomId, randomView } from "../../../src/ipmi/session/RandomPool.ts"
import { makeSecureChannel } from "../../../src/ipmi/session/SecureChannel.ts"
import { makeSequenceWindow, nextSequence, specifiedForward } from "../../../src/ipmi/session/SequenceWindow.ts"
import { encodeUnauthenticated } from "../../../src/ipmi/wire/RmcpPlusPacket.ts"

const key = fc.uint8Array({ minLength: 16, maxLength: 16 })
const data = fc.uint8Array({ maxLength: 100 })
const suite = fc.constantFrom(suites[17], suites[3])

describe("cipher suites", () => {
  it("are 17 and 3 and nothing without authentication, integrity or encryption", () => {
    expect(suiteOf({ authentication: 3, integrity: 4, confidentiality: 1 })?.id).toBe(17)
    expect(suiteOf({ authentication: 1, integrity: 1, confidentiality: 1 })?.id).toBe(3)
    expect(suiteOf({ authentication: 0, integrity: 0, confidentiality: 0 })).toBeUndefined()
    expect(suiteOf({ authentication: 3, integrity: 4, confidentiality: 0 })).toBeUndefined()
    expect(suiteOf({ authentication: 3, integrity: 0, confidentiality: 1 })).toBeUndefined()
  })
})

describe("encryption", () => {
  it("is AES-128-CBC over the data, pad bytes 1, 2, 3, … and the pad length", () => {
    fc.assert(
      fc.property(key, key, data, (aesKey, iv, plain) => {
        const encrypted = new Uint8Array(encryptedLength(plain.length))
        makeConfidentiality(aesKey).encrypt(plain, iv, encrypted, 0)
        const pad = (16 - ((plain.length + 1) % 16)) % 16
        const padded = Buffer.from([...plain, ...Array.from({ length: pad }, (_, index) => index + 1), pad])
        const cipher = createCipheriv("aes-128-cbc", aesKey, iv).setAutoPadding(false)
        expect(Buffer.from(encrypted)).toEqual(Buffer.concat([iv, cipher.update(padded), cipher.final()]))
      })
    )
  })

  it("decrypts to what it encrypted, wherever it stands in the packet", () => {
    fc.assert(
      fc.property(key, key, data, fc.nat(40), (aesKey, iv, plain, at) => {
        const packet = new Uint8Array(at + encryptedLength(plain.length) + 5)
        const confidentiality = makeConfidentiality(aesKey)
        confidentiality.encrypt(plain, iv, packet, at)
        expect(confidentiality.decrypt(packet, at, encryptedLength(plain.length))).toEqual({ ok: true, value: plain })
      })
    )
  })

  it("refuses lengths that are not whole blocks after the initialisation vector", () => {
    const confidentiality = makeConfidentiality(new Uint8Array(16))
    for (const length of [0, 15, 16, 31, 33]) {
      expect(confidentiality.decrypt(new Uint8Array(64), 0, length)).toMatchObject({ ok: false })
    }
  })

  it("refuses a pad that is longer than a block or not 1, 2, 3, …", () => {
    const aesKey = new Uint8Array(16).fill(7)
    const iv = new Uint8Array(16)
    const block = (bytes: ReadonlyArray<number>) => {
      const cipher = createCipheriv("aes-128-cbc", aesKey, iv).setAutoPadding(false)
      const packet = Uint8Array.from([...iv, ...cipher.update(Buffer.from(bytes)), ...cipher.final()])
      return makeConfidentiality(aesKey).decrypt(packet, 0, packet.length)
    }
    const zeros = (count: number) => Array.from({ length: count }, () => 0)
    expect(block([...zeros(13), 1, 2, 2])).toMatchObject({ ok: true })
    expect(block([...zeros(13), 1, 3, 2])).toMatchObject({ ok: false })
    const wholeBlock = Array.from({ length: 16 }, (_, index) => index + 1)
    expect(block([...zeros(15), ...wholeBlock, 16])).toMatchObject({ ok: false })
    expect(block([...zeros(15), 16])).toMatchObject({ ok: false })
    expect(block([...zeros(15), 255])).toMatchObject({ ok: false })
  })
})

describe("authentication codes", () => {
  it("are HMACs of everything after the RMCP header, cut to the suite's length", () => {
    fc.assert(
      fc.property(suite, data, fc.uint8Array({ minLength: 5, maxLength: 200 }), (used, k1, signed) => {
        const packet = new Uint8Array(signed.length + used.authCodeLength)
        packet.set(signed)
        makeIntegrity(used, k1).sign(packet, signed.length)
        const hash = createHmac(used.id === 17 ? "sha256" : "sha1", k1)
          .update(signed.subarray(4))
          .digest()
        expect(Buffer.from(packet.subarray(signed.length))).toEqual(hash.subarray(0, used.authCodeLength))
      })
    )
  })

  it("of one session do not disturb another's, though they share their scratch", () => {
    const packet = (fill: number) => new Uint8Array(60).fill(fill)
    const one = makeIntegrity(suites[17], Uint8Array.of(1))
    const other = makeIntegrity(suites[17], Uint8Array.of(2))
    const [first, second] = [packet(1), packet(2)]
    one.sign(first, 44)
    other.sign(second, 44)
    expect([one.verify(first), other.verify(second), one.verify(second), other.verify(first)]).toEqual([
      true,
      true,
      false,
      false
    ])
  })

  it("are compared over their whole length", () => {
    expect(constantTimeEqual(Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 3))).toBe(true)
    expect(constantTimeEqual(Uint8Array.of(1, 2, 3), Uint8Array.of(0, 2, 3))).toBe(false)
    expect(constantTimeEqual(Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 4))).toBe(false)
    expect(constantTimeEqual(Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2))).toBe(false)
  })
})

describe("a session's packets", () => {
  const keys = fc.record({ sik: key, k1: key, k2: key })
  const ends = (used: (typeof suites)[17], keySet: { sik: Uint8Array; k1: Uint8Array; k2: Uint8Array }) => {
    const end = (localSessionId: number, remoteSessionId: number) =>
      makeSecureChannel({ suite: used, keys: keySet, localSessionId, remoteSessionId, maxForward: specifiedForward })
    return { console: end(0x11111111, 0x22222222), bmc: end(0x22222222, 0x11111111) }
  }

  it("open at the other end to what was sealed", () => {
    fc.assert(
      fc.property(suite, keys, data, (used, keySet, payload) => {
        const { bmc, console } = ends(used, keySet)
        expect(bmc.open(console.seal(0, payload))).toEqual({ ok: true, value: { payloadType: 0, payload } })
      })
    )
  })

  it("do not open with one bit of what is signed flipped, whichever it is", () => {
    fc.assert(
      fc.property(suite, keys, data, (used, keySet, payload) => {
        const { bmc, console } = ends(used, keySet)
        const packet = console.seal(0, payload)
        for (let bit = 4 * 8; bit < packet.length * 8; bit++) {
          const changed = Uint8Array.from(packet)
          changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
          if (bmc.open(changed).ok) throw new Error(`bit ${bit} of ${packet.length * 8} is not signed`)
        }
        // And none of the forged sequence numbers was remembered.
        expect(bmc.open(packet).ok).toBe(true)
      }),
      { numRuns: 20 }
    )
  })

  it("do not open cut off, twice, or at the end that sent them", () => {
    const keySet = { sik: randomBytes(32), k1: randomBytes(32), k2: randomBytes(32) }
    const { bmc, console } = ends(suites[17], keySet)
    const packet = console.seal(0, Uint8Array.of(1, 2, 3))
    for (let length = 0; length < packet.length; length++) {
      expect(bmc.open(packet.subarray(0, length))).toMatchObject({ ok: false })
    }
    expect(console.open(packet)).toMatchObject({ ok: false })
    expect(bmc.open(packet)).toMatchObject({ ok: true })
    expect(bmc.open(packet)).toMatchObject({ ok: false, detail: "sequence number 1" })
  })

  it("do not open unsigned or unencrypted, even with the right session id", () => {
    const keySet = { sik: randomBytes(32), k1: randomBytes(32), k2: randomBytes(32) }
    const { bmc } = ends(suites[17], keySet)
    const plain = encodeUnauthenticated(0, Uint8Array.of(1, 2, 3))
    plain.set([0x22, 0x22, 0x22, 0x22], 6)
    plain[10] = 1
    expect(bmc.open(plain)).toMatchObject({ ok: false, detail: expect.stringContaining("neither signed") })
  })

  it("have a fresh initialisation vector each", () => {
    const keySet = { sik: randomBytes(32), k1: randomBytes(32), k2: randomBytes(32) }
    const { console } = ends(suites[17], keySet)
    const vectors = Array.from({ length: 5_000 }, () =>
      Buffer.from(console.seal(0, new Uint8Array(0)).subarray(16, 16 + ivLength)).toString("hex")
    )
    expect(new Set(vectors).size).toBe(vectors.length)
  })
})

describe("the sequence window", () => {
  it("takes each number once, in any order within 16", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(Array.from({ length: 16 }, (_, index) => index + 100)), (numbers) => {
        const window = makeSequenceWindow(1000)
        expect(numbers.map((number) => window.accept(number))).toEqual(numbers.map(() => true))
        expect(numbers.map((number) => window.accept(number))).toEqual(numbers.map(() => false))
      })
    )
  })

  it("refuses 0, and what is more than 16 behind", () => {
    const window = makeSequenceWindow(1000)
    expect(window.accept(0)).toBe(false)
    expect(window.accept(50)).toBe(true)
    expect(window.accept(34)).toBe(true)
    expect(window.accept(33)).toBe(false)
    expect(window.accept(0)).toBe(false)
  })

  it("refuses what is further ahead than it was told to allow", () => {
    const window = makeSequenceWindow(specifiedForward)
    expect(window.accept(17)).toBe(false)
    expect(window.accept(16)).toBe(true)
    expect(window.accept(33)).toBe(false)
    expect(window.accept(32)).toBe(true)
  })

  it("knows nothing before the first number", () => {
    expect(makeSequenceWindow(specifiedForward).accept(0xffffffff)).toBe(false)
  })

  it("goes on where the numbers wrap", () => {
    const window = makeSequenceWindow(0x7fffffff)
    for (const number of [0x7fffffff, 0xfffffffe, 0xffffffff]) expect(window.accept(number)).toBe(true)
    expect(nextSequence(0xffffffff)).toBe(1)
    expect(nextSequence(1)).toBe(2)
    expect(window.accept(1)).toBe(true)
    expect(window.accept(0xffffffff)).toBe(false)
    expect(window.accept(0xfffffffd)).toBe(true)
  })
})

describe("random bytes", () => {
  it("are of the length asked for and never handed out twice, across the pool's edge", () => {
    const seen = new Set<string>()
    for (let drawn = 0; drawn < 10_000; drawn++) {
      const bytes = randomView(16)
      expect(bytes.length).toBe(16)
      seen.add(Buffer.from(bytes).toString("hex"))
    }
    expect(seen.size).toBe(10_000)
  })

  it("give ids of 32 bits, never 0, and bytes to keep", () => {
    const ids = Array.from({ length: 1_000 }, randomId)
    expect(ids.every((id) => id > 0 && id <= 0xffffffff)).toBe(true)
    expect(ids.some((id) => id > 0x7fffffff)).toBe(true)
    expect(new Set(ids).size).toBe(1_000)
    const kept = randomBytes(16)
    const copy = kept.slice()
    for (let drawn = 0; drawn < 10_000; drawn++) randomView(16)
    expect(kept).toEqual(copy)
  })
})
