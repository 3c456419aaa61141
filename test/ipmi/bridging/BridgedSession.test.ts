import { assert, describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { bridge, describeRoute } from "../../../src/ipmi/bridging/BridgedSession.ts"
import { disclose, enclose, type Route } from "../../../src/ipmi/bridging/Route.ts"
import { getDeviceId } from "../../../src/ipmi/commands/GetDeviceId.ts"
import { getSelfTestResults } from "../../../src/ipmi/commands/GetSelfTestResults.ts"
import { makeRawCommand } from "../../../src/ipmi/commands/RawCommand.ts"
import { passing, sessionTo, simulated } from "../../simulator/clients.ts"
import { hex } from "../support/hex.ts"

const single: Route = { target: { channel: 0, address: 0x82 } }
const double: Route = { target: { channel: 7, address: 0xc4 }, transit: { channel: 0, address: 0x82 } }
const deviceId = { netFn: 0x06, lun: 0, command: 0x01, data: new Uint8Array(0) }
const selfTest = { ...deviceId, command: 0x04 }

describe("a message for a controller behind the BMC", () => {
  it("is wrapped once, with tracking and both checksums", () => {
    // `ipmitool -t 0x82 -b 0 raw 6 1` (1.8.19) sends 4082186681180166: the same, but from the console (0x81), not the BMC.
    expect(enclose(single, deviceId, 6)).toEqual(hex("40 82 18 66 20 18 01 c7"))
  })

  it("is wrapped twice for a controller behind a controller", () => {
    // `ipmitool -t 0xc4 -b 7 -T 0x82 -B 0 raw 6 1`: 4082186681183447c41824201801c7ec, the outer from 0x81.
    expect(enclose(double, deviceId, 6)).toEqual(hex("40 82 18 66 20 18 34 47 c4 18 24 20 18 01 c7 4d"))
  })

  it("is answered by the target's own message", () => {
    const answer = hex("20 1c c4 82 18 04 00 55 00 0d")
    expect(disclose(single, selfTest, answer)).toMatchObject({
      ok: true,
      value: { _tag: "Answered", answer: { command: 4, completionCode: 0, data: hex("55 00") } }
    })
  })

  it.each([
    ["header checksum", "20 1c c5 82 18 04 00 55 00 0d"],
    ["data checksum", "20 1c c4 82 18 04 00 55 00 0e"],
    ["length", "20 1c c4 82"],
    ["command", "20 1c c4 82 18 05 00 55 00 0c"]
  ])("is not answered by one with a wrong %s", (_, answer) => {
    expect(disclose(single, selfTest, hex(answer))).toMatchObject({ ok: false })
  })

  it("that the BMC took without handing the answer back is told apart", () => {
    expect(disclose(single, selfTest, hex(""))).toEqual({ ok: true, value: { _tag: "AnsweredApart" } })
  })

  it("names its way in words", () => {
    expect(describeRoute(double)).toBe("0xc4 on channel 7 behind 0x82 on channel 0")
  })
})

describe("a bridged session", () => {
  it.effect("asks a controller behind the BMC, and one behind that, anything", () =>
    Effect.gen(function* () {
      const session = yield* sessionTo(0)
      expect(yield* session.request(getDeviceId)).toMatchObject({ deviceId: 0x20, productId: 1 })
      const behind = bridge(session, single)
      expect(yield* behind.request(getDeviceId)).toMatchObject({ deviceId: 0x21, productId: 2 })
      expect(yield* behind.request(getSelfTestResults)).toEqual({ code: 0x55, detail: 0 })
      expect(yield* bridge(session, double).request(getDeviceId)).toMatchObject({ deviceId: 0x22, productId: 3 })
      expect(session.info().logins).toBe(1)
    }).pipe(Effect.provide(simulated({ count: 1 })))
  )

  it.effect("tells a refusal by the controller from one on the way", () =>
    Effect.gen(function* () {
      const session = yield* sessionTo(0)
      const unknown = makeRawCommand({ netFn: 0x06, lun: 0, command: 0x99, data: new Uint8Array(0) })
      const refusal = (route: Route) => Effect.flip(passing(bridge(session, route).request(unknown)))
      expect((yield* refusal(single)).reason).toMatchObject({ _tag: "CommandRejected", completionCode: 0xc1 })
      const nobody = (yield* refusal({ target: { channel: 0, address: 0x90 } })).reason
      expect(nobody).toMatchObject({ _tag: "CommandRejected", completionCode: 0x83 })
      expect(nobody.message).toContain("raw 0x06 0x99 to 0x90 on channel 0 was refused: no controller at this address")
      const further = (yield* refusal({ ...double, target: { channel: 7, address: 0x90 } })).reason
      expect(further).toMatchObject({ _tag: "CommandRejected", completionCode: 0x83 })
      expect(further.message).toContain("behind 0x82")
    }).pipe(Effect.provide(simulated({ count: 1 })))
  )

  it.effect("leaves the BMC's own session open", () =>
    Effect.gen(function* () {
      const session = yield* sessionTo(0)
      const behind = bridge(session, single)
      yield* behind.request(getDeviceId)
      yield* behind.close
      assert.isTrue(session.info().open)
    }).pipe(Effect.provide(simulated({ count: 1 })))
  )
})
