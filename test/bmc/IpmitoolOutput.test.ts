/** Outputs captured from ipmitool 1.8.19 (Debian 12) with `-v`, 2026-11, but for those marked: they follow its tables of words. */
import { assert, describe, it } from "@effect/vitest"
import { BmcError } from "../../src/bmc/BmcError.ts"
import { parseControl, parsePower, refusedSuite } from "../../src/bmc/IpmitoolOutput.ts"
import type { FailureReason } from "../../src/domain/Failure.ts"

const done = (stdout: string) => ({ exitCode: 0, stdout, stderr: "Loading IANA PEN Registry...\n" })
const failed = (...lines: ReadonlyArray<string>) => ({
  exitCode: 1,
  stdout: "",
  stderr: ["Loading IANA PEN Registry...", ...lines, ""].join("\n")
})
const noSession = "Error: Unable to establish IPMI v2 / RMCP+ session"

const check = (reason: FailureReason, telling: string, ...lines: ReadonlyArray<string>) =>
  it(`takes "${telling}" for ${reason}`, () => {
    const error = parsePower(failed(...lines))
    assert.instanceOf(error, BmcError)
    assert.deepStrictEqual(error instanceof BmcError && [error.reason, error.message, error.withheld], [
      reason,
      `ipmitool: ${telling}`,
      false
    ])
  })

describe("IpmitoolOutput: results", () => {
  it("reads on and off", () => {
    assert.strictEqual(parsePower(done("Chassis Power is on\n")), "power on")
    assert.strictEqual(parsePower(done("Chassis Power is off\n")), "power off")
  })

  it("takes nothing else for a power state, whatever the exit code says", () => {
    for (const stdout of [
      "",
      "on",
      "Chassis Power is on and off",
      "Chassis Power is unknown",
      "x Chassis Power is on"
    ]) {
      const error = parsePower(done(stdout))
      assert.strictEqual(error instanceof BmcError && error.reason, "Protocol", stdout)
    }
  })

  it("takes an accepted command for accepted", () => {
    for (const word of ["Up/On", "Down/Off", "Cycle", "Reset", "Soft", "Diag"]) {
      assert.isUndefined(parseControl(done(`Chassis Power Control: ${word}\n`)))
    }
    assert.strictEqual(parseControl(done(""))?.reason, "Protocol")
  })
})

describe("IpmitoolOutput: failures", () => {
  check("AuthenticationFailed", "RAKP 2 HMAC is invalid", "> RAKP 2 HMAC is invalid", noSession)
  const integrity = "RAKP 4 message has invalid integrity check value"
  check("AuthenticationFailed", integrity, `> ${integrity}`, noSession)
  const unknownUser = "RAKP 2 message indicates an error : unauthorized name"
  check("AuthenticationFailed", unknownUser, unknownUser, noSession)
  check(
    "AuthenticationFailed",
    "lanplus: password is longer than 20 bytes.",
    "lanplus: password is longer than 20 bytes."
  )
  check(
    "AuthenticationFailed",
    "Activate Session command failed",
    "Activate Session command failed",
    "Error: Unable to establish LAN session",
    "Error: Unable to establish IPMI v1.5 / RMCP session"
  )
  const suite = "Error in open session response message : invalid authentication algorithm"
  check("Unsupported", suite, suite, "", noSession)
  // from the table of words
  const full = "Error in open session response message : insufficient resources for session"
  check("SessionsExhausted", full, full, "", noSession)
  const inactive = "RAKP 2 message indicates an error : inactive session ID"
  check("Protocol", inactive, inactive, noSession)
  check(
    "Unreachable",
    "Error: Unable to establish IPMI v2 / RMCP+ session",
    "Get Auth Capabilities error",
    "Error issuing Get Channel Authentication Capabilities request",
    noSession
  )
  check(
    "Unreachable",
    "Address lookup for nosuch.invalid failed",
    "Address lookup for nosuch.invalid failed",
    "Could not open socket!",
    noSession
  )
  const harmless = [
    "Running Get VSO Capabilities my_addr 0x20, transit 0, target 0x20",
    "Invalid completion code received: Invalid command",
    "Discovered IPMB address 0x0"
  ]
  const refusal = (meaning: string) => `Set Chassis Power Control to Up/On failed: ${meaning}`
  check("Protocol", refusal("Invalid data field in request"), ...harmless, refusal("Invalid data field in request"))
  check("Unsupported", refusal("Insufficient privilege level"), ...harmless, refusal("Insufficient privilege level"))
  // from the table of words
  check("Busy", refusal("Node busy"), ...harmless, refusal("Node busy"))
  check("Protocol", "something new", "something new")

  it("knows a refused cipher suite, also when it is called a lack of resources", () => {
    assert.isTrue(refusedSuite(failed(suite, "", noSession)))
    assert.isTrue(refusedSuite(failed(full, "", noSession)))
    assert.isFalse(refusedSuite(failed("> RAKP 2 HMAC is invalid", noSession)))
    assert.isFalse(refusedSuite(done("Chassis Power is on\n")))
  })

  it("never tells more than a line", () => {
    const error = parsePower(failed("x".repeat(10_000)))
    assert.isBelow(error instanceof BmcError ? error.message.length : Infinity, 200)
  })
})
