import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Metric, Option } from "effect"
import { TestClock } from "effect/testing"
import { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import * as Conductor from "../../src/conductor/Conductor.ts"
import type { PollOutcome } from "../../src/conductor/ConductorMetrics.ts"
import { sensorReadCounters } from "../../src/conductor/ConductorMetrics.ts"
import { SensorCollector } from "../../src/conductor/SensorCollector.ts"
import { valueAt } from "../../src/domain/CompactValues.ts"
import type { NodeId } from "../../src/domain/Node.ts"
import type { SensorDefinition, SensorReadings } from "../../src/domain/SensorData.ts"
import { PeriodicWorker } from "../../src/periodics/PeriodicWorker.ts"
import { WorkerPool } from "../../src/periodics/WorkerPool.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import { SensorStore } from "../../src/store/SensorStore.ts"
import { nodeId } from "../domain/nodes.ts"
import { enrol, world } from "./world.ts"

const definition: SensorDefinition = {
  id: "1",
  name: "CPU Temp",
  kind: "temperature",
  type: "temperature",
  entity: "processor 1",
  unit: "°C",
  thresholds: null
}

const answer = (value: number, knownSheet: string | null, sheetId = "sheet"): SensorReadings => ({
  sheetId,
  sheet: knownSheet === sheetId ? null : [definition],
  values: [{ value, states: ["ok"], severity: "nominal", problem: null }]
})

/** Nodes whose one sensor says 20, and what each was told to be known when it was asked. */
const withSensors = Effect.fnUntraced(function* (count: number, given: Parameters<typeof enrol>[1] = {}) {
  const bmcs = yield* MemoryGovernor
  const ids = yield* enrol(count, given)
  const known: Array<string | null> = []
  for (const id of ids) {
    bmcs.answer(id, {
      readSensors: ({ knownSheet }) => {
        known.push(knownSheet)
        return answer(20, knownSheet)
      }
    })
  }
  return { bmcs, ids, known }
})

const round = Effect.gen(function* () {
  const collector = yield* SensorCollector
  yield* collector.startRound
  yield* TestClock.adjust("10 minutes")
  yield* collector.drain
})

const stored = (id: NodeId) => Effect.flatMap(SensorStore, (store) => store.get(id))
const valueOf = (id: NodeId) => Effect.map(stored(id), (found) => Option.getOrUndefined(found)?.values.v[0])

const on = { sendSensorData: true }
const outcomes: ReadonlyArray<PollOutcome> = ["ok", "timeout", "skipped", "auth"]
/** So far, by all tests. */
const counts = Effect.forEach(outcomes, (outcome) =>
  Effect.map(Metric.value(sensorReadCounters[outcome]), ({ count }) => count)
)

describe("send_sensor_data", () => {
  const running = (options: Parameters<typeof world>[0] = {}) =>
    Conductor.layerTasks.pipe(
      Layer.provideMerge(Layer.mergeAll(world(options), PeriodicWorker.layer().pipe(Layer.provide(WorkerPool.layer()))))
    )

  it.effect("is off by default, and reads nothing", () =>
    Effect.gen(function* () {
      const { known } = yield* withSensors(3)
      yield* TestClock.adjust("30 minutes")
      assert.strictEqual((yield* (yield* PeriodicWorker).status("send_sensor_data")).runs.success, 4)
      assert.deepStrictEqual(known, [])
    }).pipe(Effect.provide(running()))
  )

  it.effect("reads the sensors of every node each 600 s when it is on", () =>
    Effect.gen(function* () {
      const { ids, known } = yield* withSensors(5)
      // the run at the start found no nodes yet
      yield* TestClock.adjust("1799 seconds")
      yield* (yield* SensorCollector).drain
      assert.strictEqual(known.length, 10)
      for (const id of ids) assert.strictEqual(yield* valueOf(id), 20)
    }).pipe(Effect.provide(running(on)))
  )
})

describe("SensorCollector", () => {
  it.effect("keeps the latest values of each sensor, with when they were read", () =>
    Effect.gen(function* () {
      const { bmcs, ids } = yield* withSensors(2)
      yield* round
      const first = Option.getOrThrow(yield* stored(nodeId(1)))
      assert.deepStrictEqual(first.sheet, [definition])
      assert.deepStrictEqual(
        first.values.v.map((_, index) => valueAt(first.values, index)),
        answer(20, null).values
      )
      assert.isAtMost(first.readAtMillis, 600_000)
      for (const id of ids) bmcs.answer(id, { readSensors: ({ knownSheet }) => answer(25, knownSheet) })
      yield* round
      const second = Option.getOrThrow(yield* stored(nodeId(1)))
      assert.strictEqual(second.values.v[0], 25)
      assert.isAtLeast(second.readAtMillis, 600_000)
    }).pipe(Effect.provide(world(on)))
  )

  it.effect("asks for names and thresholds once, when they changed, and once a day", () =>
    Effect.gen(function* () {
      const { bmcs, known } = yield* withSensors(1)
      for (let rounds = 0; rounds < 3; rounds++) yield* round
      assert.deepStrictEqual(known, [null, "sheet", "sheet"])
      bmcs.answer(nodeId(1), {
        readSensors: ({ knownSheet }) => {
          known.push(knownSheet)
          return answer(20, knownSheet, "other sheet")
        }
      })
      yield* round
      yield* round
      assert.deepStrictEqual(known.slice(3), ["sheet", "other sheet"])
      yield* TestClock.adjust("1 day")
      yield* round
      assert.isNull(known.at(-1))
    }).pipe(Effect.provide(world(on)))
  )

  it.effect("skips nodes in an operator's maintenance, and reads them again when it is over", () =>
    Effect.gen(function* () {
      const { ids, known } = yield* withSensors(2, { operatorMaintenance: true })
      yield* round
      assert.deepStrictEqual(known, [])
      const nodes = yield* NodeStore
      yield* nodes.updateAll(ids.map((id) => ({ id, changes: { operatorMaintenance: false }, expectedVersion: 1 })))
      yield* TestClock.adjust(1)
      yield* round
      assert.strictEqual(known.length, 2)
    }).pipe(Effect.provide(world(on)))
  )

  it.effect("reads those conductor groups only that an option names", () =>
    Effect.gen(function* () {
      const { known } = yield* withSensors(2, { conductorGroup: "lab" })
      yield* round
      assert.strictEqual(known.length, 2)
    }).pipe(Effect.provide(world({ sendSensorDataByGroup: new Map([["lab", true]]) })))
  )

  it.effect("counts what fails and goes on with the others; a dead BMC holds nobody up", () =>
    Effect.gen(function* () {
      const { bmcs } = yield* withSensors(20)
      const dead = [nodeId(1), nodeId(2)]
      for (const id of dead) bmcs.hold(id)
      bmcs.fail(nodeId(3), "Unreachable")
      bmcs.fail(nodeId(4), "Unreachable", { withheld: true })
      bmcs.fail(nodeId(5), "AuthenticationFailed")
      const before = yield* counts
      yield* round
      const { fresh } = yield* (yield* SensorStore).summary(0)
      assert.strictEqual(fresh, 15)
      assert.deepStrictEqual(
        (yield* counts).map((count, index) => count - (before[index] ?? 0)),
        [15, 1, 1, 1]
      )
      assert.strictEqual((yield* SensorCollector).stats().reading, 2)
      for (const id of dead) bmcs.release(id)
    }).pipe(Effect.provide(world({ ...on, sendSensorDataWorkers: 1 })))
  )

  it.effect("stores values in batches and not one by one", () =>
    Effect.gen(function* () {
      const collector = yield* SensorCollector
      yield* withSensors(300)
      yield* collector.startRound
      yield* TestClock.adjust(150)
      assert.deepStrictEqual(collector.stats(), { due: 0, reading: 0, waiting: 300 - 200, lost: 0 })
    }).pipe(Effect.provide(world({ ...on, sendSensorDataInterval: Duration.zero, sendSensorDataWorkers: 1000 })))
  )

  it.effect("reads a node's sheet again that the store does not have any more", () =>
    Effect.gen(function* () {
      const { known } = yield* withSensors(1)
      yield* round
      yield* (yield* NodeStore).remove(nodeId(1))
      assert.strictEqual(yield* (yield* SensorStore).forgetSheets, 1)
      yield* enrol(1)
      yield* round
      assert.isUndefined(yield* valueOf(nodeId(1)))
      yield* round
      assert.deepStrictEqual(known, [null, "sheet", null])
      assert.strictEqual(yield* valueOf(nodeId(1)), 20)
    }).pipe(Effect.provide(world(on)))
  )
})
