import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { IpmiSession } from "../../src/ipmi/IpmiClient.ts"
import { readSdrRepository } from "../../src/ipmi/sensors/SdrRepository.ts"
import { readSensors, type SensorStatus } from "../../src/ipmi/sensors/SensorReadings.ts"
import { decodeRecords, sensorsOf } from "../../src/ipmi/sensors/Sensors.ts"
import { Fleet } from "../../src/simulator/Fleet.ts"
import { instantPower } from "../../src/simulator/Chassis.ts"
import { MemoryNetwork } from "../../src/simulator/MemoryNetwork.ts"
import { failure, passing, raw, sessionTo, simulated } from "./clients.ts"

const readAll = (session: IpmiSession) =>
  Effect.gen(function* () {
    const repository = yield* readSdrRepository(session)
    const { malformed, records } = decodeRecords(repository.records)
    assert.deepStrictEqual(malformed, [])
    return yield* readSensors(session, sensorsOf(records), { thresholds: true })
  })

const named = (statuses: ReadonlyArray<SensorStatus>, name: string): SensorStatus => {
  const status = statuses.find(({ sensor }) => sensor.name === name)
  assert.isDefined(status)
  return status
}

const oneBmc = simulated({ count: 1, powerTiming: instantPower })

describe("the sensors of a simulated BMC", () => {
  it.effect("are a server's: temperatures, fans, voltages, power, drives and supplies, within their ranges", () =>
    Effect.gen(function* () {
      const statuses = yield* passing(Effect.flatMap(sessionTo(0), readAll))
      assert.isAtLeast(statuses.length, 20)
      const between = (name: string, low: number, high: number) => {
        const { problem, value } = named(statuses, name)
        assert.isUndefined(problem)
        assert.isAtLeast(value ?? Number.NaN, low, name)
        assert.isAtMost(value ?? Number.NaN, high, name)
      }
      between("Inlet Temp", 18, 27)
      between("Exhaust Temp", 30, 46)
      between("FAN1", 700, 7800)
      between("12V", 11.8, 12.2)
      between("PSU1 Input Power", 110, 340)
      between("Airflow", 40, 90)
      assert.include(named(statuses, "Drive 4").states, "present")
      assert.include(named(statuses, "PSU 2").states, "present")
      assert.deepStrictEqual(named(statuses, "ACPI State").states, ["S0/G0 working"])
      const [lnc, lc, , unc] = named(statuses, "FAN1").thresholds ?? []
      assert.deepStrictEqual([lnc, lc, unc], [1400, 980, undefined])
    }).pipe(Effect.scoped, Effect.provide(oneBmc))
  )

  it("move with the clock, and come back the same at the same time with the same seed", () => {
    const valuesAt = (seed: number, nowMillis: number) => {
      const fleet = new Fleet(
        { count: 1, seed },
        { monotonicMillis: () => nowMillis, unixMillis: () => 0, after: () => {} }
      )
      return Array.from({ length: 19 }, (_, index) => fleet.bmcs[0]?.sensors.reading(index + 1, true, nowMillis)?.raw)
    }
    assert.deepStrictEqual(valuesAt(3, 90_000), valuesAt(3, 90_000))
    assert.notDeepEqual(valuesAt(3, 90_000), valuesAt(3, 0))
    assert.notDeepEqual(valuesAt(3, 90_000), valuesAt(4, 90_000))
  })

  it.effect("have no reading while the server is off, but for what is powered from standby", () =>
    Effect.gen(function* () {
      const { fleet } = yield* MemoryNetwork
      fleet.setPower("all", false)
      const statuses = yield* passing(Effect.flatMap(sessionTo(0), readAll))
      for (const name of ["FAN1", "CPU1 Temp", "12V", "CPU Load"]) {
        assert.deepInclude(named(statuses, name), { value: undefined, problem: "no reading" })
      }
      assert.isUndefined(named(statuses, "3.3V Standby").problem)
      assert.isAtMost(named(statuses, "PSU1 Input Power").value ?? Number.NaN, 16)
      assert.deepStrictEqual(named(statuses, "ACPI State").states, ["S5/G2 soft-off"])
    }).pipe(Effect.scoped, Effect.provide(oneBmc))
  )

  it.effect("say so when a threshold is crossed: a fan in some hundreds runs too slowly", () =>
    Effect.gen(function* () {
      const { fleet } = yield* MemoryNetwork
      const slow = fleet.bmcs.findIndex((bmc) => (bmc.sensors.reading(6, true, 0)?.states ?? 0) !== 0)
      assert.isAtLeast(slow, 0)
      const statuses = yield* passing(Effect.flatMap(sessionTo(slow), readAll))
      const { sensor, states, value } = named(statuses, "FAN1")
      assert.strictEqual(sensor.number, 6)
      assert.match(states.join(), /^lower (?:non-)?critical$/)
      assert.isAtMost(value ?? Number.NaN, 1400)
    }).pipe(Effect.scoped, Effect.provide(simulated({ count: 300 })))
  )

  it.effect("take a reservation for parts of a record, which another reservation or a change cancels", () =>
    Effect.gen(function* () {
      const { fleet } = yield* MemoryNetwork
      const session = yield* sessionTo(0)
      const part = (reservation: Uint8Array) => raw(0x0a, 0x23, ...reservation, 1, 0, 5, 16)
      const reserve = session.request(raw(0x0a, 0x22))
      const asked = Effect.gen(function* () {
        const first = yield* reserve
        assert.strictEqual((yield* session.request(part(first))).length, 18)
        const second = yield* reserve
        assert.deepInclude(yield* failure(session.request(part(first))), { completionCode: 0xc5 })
        assert.strictEqual((yield* session.request(part(second))).length, 18)
        fleet.bmcs[0]?.sensors.changeRecords()
        assert.deepInclude(yield* failure(session.request(part(second))), { completionCode: 0xc5 })
      })
      yield* passing(asked)
    }).pipe(Effect.scoped, Effect.provide(oneBmc))
  )

  it.effect("are read from kept records until those change", () =>
    Effect.gen(function* () {
      const { fleet } = yield* MemoryNetwork
      const session = yield* sessionTo(0)
      const first = yield* passing(readSdrRepository(session))
      assert.strictEqual(yield* passing(readSdrRepository(session, first)), first)
      fleet.bmcs[0]?.sensors.changeRecords()
      assert.notStrictEqual(yield* passing(readSdrRepository(session, first)), first)
    }).pipe(Effect.scoped, Effect.provide(oneBmc))
  )

  it.effect("are refused by number: one that isn't there, one without thresholds", () =>
    Effect.gen(function* () {
      const session = yield* sessionTo(0)
      const refusal = (...request: Parameters<typeof raw>) => passing(failure(session.request(raw(...request))))
      assert.deepInclude(yield* refusal(0x04, 0x2d, 250), { completionCode: 0xcb })
      assert.deepInclude(yield* refusal(0x04, 0x27, 25), { completionCode: 0xcd })
      assert.deepInclude(yield* refusal(0x04, 0x2d), { completionCode: 0xc7 })
      assert.deepInclude(yield* refusal(0x0a, 0x23, 0, 0, 0, 2, 0, 255), { completionCode: 0xcb })
      assert.deepInclude(yield* refusal(0x0a, 0x23, 0, 0), { completionCode: 0xc7 })
    }).pipe(Effect.scoped, Effect.provide(oneBmc))
  )

  it("cost a fleet nothing before they are asked for, and share one set of records", () => {
    const fleet = new Fleet({ count: 2 }, { monotonicMillis: () => 0, unixMillis: () => 0, after: () => {} })
    const [one, two] = fleet.bmcs
    assert.strictEqual(one?.sensors, one?.sensors)
    assert.notStrictEqual(one?.sensors, two?.sensors)
    assert.strictEqual(one?.sensors.records, two?.sensors.records)
  })
})
