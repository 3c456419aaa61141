import { describe, expect, it } from "@effect/vitest"
import fc from "fast-check"
import { Fleet } from "../../src/simulator/Fleet.ts"
import type { FleetOptions } from "../../src/simulator/SimulatorOptions.ts"

/** A BMC whose clock stands still; `ask` gives its answers to one datagram. */
const bmcAlone = (options: Partial<FleetOptions> = {}) => {
  const fleet = new Fleet({ count: 1, ...options }, { monotonicMillis: () => 0, unixMillis: () => 0, after: () => {} })
  const bmc = fleet.bmcs[0]
  if (bmc === undefined) throw new Error("a fleet of none")
  const ask = (datagram: Uint8Array): ReadonlyArray<string> => {
    const answers: Array<string> = []
    bmc.receive(datagram, (answer) => answers.push(Buffer.from(answer).toString("hex")))
    return answers
  }
  return { ask, bmc, fleet }
}

const plain = (hex: string): string => hex.replaceAll(" ", "")

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(plain(hex), "hex"))

describe("a simulated BMC outside of a session", () => {
  it("answers an ASF presence ping with a pong that says IPMI", () => {
    const { ask } = bmcAlone()
    // ASF 2.0 §3.2.4.2 and §3.2.4.3, written out by hand
    expect(ask(bytes("06 00 ff 06  00 00 11 be  80 21 00 00"))).toEqual([
      plain("0600ff06000011be40210010 000011be 00000000 81 00 000000000000")
    ])
  })

  it("answers Get Channel Authentication Capabilities in the IPMI 1.5 packet", () => {
    const { ask } = bmcAlone()
    const request = bytes("06 00 ff 07  00 00000000 00000000 09  20 18 c8 81 04 38 8e 04 b1")
    // channel 1, extended data, no 1.5 types, non-null user names, IPMI 2.0 only
    expect(ask(request)).toEqual([plain("0600ff07 00 00000000 00000000 10 811c63200438000180040200000000 1d")])
  })

  it("says there that a BMC key is set", () => {
    const { ask } = bmcAlone({ kg: "key" })
    const [answer = ""] = ask(bytes("06 00 ff 07  00 00000000 00000000 09  20 18 c8 81 04 38 8e 04 b1"))
    expect(answer.slice(28 + 18, 28 + 20)).toBe("24")
  })

  it("answers a message in an RMCP+ packet without a session in such a packet", () => {
    const { ask } = bmcAlone()
    // Get System GUID
    const [answer = ""] = ask(bytes("06 00 ff 07  06 00 00000000 00000000 0700  20 18 c8 81 04 37 44"))
    expect(answer.slice(0, 46)).toBe(plain("0600ff07 0600 00000000 00000000 1800 811c63200437 00"))
    expect(answer).toHaveLength(2 * (16 + 24))
  })

  it("does nothing there that needs a session", () => {
    const { ask, bmc } = bmcAlone()
    // Chassis Control off: answered with 0xD4
    const [answer = ""] = ask(bytes("06 00 ff 07  00 00000000 00000000 08  20 00 e0 81 04 02 00 79"))
    expect(answer.slice(28)).toBe(plain("8104 7b 200402 d4 06"))
    expect(bmc.chassis.isOn(60_000)).toBe(true)
    expect(bmc.counters.controls).toBe(0)
  })

  it("meets what is malformed with silence, counts it, and never throws", () => {
    const { ask, bmc } = bmcAlone()
    let sent = 0
    const prefixes = ["", "0600ff07", "0600ff0700", "0600ff070610", "0600ff07061000000000000000002000", "0600ff06"]
    fc.assert(
      fc.property(fc.constantFrom(...prefixes), fc.uint8Array({ maxLength: 80 }), (prefix, rest) => {
        ask(Uint8Array.from([...bytes(prefix), ...rest]))
        sent++
      }),
      { numRuns: 2000 }
    )
    expect(bmc.counters.datagramsIn).toBe(sent)
    expect(ask(bytes("06 00 ff 07"))).toEqual([])
    expect(ask(bytes(""))).toEqual([])
    // a wrong checksum at the end of Get System GUID
    expect(ask(bytes("06 00 ff 07  00 00000000 00000000 07  20 18 c8 81 04 37 45"))).toEqual([])
    // a packet of a session that nobody opened
    expect(ask(bytes("06 00 ff 07  06 c0 01020304 01000000 0000"))).toEqual([])
  })
})
