/** Answers of controllers that a BMC passes on in a message of their own, after an answer without data. */
import { assert, describe, expect, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { bridge } from "../../../src/ipmi/bridging/BridgedSession.ts"
import { disclose, passedOn, type Route } from "../../../src/ipmi/bridging/Route.ts"
import { getDeviceId } from "../../../src/ipmi/commands/GetDeviceId.ts"
import { getSelfTestResults } from "../../../src/ipmi/commands/GetSelfTestResults.ts"
import { encodeIpmiResponse, type IpmiResponse } from "../../../src/ipmi/wire/IpmiMessage.ts"
import type { Passing } from "../../../src/simulator/MemoryNetwork.ts"
import { passing } from "../../simulator/clients.ts"
import { begin, isDone, lab, reasonOf } from "../support/lab.ts"
import { hex } from "../support/hex.ts"

const single: Route = { target: { channel: 0, address: 0x82 } }
const double: Route = { target: { channel: 7, address: 0xc4 }, transit: { channel: 0, address: 0x82 } }
const selfTest = { netFn: 0x06, lun: 0, command: 0x04, data: new Uint8Array(0) }

/** Of the wrapped message, and of the Send Message that carries it. */
const wrappedSeq = 6
const wrappingSeq = 33

/** The BMC's own answer to Send Message: that it was sent, unless told otherwise. */
const own = (overrides: Partial<IpmiResponse> = {}): IpmiResponse => ({
  rsAddr: 0x20,
  netFn: 0x06,
  rsLun: 0,
  rqAddr: 0x81,
  rqSeq: wrappingSeq,
  rqLun: 0,
  command: 0x34,
  completionCode: 0,
  data: hex(""),
  ...overrides
})

/** The controller's: its self test passed. */
const controllers = (overrides: Partial<IpmiResponse> = {}): IpmiResponse =>
  own({ rsAddr: 0x82, command: 0x04, rqSeq: wrappedSeq, data: hex("55 00"), ...overrides })

const toldBy = (route: Route, response: IpmiResponse | undefined) => {
  assert.isDefined(response)
  expect(response).toMatchObject({ netFn: 0x06, command: 0x34, completionCode: 0 })
  return disclose(route, selfTest, response.data)
}

describe("a request for a controller behind the BMC", () => {
  it("waits on after the BMC has said that it was sent", () => {
    expect(passedOn(single, selfTest, wrappedSeq)(own(), true)).toBeUndefined()
  })

  it("is ended by the BMC's own answer when that holds the controller's, or refuses", () => {
    const answerFrom = passedOn(single, selfTest, wrappedSeq)
    for (const response of [own({ data: hex("20 1c c4 82 18 04 00 55 00 0d") }), own({ completionCode: 0x83 })]) {
      expect(answerFrom(response, true)).toBe(response)
    }
  })

  it.each([
    ["the wrapped message", wrappedSeq],
    ["the wrapping one", wrappingSeq]
  ])("is ended by the controller's answer with the number of %s", (_, rqSeq) => {
    const answerFrom = passedOn(single, selfTest, wrappedSeq)
    answerFrom(own(), true)
    expect(toldBy(single, answerFrom(controllers({ rqSeq }), false))).toMatchObject({
      ok: true,
      value: { _tag: "Answered", answer: { rsAddr: 0x82, completionCode: 0, data: hex("55 00") } }
    })
  })

  it("is ended by the controller's answer even where that overtakes the BMC's own", () => {
    expect(passedOn(single, selfTest, wrappedSeq)(controllers(), false)).toBeDefined()
  })

  it("is ended by the controller's refusal, which stays the controller's", () => {
    const refusal = passedOn(single, selfTest, wrappedSeq)(controllers({ completionCode: 0xc1, data: hex("") }), false)
    expect(toldBy(single, refusal)).toMatchObject({
      ok: true,
      value: { _tag: "Answered", answer: { completionCode: 0xc1 } }
    })
  })

  it.each<[string, Partial<IpmiResponse>]>([
    ["another controller", { rsAddr: 0x84 }],
    ["the BMC", { rsAddr: 0x20 }],
    ["another network function", { netFn: 0x04 }],
    ["another command", { command: 0x01 }],
    ["an earlier request", { rqSeq: wrappedSeq - 1 }],
    ["an earlier try", { rqSeq: wrappingSeq - 1 }]
  ])("is not ended by an answer that is of %s", (_, other) => {
    const answerFrom = passedOn(single, selfTest, wrappedSeq)
    answerFrom(own(), true)
    expect(answerFrom(controllers(other), false)).toBeUndefined()
  })

  it("does not take an answer for its own that has the number of a wrapping message by chance, before that is answered", () => {
    expect(passedOn(single, selfTest, wrappedSeq)(controllers({ rqSeq: wrappingSeq }), false)).toBeUndefined()
  })
})

describe("a request for a controller behind a controller", () => {
  const transits = (overrides: Partial<IpmiResponse>) => controllers({ command: 0x34, ...overrides })

  it("is ended by what the controller on the way hands on, and waits while that only says that it sent it", () => {
    const answerFrom = passedOn(double, selfTest, wrappedSeq)
    expect(answerFrom(own(), true)).toBeUndefined()
    expect(answerFrom(transits({ data: hex("") }), false)).toBeUndefined()
    const inner = encodeIpmiResponse(controllers({ rsAddr: 0xc4 }))
    expect(toldBy(double, answerFrom(transits({ data: inner }), false))).toMatchObject({
      ok: true,
      value: { _tag: "Answered", answer: { rsAddr: 0xc4, data: hex("55 00") } }
    })
  })

  it("is ended by a refusal of the controller on the way, which is told apart", () => {
    const refusal = passedOn(double, selfTest, wrappedSeq)(transits({ completionCode: 0x83, data: hex("") }), false)
    expect(toldBy(double, refusal)).toEqual({ ok: true, value: { _tag: "RefusedByTransit", completionCode: 0x83 } })
  })

  it("is not ended by an answer of the controller on the way to the command itself", () => {
    expect(passedOn(double, selfTest, wrappedSeq)(controllers(), false)).toBeUndefined()
  })
})

describe("a bridged session, whose BMC passes answers on in messages of their own", () => {
  const apart = { channel: 0, address: 0x84 }
  const behindApart: Route = { target: { channel: 7, address: 0xc4 }, transit: apart }

  it.effect("asks a controller, and one behind that, as where they come in the BMC's own", () =>
    lab({}, ({ client, passed, target }) =>
      Effect.gen(function* () {
        const session = yield* client.session(target())
        yield* passing(session.request(getDeviceId))
        const before = passed.length
        expect(yield* passing(bridge(session, { target: apart }).request(getDeviceId))).toMatchObject({ productId: 4 })
        expect(passed.slice(before).map(({ direction }) => direction)).toEqual(["request", "answer", "answer"])
        expect(yield* passing(bridge(session, behindApart).request(getDeviceId))).toMatchObject({ productId: 3 })
        const nobody = bridge(session, { ...behindApart, target: { channel: 7, address: 0x90 } })
        expect(yield* reasonOf(passing(nobody.request(getDeviceId)))).toMatchObject({ completionCode: 0x83 })
      })
    )
  )

  it.effect(
    "asks again when one is lost, and does not take it for the answer to a later request when it comes late",
    () =>
      lab({}, ({ client, network, target }) =>
        Effect.gen(function* () {
          const session = yield* client.session(target())
          yield* passing(session.request(getDeviceId))

          const late: Array<Passing> = []
          let answers = 0
          network.intercept((datagram) => {
            if (datagram.direction === "request" || ++answers !== 2) return [datagram]
            late.push(datagram)
            return []
          })
          const first = bridge(session, behindApart).request(getDeviceId)
          expect(yield* passing(first)).toMatchObject({ productId: 3 })
          expect(answers).toBe(4)

          // The later one is answered by nothing but what is late: the BMC's word that it was sent, then the held back answer.
          network.intercept((datagram) => {
            if (datagram.direction === "request") return [datagram]
            return ++answers % 2 === 1 ? [datagram, ...late] : []
          })
          const second = yield* begin(bridge(session, behindApart).request(getSelfTestResults))
          assert.isFalse(isDone(second))
          network.intercept(undefined)
          expect(yield* passing(Fiber.join(second))).toEqual({ code: 0x55, detail: 0 })
        })
      )
  )
})
