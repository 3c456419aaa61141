/** The login's state machine by itself: what is ignored, what refuses, what each refusal is about. */
import { describe, expect, it } from "vitest"
import { suites } from "../../../src/ipmi/session/CipherSuite.ts"
import { rakp2AuthCode, rakp4AuthCode } from "../../../src/ipmi/session/Keys.ts"
import {
  beginLogin,
  continueLogin,
  type LoginInput,
  type LoginState,
  type LoginStep
} from "../../../src/ipmi/session/Login.ts"
import { RoundTrip, waitMillis } from "../../../src/ipmi/session/Patience.ts"
import { encodeOpenSessionResponse } from "../../../src/ipmi/wire/OpenSession.ts"
import { decodeRakp1, decodeRakp3, encodeRakp2, encodeRakp4 } from "../../../src/ipmi/wire/Rakp.ts"
import { payloadOffset, payloadTypes } from "../../../src/ipmi/wire/RmcpPlusPacket.ts"
import { utf8, value } from "../support/goldens.ts"

const input: LoginInput = {
  suite: suites[17],
  consoleSessionId: 0xa0a2a3a4,
  consoleRandom: new Uint8Array(16).fill(1),
  tag: 0xff,
  privilege: 4,
  username: utf8("admin"),
  password: utf8("secret"),
  kg: undefined
}
const bmcSessionId = 0x04030201
const bmcRandom = new Uint8Array(16).fill(2)
const bmcGuid = new Uint8Array(16).fill(3)

const accepted = {
  status: 0,
  tag: 0xff,
  maxPrivilege: 4,
  consoleSessionId: input.consoleSessionId,
  bmcSessionId,
  algorithms: suites[17].algorithms
} as const

const send = (step: LoginStep): Extract<LoginStep, { kind: "send" }> => {
  if (step.kind !== "send") throw new Error(`${step.kind}, not send`)
  return step
}

const openSession = (response: Parameters<typeof encodeOpenSessionResponse>[0]) =>
  continueLogin(input, beginLogin(input).state, payloadTypes.openSessionResponse, encodeOpenSessionResponse(response))

const awaitsRakp2: LoginState = { awaits: "rakp2", bmcSessionId }

const exchange = {
  suite: suites[17],
  consoleSessionId: input.consoleSessionId,
  bmcSessionId,
  consoleRandom: input.consoleRandom,
  bmcRandom,
  bmcGuid,
  role: 0x14,
  username: input.username
}
const goodRakp2 = {
  tag: 0x00,
  status: 0,
  consoleSessionId: input.consoleSessionId,
  bmcRandom,
  bmcGuid,
  authCode: rakp2AuthCode(exchange, input.password)
}
const rakp2 = (message: Partial<typeof goodRakp2>, state = awaitsRakp2) =>
  continueLogin(input, state, payloadTypes.rakp2, encodeRakp2({ ...goodRakp2, ...message }))

describe("a login", () => {
  it("goes from Open Session over RAKP 1 and 3 to the keys, counting its tags on", () => {
    const first = send(openSession(accepted))
    const sent1 = value(decodeRakp1(first.datagram.subarray(payloadOffset)))
    expect(sent1).toEqual({
      tag: 0x00,
      bmcSessionId,
      consoleRandom: input.consoleRandom,
      role: 0x14,
      username: input.username
    })
    const second = send(rakp2({}, first.state as typeof awaitsRakp2))
    expect(value(decodeRakp3(second.datagram.subarray(payloadOffset)))).toMatchObject({
      tag: 0x01,
      status: 0,
      bmcSessionId
    })
    if (second.state.awaits !== "rakp4") throw new Error("does not await RAKP 4")
    const { keys } = second.state
    const rakp4 = {
      tag: 0x01,
      status: 0,
      consoleSessionId: input.consoleSessionId,
      authCode: rakp4AuthCode(exchange, keys)
    }
    const opened = continueLogin(input, second.state, payloadTypes.rakp4, encodeRakp4(rakp4))
    expect(opened).toEqual({ kind: "opened", exchange, keys })
  })

  it("ignores what it does not await, and what is another's", () => {
    const ignored: ReadonlyArray<LoginStep> = [
      openSession({ ...accepted, tag: 3 }),
      openSession({ ...accepted, consoleSessionId: 5 }),
      openSession({ ...accepted, bmcSessionId: 0 }),
      openSession({ status: 0x11, tag: 3, consoleSessionId: undefined }),
      openSession({ status: 0x11, tag: 0xff, consoleSessionId: 5 }),
      rakp2({}, { awaits: "open session response" } as never),
      continueLogin(input, awaitsRakp2, payloadTypes.rakp4, encodeRakp2(goodRakp2)),
      rakp2({ tag: 7 }),
      rakp2({ consoleSessionId: 7 }),
      // Cut off inside of the code: not a wrong password.
      rakp2({ authCode: goodRakp2.authCode.subarray(0, 20) })
    ]
    expect(ignored.map(({ kind }) => kind)).toEqual(ignored.map(() => "ignored"))
  })

  it("does not go on with algorithms it did not propose", () => {
    expect(openSession({ ...accepted, algorithms: suites[3].algorithms })).toMatchObject({
      kind: "refused",
      refusal: "suite"
    })
    expect(openSession({ ...accepted, algorithms: { ...suites[17].algorithms, confidentiality: 0 } })).toMatchObject({
      kind: "refused",
      refusal: "suite"
    })
  })

  it("says farewell to a BMC whose code in RAKP 2 does not verify, and gives it no code of its own", () => {
    for (let byte = 0; byte < 32; byte++) {
      const authCode = goodRakp2.authCode.slice()
      authCode[byte] = (authCode[byte] ?? 0) ^ 0x80
      const step = rakp2({ authCode })
      if (step.kind !== "refused" || step.farewell === undefined) throw new Error("not refused")
      expect(step.refusal).toBe("credential")
      expect(value(decodeRakp3(step.farewell.subarray(payloadOffset)))).toEqual({
        tag: 0x01,
        status: 0x0f,
        bmcSessionId,
        authCode: new Uint8Array(0)
      })
    }
  })

  it("does not open with a RAKP 4 whose check value does not verify, is cut off, or is another's", () => {
    const { state } = send(rakp2({}))
    if (state.awaits !== "rakp4") throw new Error("does not await RAKP 4")
    const authCode = rakp4AuthCode(exchange, state.keys)
    const answer = (message: { tag?: number; authCode?: Uint8Array; status?: number }) =>
      continueLogin(
        input,
        state,
        payloadTypes.rakp4,
        encodeRakp4({ tag: 0x01, status: 0, consoleSessionId: input.consoleSessionId, authCode, ...message })
      )
    expect(answer({}).kind).toBe("opened")
    expect(answer({ authCode: new Uint8Array(16) })).toMatchObject({ kind: "refused", refusal: "credential" })
    expect(answer({ authCode: authCode.subarray(0, 12) }).kind).toBe("ignored")
    expect(answer({ tag: 2 }).kind).toBe("ignored")
    expect(answer({ status: 0x0f, authCode: new Uint8Array(0) })).toMatchObject({
      kind: "refused",
      refusal: "credential",
      detail: "RAKP 4: invalid integrity check value"
    })
  })

  it("tells refusals of the suite, the BMC's room, the credential and this try apart", () => {
    const about = (status: number) => {
      const step = openSession({ status, tag: 0xff, consoleSessionId: input.consoleSessionId })
      return step.kind === "refused" ? step.refusal : step.kind
    }
    expect([0x04, 0x05, 0x06, 0x07, 0x10, 0x11, 0x12].map(about)).toEqual(Array.from({ length: 7 }, () => "suite"))
    expect([0x01, 0x0b].map(about)).toEqual(["resources", "resources"])
    expect([0x09, 0x0a, 0x0c, 0x0d, 0x0e, 0x0f].map(about)).toEqual(Array.from({ length: 6 }, () => "credential"))
    expect([0x02, 0x03, 0x08, 0xc1].map(about)).toEqual(Array.from({ length: 4 }, () => "try again"))
  })
})

describe("patience", () => {
  it("doubles up to two and a half seconds, within a tenth either way", () => {
    expect([0, 1, 2, 3].map((attempt) => waitMillis(attempt, 1_000, 0.5))).toEqual([1_000, 2_000, 2_500, 2_500])
    expect([0, 1, 2, 3].map((attempt) => waitMillis(attempt, 250, 0.5))).toEqual([250, 500, 1_000, 2_000])
    expect(waitMillis(0, 1_000, 0)).toBeCloseTo(900)
    expect(waitMillis(0, 1_000, 1)).toBeCloseTo(1_100)
  })

  it("is a second before anything is known, then follows the round trip between a quarter and a whole second", () => {
    const roundTrip = new RoundTrip()
    expect([roundTrip.millis, roundTrip.baseMillis]).toEqual([null, 1_000])
    roundTrip.record(10)
    expect([roundTrip.millis, roundTrip.baseMillis]).toEqual([10, 250])
    for (let answer = 0; answer < 60; answer++) roundTrip.record(400)
    expect(roundTrip.millis).toBeGreaterThan(390)
    expect(roundTrip.baseMillis).toBeGreaterThan(400)
    expect(roundTrip.baseMillis).toBeLessThan(700)
    for (let answer = 0; answer < 60; answer++) roundTrip.record(4_000)
    expect(roundTrip.baseMillis).toBe(1_000)
  })
})
