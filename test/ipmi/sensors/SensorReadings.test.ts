import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { encodeSensorReading, type SensorReading } from "../../../src/ipmi/commands/GetSensorReading.ts"
import { encodeSensorReadingFactors } from "../../../src/ipmi/commands/GetSensorReadingFactors.ts"
import { encodeSensorThresholds } from "../../../src/ipmi/commands/GetSensorThresholds.ts"
import { decodeSendMessage, sendMessage } from "../../../src/ipmi/commands/SendMessage.ts"
import { IpmiError, ResponseTimeout } from "../../../src/ipmi/IpmiError.ts"
import { readSensors } from "../../../src/ipmi/sensors/SensorReadings.ts"
import type { Sensor } from "../../../src/ipmi/sensors/Sensors.ts"
import { decodeIpmiRequest, encodeIpmiResponse } from "../../../src/ipmi/wire/IpmiMessage.ts"
import { value } from "../support/goldens.ts"
import { type Answer, scriptedBmc } from "../support/scriptedBmc.ts"
import { compactRecord, fullRecord } from "./records.ts"

const reading = (some: Partial<SensorReading>): Uint8Array =>
  encodeSensorReading({
    raw: 0,
    eventMessagesEnabled: true,
    scanningEnabled: true,
    unavailable: false,
    states: 0,
    ...some
  })

/** Reads one sensor of a BMC that answers each of the three commands so. */
const readOne = (
  sensor: Sensor,
  answers: { readonly reading?: Answer; readonly thresholds?: Answer; readonly factors?: (raw: number) => Answer },
  thresholds = false
) => {
  const { asked, session } = scriptedBmc(({ command, data }) => {
    if (command === 0x2d) return answers.reading ?? 0xcb
    if (command === 0x27) return answers.thresholds ?? 0xcd
    return answers.factors?.(data[1] ?? 0) ?? 0xc1
  })
  return Effect.map(readSensors(session, [sensor], { thresholds }), ([status]) => {
    assert.isDefined(status)
    return { ...status, commands: asked.map(({ command }) => command), luns: asked.map(({ lun }) => lun) }
  })
}

describe("a sensor", () => {
  it.effect("has a value by its factors and the worst of its crossed thresholds", () =>
    Effect.gen(function* () {
      const sensor = fullRecord({ ownerLun: 2, factors: { ...fullRecord({}).factors, m: 5, resultExponent: -1 } })
      const status = yield* readOne(sensor, { reading: reading({ raw: 170, states: 0xc0 | 0b011000 }) })
      assert.deepInclude(status, { value: 85, states: ["upper critical"], problem: undefined, thresholds: undefined })
      assert.deepStrictEqual(status.luns, [2])
    })
  )

  it.effect("of states has those that hold, and a value only where a unit says of what", () =>
    Effect.gen(function* () {
      const answer = { reading: reading({ raw: 40, states: 0b11 }) }
      assert.deepInclude(yield* readOne(compactRecord({}), answer), { value: undefined, states: ["present", "failed"] })
      const full = { sensorType: 0x08, readingType: 0x6f }
      const unit = { ...fullRecord({}).unit, base: 0 }
      assert.deepInclude(yield* readOne(fullRecord({ ...full, unit }), answer), { value: undefined })
      assert.deepInclude(yield* readOne(fullRecord(full), answer), { value: 40, states: ["present", "failed"] })
      const noAnalog = { ...fullRecord({}).unit, format: "none" } as const
      assert.deepInclude(yield* readOne(fullRecord({ unit: noAnalog }), answer), { value: undefined })
    })
  )

  it.effect("without a reading, or switched off, has no value and says why", () =>
    Effect.gen(function* () {
      const nothing = { value: undefined, states: [] }
      const gone = yield* readOne(fullRecord({}), { reading: reading({ raw: 9, unavailable: true, states: 1 }) })
      assert.deepInclude(gone, { ...nothing, problem: "no reading" })
      const off = yield* readOne(fullRecord({}), { reading: reading({ raw: 9, scanningEnabled: false }) })
      assert.deepInclude(off, { ...nothing, problem: "disabled" })
      const refused = yield* readOne(fullRecord({}), {})
      assert.match(refused.problem ?? "", /requested sensor, data or record not present/)
      const nonsense = yield* readOne(fullRecord({}), { reading: Uint8Array.of(1) })
      assert.match(nonsense.problem ?? "", /Get Sensor Reading has 1 bytes/)
    })
  )

  it.effect("of another controller is asked for by way of the BMC, on its channel", () =>
    Effect.gen(function* () {
      const { asked, session } = scriptedBmc(({ command, data, netFn }) => {
        if (netFn !== sendMessage.netFn || command !== sendMessage.command) return 0xc1
        const sent = value(decodeSendMessage(data))
        const request = value(decodeIpmiRequest(sent.message))
        assert.deepInclude(request, { rsAddr: 0x2c, rsLun: 1, netFn: 0x04, command: 0x2d, data: Uint8Array.of(1) })
        assert.strictEqual(sent.channel, 6)
        return encodeIpmiResponse({ ...request, completionCode: 0, data: reading({ raw: 33 }) })
      })
      const sensor = fullRecord({ ownerId: 0x2c, channel: 6, ownerLun: 1 })
      const [status] = yield* readSensors(session, [sensor], { thresholds: false })
      assert.deepInclude(status, { value: 33, states: ["ok"], problem: undefined })
      assert.strictEqual(asked.length, 1)
    })
  )

  it.effect("of another controller that isn't there says so, and of system software is not asked for", () =>
    Effect.gen(function* () {
      const { asked, session } = scriptedBmc(() => 0x83)
      const sensors = [fullRecord({ ownerId: 0x2c }), fullRecord({ ownerId: 0x41 })]
      const [gone, software] = yield* readSensors(session, sensors, { thresholds: false })
      assert.match(gone?.problem ?? "", /no controller at this address/)
      assert.match(software?.problem ?? "", /system software/)
      assert.strictEqual(asked.length, 1)
    })
  )

  it.effect("that is not linear has factors asked for with each reading and threshold", () =>
    Effect.gen(function* () {
      const factors = (raw: number) => encodeSensorReadingFactors(0, { ...fullRecord({}).factors, m: raw < 50 ? 2 : 3 })
      const status = yield* readOne(
        fullRecord({ linearization: 0x70 }),
        {
          reading: reading({ raw: 10 }),
          thresholds: encodeSensorThresholds([undefined, undefined, undefined, 100, undefined, undefined]),
          factors
        },
        true
      )
      assert.deepInclude(status, { value: 20 })
      assert.deepStrictEqual(status.thresholds, [undefined, undefined, undefined, 300, undefined, undefined])
    })
  )

  it.effect("fails for all when the BMC no longer answers", () =>
    Effect.gen(function* () {
      const silence = new IpmiError({
        reason: new ResponseTimeout({ operation: "Get Sensor Reading", attempts: 5, waitedMillis: 1 })
      })
      const error = yield* Effect.flip(readOne(fullRecord({}), { reading: silence }))
      assert.strictEqual(error.reason._tag, "ResponseTimeout")
    })
  )
})

describe("thresholds", () => {
  const thresholdsOf = (sensor: Sensor, thresholds?: Answer) =>
    readOne(sensor, { reading: reading({ raw: 30 }), ...(thresholds === undefined ? {} : { thresholds }) }, true)

  it.effect("are the BMC's, in the sensor's unit", () =>
    Effect.gen(function* () {
      const unit = { ...fullRecord({}).unit, format: "twosComplement" } as const
      const status = yield* thresholdsOf(
        fullRecord({ unit }),
        encodeSensorThresholds([0xfb, 2, undefined, 80, 90, undefined])
      )
      assert.deepStrictEqual(status.thresholds, [-5, 2, undefined, 80, 90, undefined])
    })
  )

  it.effect("are the record's where they are fixed, those that its mask has", () =>
    Effect.gen(function* () {
      const fixed = yield* thresholdsOf(fullRecord({ readingMask: 0x001a, capabilities: 0x4c }))
      assert.deepStrictEqual(fixed.thresholds, [undefined, 5, undefined, 80, 90, undefined])
      assert.deepStrictEqual(fixed.commands, [0x2d])
    })
  )

  it.effect("are unknown where the BMC refuses to tell", () =>
    Effect.gen(function* () {
      const refused = yield* thresholdsOf(fullRecord({}))
      assert.deepInclude(refused, { value: 30, thresholds: undefined })
      assert.deepStrictEqual(refused.commands, [0x2d, 0x27])
    })
  )

  it.effect("are not asked for where the sensor has none", () =>
    Effect.gen(function* () {
      for (const sensor of [fullRecord({ capabilities: 0x40 }), compactRecord({}), compactRecord({ readingType: 1 })]) {
        const status = yield* thresholdsOf(sensor)
        assert.isUndefined(status.thresholds)
        assert.deepStrictEqual(status.commands, [0x2d])
      }
    })
  )
})
