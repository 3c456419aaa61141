/** Requests over our client and the simulator: what is read of a BMC, and how often it is asked. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { makeIpmiBmc } from "../../src/bmc/IpmiBmc.ts"
import { SdrPool } from "../../src/bmc/SdrPool.ts"
import type { Turns } from "../../src/bmc/Turns.ts"
import { unknownProfile } from "../../src/domain/BmcProfile.ts"
import { IpmiClient } from "../../src/ipmi/IpmiClient.ts"
import { makeLanClient } from "../../src/ipmi/LanClient.ts"
import { instantPower } from "../../src/simulator/Chassis.ts"
import { MemoryNetwork } from "../../src/simulator/MemoryNetwork.ts"
import { endpointOf, nodeIdOf } from "./endpoints.ts"

/** Turns the test's clock until the effect is through. */
const passing = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
    while (fiber.pollUnsafe() === undefined) yield* TestClock.adjust(10)
    return yield* Fiber.join(fiber)
  })

/** A BMC of the simulator, its requests, and how many exchanges they took. */
const connected = Effect.fnUntraced(function* (index = 0, pool = new SdrPool()) {
  const client = yield* IpmiClient
  const { firstPort, fleet } = yield* MemoryNetwork
  const counted = { exchanges: 0 }
  const turns: Turns = {
    enqueue: (ticket) => {
      counted.exchanges++
      ticket.onTurn()
    },
    finish: () => {}
  }
  const endpoint = endpointOf(nodeIdOf(index + 1), { port: firstPort + index })
  const bmc = yield* makeIpmiBmc(client, endpoint, unknownProfile, pool)
  return { counted, fleet, requests: bmc.requests(turns, "background") }
})

const network = Layer.effect(IpmiClient, makeLanClient).pipe(
  Layer.provideMerge(MemoryNetwork.layer({ count: 2, powerTiming: instantPower }))
)

const check = (does: string, test: Effect.Effect<void, unknown, IpmiClient | MemoryNetwork | Scope.Scope>) =>
  it.effect(does, () => Effect.provide(test, network))

describe("sensors of a BMC", () => {
  check(
    "are read by the SDR repository once, cached by its timestamps, and then by readings only",
    Effect.gen(function* () {
      const { counted, fleet, requests } = yield* connected()
      const first = yield* passing(requests.readSensors({ knownSheet: null }))
      const sensors = first.values.length
      assert.isAbove(sensors, 20)
      assert.isAbove(counted.exchanges, 2 * sensors)
      counted.exchanges = 0
      yield* passing(requests.readSensors({ knownSheet: first.sheetId }))
      // the device id and the repository's timestamps, and each sensor
      assert.strictEqual(counted.exchanges, 2 + sensors)
      fleet.bmcs[0]?.sensors.changeRecords()
      counted.exchanges = 0
      const changed = yield* passing(requests.readSensors({ knownSheet: first.sheetId }))
      assert.isAbove(counted.exchanges, 2 + sensors)
      // the records are what they were, and so is the sheet
      assert.strictEqual(changed.sheetId, first.sheetId)
    })
  )

  check(
    "have names, units, thresholds and states",
    Effect.gen(function* () {
      const { requests } = yield* connected()
      const { sheet, values } = yield* passing(requests.readSensors({ knownSheet: null }))
      const at = sheet?.findIndex(({ kind, thresholds }) => kind === "temperature" && thresholds !== null) ?? -1
      const [definition, value] = [sheet?.[at], values[at]]
      assert.strictEqual(definition?.unit, "°C")
      assert.isNumber(definition?.thresholds?.upperCritical)
      assert.isNumber(value?.value)
      assert.include(["nominal", "warning", "critical"], value?.severity)
      const states = sheet?.findIndex(({ kind }) => kind === "states") ?? -1
      assert.isNull(values[states]?.value)
    })
  )

  check(
    "of servers of a kind have one sheet, whose records are kept once",
    Effect.gen(function* () {
      const pool = new SdrPool()
      const [one, other] = [yield* connected(0, pool), yield* connected(1, pool)]
      const first = yield* passing(one.requests.readSensors({ knownSheet: null }))
      const second = yield* passing(other.requests.readSensors({ knownSheet: null }))
      assert.strictEqual(first.sheetId, second.sheetId)
      assert.deepStrictEqual(first.sheet, second.sheet)
    })
  )

  check(
    "are read from the BMC again when their records had to make room for others'",
    Effect.gen(function* () {
      const pool = new SdrPool(1)
      const { counted, requests } = yield* connected(0, pool)
      const { sheetId, values } = yield* passing(requests.readSensors({ knownSheet: null }))
      pool.keep({ source: "repository", stamp: "other", records: [Uint8Array.of(1, 0, 0x51, 0xc0, 1, 7)] })
      counted.exchanges = 0
      const again = yield* passing(requests.readSensors({ knownSheet: sheetId }))
      assert.isAbove(counted.exchanges, 2 + values.length)
      assert.strictEqual(again.sheetId, sheetId)
    })
  )
})

describe("the event log of a BMC", () => {
  check(
    "tells events with the names of their sensors, and how bad they are",
    Effect.gen(function* () {
      const { fleet, requests } = yield* connected()
      const { entries, position } = yield* passing(requests.readSel({ after: null, limit: 100 }))
      assert.isAbove(entries.length, 2)
      assert.deepInclude(entries, {
        recordId: 5,
        time: entries[4]?.time ?? null,
        sensor: "PSU 1",
        event: "input lost",
        direction: "asserted",
        details: [],
        severity: "ERROR"
      })
      const before = entries.length
      fleet.logEvents([0], 2)
      const later = yield* passing(requests.readSel({ after: position, limit: 100 }))
      assert.deepStrictEqual(
        later.entries.map(({ direction, recordId, sensor, severity }) => [recordId, sensor, direction, severity]),
        [
          [before + 1, "Inlet Temp", "asserted", "WARNING"],
          [before + 2, "Inlet Temp", "deasserted", "INFO"]
        ]
      )
      assert.deepStrictEqual((yield* passing(requests.readSel({ after: later.position, limit: 100 }))).entries, [])
    })
  )

  check(
    "costs two exchanges while nothing happens",
    Effect.gen(function* () {
      const { counted, requests } = yield* connected()
      const { position } = yield* passing(requests.readSel({ after: null, limit: 100 }))
      counted.exchanges = 0
      yield* passing(requests.readSel({ after: position, limit: 100 }))
      assert.strictEqual(counted.exchanges, 2)
    })
  )
})

describe("the inventory of a BMC", () => {
  check(
    "tells maker, product, firmware, GUID, and what the server is made of",
    Effect.gen(function* () {
      const { requests } = yield* connected()
      const inventory = yield* passing(requests.inspect)
      assert.match(inventory.guid ?? "", /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      assert.isString(inventory.product?.serialNumber)
      assert.isString(inventory.product?.manufacturer)
      assert.isString(inventory.board?.serialNumber)
      assert.deepStrictEqual(inventory.problems, [])
    })
  )
})
