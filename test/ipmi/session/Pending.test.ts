/** What becomes of a request's answer, and of the privilege level that was asked for. */
import { describe, expect, it } from "vitest"
import { getPower } from "../../../src/ipmi/commands/GetChassisStatus.ts"
import type { IpmiReason } from "../../../src/ipmi/IpmiError.ts"
import { answers, conclude, makePending } from "../../../src/ipmi/session/Pending.ts"
import { needsRaising, raisePrivilege } from "../../../src/ipmi/session/RaisePrivilege.ts"
import type { IpmiResponse } from "../../../src/ipmi/wire/IpmiMessage.ts"

const response = (overrides: Partial<IpmiResponse>): IpmiResponse => ({
  rsAddr: 0x20,
  netFn: 0x00,
  rsLun: 0,
  rqAddr: 0x81,
  rqSeq: 62,
  rqLun: 0,
  command: 0x01,
  completionCode: 0,
  data: Uint8Array.of(1, 0, 0),
  ...overrides
})

describe("a response", () => {
  it("answers a request by network function, command and the sequence number of one of its tries", () => {
    const pending = { ...makePending(getPower, { onReply: () => {}, onError: () => {} }, 0), firstSeq: 62, tries: 3 }
    const fits = (overrides: Partial<IpmiResponse>) => answers(response(overrides), pending)
    expect([62, 63, 0].map((rqSeq) => fits({ rqSeq }))).toEqual([true, true, true])
    expect([61, 1, 30].map((rqSeq) => fits({ rqSeq }))).toEqual([false, false, false])
    expect(fits({ command: 0x02 })).toBe(false)
    expect(fits({ netFn: 0x06 })).toBe(false)
  })

  it("to a request that was withdrawn is for nobody", () => {
    const pending = makePending(
      getPower,
      { onReply: () => expect.unreachable(), onError: () => expect.unreachable() },
      0
    )
    pending.handler = undefined
    expect(() => conclude(pending, response({}))).not.toThrow()
  })
})

describe("the privilege level", () => {
  const outcomes = (answer: Partial<IpmiResponse>) => {
    const seen: Array<"granted" | IpmiReason> = []
    const pending = raisePrivilege("OPERATOR", 0, {
      onGranted: () => seen.push("granted"),
      onRefused: (reason) => seen.push(reason)
    })
    conclude(pending, response({ netFn: 0x06, command: 0x3b, ...answer }))
    return seen
  }

  it("is granted by the level that was asked for, or a higher one", () => {
    expect(outcomes({ data: Uint8Array.of(3) })).toEqual(["granted"])
    expect(outcomes({ data: Uint8Array.of(4) })).toEqual(["granted"])
  })

  it("is not granted by a lower one, and the error names both", () => {
    expect(outcomes({ data: Uint8Array.of(2) })).toMatchObject([
      {
        _tag: "AuthenticationFailed",
        detail: "privilege level OPERATOR was not granted: the BMC grants USER only"
      }
    ])
  })

  it("that is refused says why", () => {
    expect(outcomes({ completionCode: 0x81 })).toMatchObject([
      { _tag: "AuthenticationFailed", detail: expect.stringContaining("exceeds the limit") }
    ])
  })

  it("needs no raising up to USER", () => {
    expect((["CALLBACK", "USER", "OPERATOR", "ADMINISTRATOR"] as const).map(needsRaising)).toEqual([
      false,
      false,
      true,
      true
    ])
  })
})
