import { describe, expect, it } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import { TestClock } from "effect/testing"
import { NodeSensors } from "../../src/api/SensorsApi.ts"
import { compact } from "../../src/domain/CompactValues.ts"
import type { SensorDefinition, SensorValue } from "../../src/domain/SensorData.ts"
import { sensorMetricSlices } from "../../src/server/SensorMetrics.ts"
import type { NodeValues, SensorStore } from "../../src/store/SensorStore.ts"
import { StoreError, Unavailable } from "../../src/store/StoreError.ts"
import { makeRecord, start, uuid } from "./support/Doubles.ts"

const definition = (id: string, name: string, rest: Partial<SensorDefinition> = {}): SensorDefinition => ({
  id,
  name,
  kind: "temperature",
  type: "temperature",
  entity: "processor 1",
  unit: "°C",
  thresholds: null,
  ...rest
})
const reading = (value: number | null, rest: Partial<SensorValue> = {}): SensorValue => ({
  value,
  states: ["ok"],
  severity: "nominal",
  problem: null,
  ...rest
})

const sheet = [
  definition("1", "CPU Temp", {
    thresholds: {
      lowerNonRecoverable: null,
      lowerCritical: null,
      lowerNonCritical: null,
      upperNonCritical: 80,
      upperCritical: 90.5,
      upperNonRecoverable: null
    }
  }),
  definition("2", "Fan 1", { kind: "fan", type: "fan", unit: "rpm" }),
  definition("3", "12V", { kind: "voltage", type: "voltage", unit: "V" }),
  definition("4", "PSU A", { kind: "current", type: "current", unit: "A" }),
  definition("5", "Power", { kind: "power", type: "other units", unit: "W" }),
  definition("6", "Load", { kind: "other", type: "processor", unit: "%" }),
  definition("c4.0.7", 'Odd "name" \\ \n', { kind: "states", type: "power supply", unit: null }),
  definition("8", "Gone")
]
const values = [
  reading(91, { states: ["upper critical"], severity: "critical" }),
  reading(5400),
  reading(12.1),
  reading(0.4),
  reading(210),
  reading(3),
  reading(null, { states: ["present", "failure predicted"], severity: "warning" }),
  { value: null, states: [], severity: null, problem: "no reading" } satisfies SensorValue
]
const stored = (index: number): NodeValues => ({
  nodeId: uuid(index),
  readAtMillis: 10_000,
  sheetId: "s",
  values: compact(values)
})

/** A store of these, in one page, that counts how often sheets were asked for. */
const storeOf = (rows: ReadonlyArray<NodeValues>) => {
  const asked = { sheets: 0 }
  const store: Partial<SensorStore["Service"]> = {
    get: (id) =>
      Effect.succeed(
        Option.map(Option.fromUndefinedOr(rows.find(({ nodeId }) => nodeId === id)), (row) => ({ ...row, sheet }))
      ),
    list: ({ after, limit }) =>
      Effect.succeed(rows.filter(({ nodeId }) => after === null || nodeId > after).slice(0, limit)),
    sheets: () =>
      Effect.sync(() => {
        asked.sheets++
        return new Map([["s", sheet]])
      })
  }
  return { asked, store }
}

describe("GET /v1/tutti/nodes/{ident}/sensors", () => {
  it.effect("tells values, units, thresholds and states as they were last read, with their age", () =>
    Effect.gen(function* () {
      const client = yield* start({ records: [makeRecord(1)], sensors: storeOf([stored(1)]).store })
      yield* TestClock.adjust("25 seconds")
      const { body, status } = yield* client.get(`/v1/tutti/nodes/${uuid(1)}/sensors`)
      expect(status).toBe(200)
      const { sensors, ...rest } = Schema.decodeUnknownSync(NodeSensors)(body)
      expect(rest).toEqual({ uuid: uuid(1), name: "n1", read_at: "1970-01-01T00:00:10.000Z", age_seconds: 15 })
      expect(sensors.length).toBe(8)
      expect(sensors[0]).toEqual({
        id: "1",
        name: "CPU Temp",
        kind: "temperature",
        type: "temperature",
        entity: "processor 1",
        value: 91,
        unit: "°C",
        states: ["upper critical"],
        severity: "critical",
        problem: null,
        thresholds: {
          lower_non_recoverable: null,
          lower_critical: null,
          lower_non_critical: null,
          upper_non_critical: 80,
          upper_critical: 90.5,
          upper_non_recoverable: null
        }
      })
      expect(sensors[6]).toMatchObject({ value: null, states: ["present", "failure predicted"], severity: "warning" })
      expect(sensors[7]).toMatchObject({ value: null, states: [], severity: null, problem: "no reading" })
    })
  )

  it.effect("says that sensors were never read, and that a node is not there", () =>
    Effect.gen(function* () {
      const client = yield* start({ records: [makeRecord(1)], sensors: storeOf([]).store })
      expect((yield* client.get("/v1/tutti/nodes/n1/sensors")).body).toEqual({
        uuid: uuid(1),
        name: "n1",
        read_at: null,
        age_seconds: null,
        sensors: []
      })
      expect((yield* client.get("/v1/tutti/nodes/n2/sensors")).status).toBe(404)
    })
  )
})

describe("GET /metrics/sensors", () => {
  it.effect("tells the latest values by ipmi_exporter's names with the node and the age, and asks no BMC", () =>
    Effect.gen(function* () {
      const { asked, store } = storeOf([stored(1)])
      // the governor's double knows no request: one that reached it would fail the scrape
      const client = yield* start({ records: [makeRecord(1)], sensors: store })
      yield* TestClock.adjust("25 seconds")
      const answer = yield* client.get("/metrics/sensors")
      expect(answer.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8")
      const lines = answer.text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))
      expect(lines).toEqual([
        'ipmi_temperature_celsius{node="n1",id="1",name="CPU Temp"} 91',
        'ipmi_temperature_state{node="n1",id="1",name="CPU Temp"} 2',
        'ipmi_fan_speed_rpm{node="n1",id="2",name="Fan 1"} 5400',
        'ipmi_fan_speed_state{node="n1",id="2",name="Fan 1"} 0',
        'ipmi_voltage_volts{node="n1",id="3",name="12V"} 12.1',
        'ipmi_voltage_state{node="n1",id="3",name="12V"} 0',
        'ipmi_current_amperes{node="n1",id="4",name="PSU A"} 0.4',
        'ipmi_current_state{node="n1",id="4",name="PSU A"} 0',
        'ipmi_power_watts{node="n1",id="5",name="Power"} 210',
        'ipmi_power_state{node="n1",id="5",name="Power"} 0',
        'ipmi_sensor_value{node="n1",id="6",name="Load",type="processor"} 3',
        'ipmi_sensor_state{node="n1",id="6",name="Load",type="processor"} 0',
        'ipmi_sensor_state{node="n1",id="c4.0.7",name="Odd \\"name\\" \\\\ \\n",type="power supply"} 1',
        'tutti_sensor_age_seconds{node="n1"} 15'
      ])
      yield* client.get("/metrics/sensors")
      expect(asked.sheets).toBe(1)
    })
  )

  it("keeps the lines of a family together, whatever the size of the fleet", () => {
    const rows = Array.from({ length: 250 }, (_, index) => ({
      node: `n${index}`,
      readAtMillis: 0,
      sheet,
      values: compact(values)
    }))
    const { count, slice } = sensorMetricSlices(rows, 5_000)
    const lines = Array.from({ length: count }, (_, index) => slice(index))
      .join("")
      .trimEnd()
      .split("\n")
    const families = lines.flatMap((line) => /^# TYPE (\S+) gauge$/.exec(line)?.[1] ?? [])
    expect(new Set(families).size).toBe(families.length)
    let family = ""
    for (const line of lines) {
      if (line.startsWith("# HELP ")) family = line.split(" ")[2] ?? ""
      else if (!line.startsWith("#")) expect(line.startsWith(`${family}{`), line).toBe(true)
    }
    expect(lines.filter((line) => line.startsWith("ipmi_fan_speed_rpm{")).length).toBe(250)
    expect(Math.max(...Array.from({ length: count }, (_, index) => slice(index).split("\n").length))).toBeLessThan(250)
  })

  it.effect("is empty but for its heads when no node was read, and 503 while the database is away", () =>
    Effect.gen(function* () {
      const empty = yield* start({ sensors: storeOf([]).store })
      const { text } = yield* empty.get("/metrics/sensors")
      expect(text.split("\n").every((line) => line === "" || line.startsWith("#"))).toBe(true)
      const away = new StoreError({ reason: new Unavailable({ message: "away" }) })
      const failing = yield* start({ sensors: { list: () => Effect.fail(away) } })
      expect((yield* failing.get("/metrics/sensors")).status).toBe(503)
    })
  )

  it.effect("leaves out nodes that were deleted meanwhile", () =>
    Effect.gen(function* () {
      const client = yield* start({ records: [makeRecord(1)], sensors: storeOf([stored(1), stored(2)]).store })
      expect((yield* client.get("/metrics/sensors")).text).not.toContain(uuid(2))
    })
  )
})

describe("GET /v1/tutti/status", () => {
  it.effect("tells how fresh the sensor values are, and nothing while the database can't say", () =>
    Effect.gen(function* () {
      const asked: Array<number> = []
      const client = yield* start({
        sensors: {
          summary: (since) => {
            asked.push(since)
            return Effect.succeed({ nodes: 4, fresh: 3, oldestReadAtMillis: 1_000_000 })
          }
        }
      })
      yield* TestClock.adjust("2000 seconds")
      expect((yield* client.get("/v1/tutti/status")).body).toMatchObject({
        sensors: { nodes: 4, max_age_seconds: 1200, share_within: 0.75, oldest_age_seconds: 1000 }
      })
      expect(asked).toEqual([800_000])
      const away = new StoreError({ reason: new Unavailable({ message: "away" }) })
      const failing = yield* start({ sensors: { summary: () => Effect.fail(away) } })
      expect((yield* failing.get("/v1/tutti/status")).body).toMatchObject({ sensors: null })
    })
  )
})
