/**
 * Every decoder against hostile bytes: half of them random, half recorded datagrams and encodings with a few bytes changed,
 * added or removed. None throws, hangs or gives back more than it was given. 12,000 inputs each by default, a million in all;
 * TUTTI_FUZZ_INPUTS sets another number.
 */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { decodeChassisControl } from "../../src/ipmi/commands/ChassisControl.ts"
import { decodeCloseSession } from "../../src/ipmi/commands/CloseSession.ts"
import {
  decodeGetChannelCipherSuites,
  makeGetChannelCipherSuites
} from "../../src/ipmi/commands/GetChannelCipherSuites.ts"
import { getPower } from "../../src/ipmi/commands/GetChassisStatus.ts"
import { decodeSetSessionPrivilegeLevel } from "../../src/ipmi/commands/SetSessionPrivilegeLevel.ts"
import { Demultiplexer } from "../../src/ipmi/Demultiplexer.ts"
import { suites } from "../../src/ipmi/session/CipherSuite.ts"
import { makeConfidentiality } from "../../src/ipmi/session/Confidentiality.ts"
import { beginLogin, continueLogin, type LoginInput } from "../../src/ipmi/session/Login.ts"
import { makeSecureChannel } from "../../src/ipmi/session/SecureChannel.ts"
import { decodeRmcpClass } from "../../src/ipmi/wire/Rmcp.ts"
import { checkIntegrityTrailer } from "../../src/ipmi/wire/RmcpPlusPacket.ts"
import { codecs } from "./support/codecs.ts"
import { goldens, loginOf } from "./support/goldens.ts"

const inputs = Number(process.env["TUTTI_FUZZ_INPUTS"] ?? 12_000)
const seed = 20_261_122

const recorded = goldens.flatMap(({ datagrams }) => datagrams.map(({ bytes }) => bytes))

/** A few bytes of `bytes` changed, then perhaps cut off or lengthened. */
const mutated = (originals: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      originals,
      fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      fc.option(fc.nat(80)),
      fc.uint8Array({ maxLength: 8 })
    )
    .map(([original, changes, cutTo, tail]) => {
      const bytes = original.slice()
      for (const [at, byte] of changes) bytes[at % Math.max(1, bytes.length)] = byte
      return Uint8Array.from([...bytes.subarray(0, cutTo ?? bytes.length), ...tail])
    })

/** Half random, half mutated. */
const hostile = (originals: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc.oneof(fc.uint8Array({ maxLength: 300 }), mutated(originals))

const noMoreThanGiven = (result: unknown, given: number): boolean => {
  if (result instanceof Uint8Array) return result.length <= given
  if (Array.isArray(result)) return result.length <= given && result.every((item) => noMoreThanGiven(item, given))
  if (typeof result === "object" && result !== null) {
    return Object.values(result).every((item) => noMoreThanGiven(item, given))
  }
  return true
}

const attack = (decode: (bytes: Uint8Array) => unknown, originals: fc.Arbitrary<Uint8Array>) =>
  fc.assert(
    fc.property(hostile(originals), (bytes) => noMoreThanGiven(decode(bytes), bytes.length)),
    { numRuns: inputs, seed }
  )

const datagrams = fc.constantFrom(...recorded)

describe("hostile bytes", () => {
  it.each(codecs)("$name", ({ decode, encode, values }) => {
    attack(decode, fc.oneof(values.map(encode), datagrams))
  })

  const trailer = (bytes: Uint8Array) => checkIntegrityTrailer(bytes, 32, 16)
  const pad = makeConfidentiality(new Uint8Array(16))
  it.each([
    { name: "RMCP header", decode: decodeRmcpClass },
    { name: "integrity trailer", decode: trailer },
    { name: "encrypted payload", decode: (bytes: Uint8Array) => pad.decrypt(bytes, 0, bytes.length) },
    { name: "Chassis Control", decode: decodeChassisControl },
    { name: "power of Get Chassis Status", decode: getPower.decode },
    { name: "Close Session", decode: decodeCloseSession },
    { name: "Set Session Privilege Level", decode: decodeSetSessionPrivilegeLevel },
    { name: "Get Channel Cipher Suites", decode: decodeGetChannelCipherSuites },
    { name: "chunk of cipher suites", decode: makeGetChannelCipherSuites(0).decode }
  ])("$name", ({ decode }) => {
    attack(decode, datagrams)
  })

  it.each(goldens)("the open session of $name takes none of them for its own", (golden) => {
    const { exchange, keys } = loginOf(golden)
    const { bmcSessionId, consoleSessionId, suite } = exchange
    // The RMCP header is not signed, and its reserved and sequence bytes mean nothing.
    const signed = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex", 4)
    const own = new Set(recorded.map(signed))
    fc.assert(
      fc.property(hostile(fc.constantFrom(...golden.datagrams.map(({ bytes }) => bytes))), (bytes) => {
        const channel = makeSecureChannel({
          suite,
          keys,
          localSessionId: consoleSessionId,
          remoteSessionId: bmcSessionId,
          maxForward: 0x7fffffff
        })
        // What the mutation left as it was is the BMC's own packet.
        return !channel.open(bytes).ok || own.has(signed(bytes))
      }),
      { numRuns: Math.ceil(inputs / goldens.length), seed }
    )
  })

  it("a login ignores them or sends no more than it would have", () => {
    const input: LoginInput = {
      suite: suites[17],
      consoleSessionId: 0xa4a3a2a0,
      consoleRandom: new Uint8Array(16),
      tag: 0,
      privilege: 4,
      username: new Uint8Array(5),
      password: new Uint8Array(6),
      kg: undefined
    }
    const { state } = beginLogin(input)
    fc.assert(
      fc.property(hostile(datagrams), fc.nat(0x3f), (bytes, payloadType) => {
        const step = continueLogin(input, state, payloadType, bytes)
        return step.kind !== "send" || step.datagram.length <= 64
      }),
      { numRuns: inputs, seed }
    )
  })

  it("the demultiplexer discards them, and counts what it discarded", () => {
    const demultiplexer = new Demultiplexer()
    const delivered: Array<Uint8Array> = []
    demultiplexer.register((bytes) => delivered.push(bytes) > 0)
    fc.assert(
      fc.property(hostile(datagrams), (bytes) => demultiplexer.receive(bytes, "192.0.2.1", 623)),
      { numRuns: inputs, seed }
    )
    expect(delivered).toEqual([])
    expect(demultiplexer.received).toBe(inputs)
    expect(demultiplexer.discarded).toBe(inputs)
  })
})
