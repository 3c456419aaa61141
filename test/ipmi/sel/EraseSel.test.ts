/** Erasing a log under a reservation, step by step. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { IpmiError, ResponseTimeout } from "../../../src/ipmi/IpmiError.ts"
import { clearLog, deleteSelRecord } from "../../../src/ipmi/sel/EraseSel.ts"
import { reasonOf } from "../support/lab.ts"
import { type Answer, scriptedBmc } from "../support/scriptedBmc.ts"

/** A BMC that gives out reservations from 1; the others of its answers are the script's, one each. */
const bmcWith = (...script: ReadonlyArray<Answer>) => {
  const answers = [...script]
  let reservation = 0
  const { asked, session } = scriptedBmc(({ command }) => {
    if (command !== 0x42) return answers.shift() ?? new IpmiError({ reason: notArranged })
    reservation++
    return Uint8Array.of(reservation, 0)
  })
  /** Command and data, the way the specification writes them. */
  const requests = () =>
    asked.map(({ command, data }) => `${command.toString(16)} ${Buffer.from(data).toString("hex")}`.trim())
  return { session, requests }
}

const notArranged = new ResponseTimeout({ operation: "not arranged", attempts: 0, waitedMillis: 0 })
const underWay = Uint8Array.of(0)
const complete = Uint8Array.of(1)
const erase = (reservation: number) => `47 0${reservation}00434c52aa`
const status = (reservation: number) => `47 0${reservation}00434c5200`

describe("clearing the log", () => {
  it.effect("takes a reservation and one request where the BMC is done at once", () =>
    Effect.gen(function* () {
      const { requests, session } = bmcWith(complete)
      yield* clearLog(session)
      assert.deepStrictEqual(requests(), ["42", erase(1)])
    })
  )

  it.effect("asks every quarter of a second until the BMC says that it is done", () =>
    Effect.gen(function* () {
      const { requests, session } = bmcWith(underWay, underWay, 0x81, complete)
      const clearing = yield* Effect.forkChild(clearLog(session))
      yield* TestClock.adjust("249 millis")
      assert.deepStrictEqual(requests(), ["42", erase(1)])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(requests(), ["42", erase(1), "42", status(2)])
      yield* TestClock.adjust("500 millis")
      yield* Fiber.join(clearing)
      assert.deepStrictEqual(requests().slice(-2), ["42", status(4)])
    })
  )

  it.effect("reserves anew when others came between, and gives up at the third time", () =>
    Effect.gen(function* () {
      const { requests, session } = bmcWith(0xc5, 0xc5, complete)
      yield* clearLog(session)
      assert.deepStrictEqual(requests(), ["42", erase(1), "42", erase(2), "42", erase(3)])
      const { session: busy } = bmcWith(0xc5, 0xc5, 0xc5)
      assert.deepInclude(yield* reasonOf(clearLog(busy)), { completionCode: 0xc5 })
    })
  )

  it.effect("does without a reservation where the BMC knows none", () =>
    Effect.gen(function* () {
      const { asked, session } = scriptedBmc(({ command }) => (command === 0x42 ? 0xc1 : complete))
      yield* clearLog(session)
      assert.deepStrictEqual(asked[1]?.data.slice(0, 2), Uint8Array.of(0, 0))
    })
  )

  it.effect("is not repeated when its answer is lost", () =>
    Effect.gen(function* () {
      const { requests, session } = bmcWith(new IpmiError({ reason: notArranged }))
      assert.deepInclude(yield* reasonOf(clearLog(session)), { _tag: "ResponseTimeout" })
      assert.deepStrictEqual(requests(), ["42", erase(1)])
    })
  )

  it.effect("gives up after a minute", () =>
    Effect.gen(function* () {
      const { session } = scriptedBmc(({ command }) => (command === 0x42 ? Uint8Array.of(1, 0) : underWay))
      const clearing = yield* Effect.forkChild(reasonOf(clearLog(session)))
      yield* TestClock.adjust("59 seconds")
      assert.isUndefined(clearing.pollUnsafe())
      yield* TestClock.adjust("1 seconds")
      assert.deepInclude(yield* Fiber.join(clearing), { _tag: "ResponseTimeout", operation: "Clear SEL" })
    })
  )
})

describe("deleting a record", () => {
  it.effect("names the reservation and the record", () =>
    Effect.gen(function* () {
      const { requests, session } = bmcWith(Uint8Array.of(0x02, 0x01))
      assert.deepStrictEqual(yield* deleteSelRecord(session, 0x0102), 0x0102)
      assert.deepStrictEqual(requests(), ["42", "46 01000201"])
    })
  )
})
