import { assert, describe, it } from "@effect/vitest"
import { fromIpmi } from "../../src/bmc/BmcErrors.ts"
import type { FailureReason } from "../../src/domain/Failure.ts"
import * as Ipmi from "../../src/ipmi/IpmiError.ts"

const check = (name: string, reason: Ipmi.IpmiReason, expected: FailureReason, withheld = false) =>
  it(`takes ${name} for ${expected}${withheld ? ", not asked" : ""}`, () => {
    const error = fromIpmi(new Ipmi.IpmiError({ reason }))
    assert.deepStrictEqual([error.reason, error.withheld], [expected, withheld])
    assert.strictEqual(error.message, reason.message)
  })

const rejected = (completionCode: number) =>
  new Ipmi.CommandRejected({ operation: "Chassis Control", completionCode, meaning: "refused" })

describe("BmcErrors", () => {
  const detail = "as the BMC said"
  check(
    "an answer that never came",
    new Ipmi.ResponseTimeout({ operation: "Get Chassis Status", attempts: 4, waitedMillis: 9_000 }),
    "Unreachable"
  )
  check("an unknown name", new Ipmi.AddressUnusable({ host: "nosuch", cause: "not found" }), "Unreachable")
  check("a refused login", new Ipmi.AuthenticationFailed({ detail }), "AuthenticationFailed")
  check("a full session table", new Ipmi.SessionsExhausted({ detail }), "SessionsExhausted")
  check("no common suite", new Ipmi.NoCipherSuite({ detail }), "Unsupported")
  check("a broken answer", new Ipmi.ProtocolViolation({ detail }), "Protocol")
  check("a client that was closed meanwhile", new Ipmi.Closed({ detail }), "Unreachable", true)
  for (const code of [0xc0, 0xc3, 0xc4, 0xce, 0xd0, 0xd1, 0xd2]) check(`0x${code.toString(16)}`, rejected(code), "Busy")
  for (const code of [0xc1, 0xc2, 0xd4, 0xd6]) check(`0x${code.toString(16)}`, rejected(code), "Unsupported")
  for (const code of [0xc9, 0xcc, 0xd5, 0xff, 0x80]) check(`0x${code.toString(16)}`, rejected(code), "Protocol")
})
