/** `tutti node sensors` against a server whose store a test arranges. */
import { expect, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { TestClock } from "effect/testing"
import { compact } from "../../src/domain/CompactValues.ts"
import type { SensorDefinition } from "../../src/domain/SensorData.ts"
import { makeRecord, start, uuid } from "../server/support/Doubles.ts"
import { runTutti } from "./support/runTutti.ts"

const temperature: SensorDefinition = {
  id: "48",
  name: "CPU Temp",
  kind: "temperature",
  type: "temperature",
  entity: "processor 1",
  unit: "°C",
  thresholds: {
    lowerNonRecoverable: null,
    lowerCritical: null,
    lowerNonCritical: null,
    upperNonCritical: 80,
    upperCritical: 90,
    upperNonRecoverable: null
  }
}
const supply: SensorDefinition = {
  ...temperature,
  id: "7",
  name: "PSU 1",
  kind: "states",
  type: "power supply",
  unit: null,
  thresholds: null
}

const server = Effect.map(
  start({
    records: [makeRecord(1), makeRecord(2)],
    sensors: {
      get: (nodeId) =>
        Effect.succeed(
          nodeId === uuid(1)
            ? Option.some({
                nodeId,
                readAtMillis: 0,
                sheetId: "s",
                sheet: [temperature, supply, { ...supply, name: "PSU 2" }],
                values: compact([
                  { value: 91.5, states: ["upper critical"], severity: "critical", problem: null },
                  { value: null, states: ["present", "input lost"], severity: "critical", problem: null },
                  { value: null, states: [], severity: null, problem: "no reading" }
                ])
              })
            : Option.none()
        )
    }
  }),
  ({ base }) =>
    (...args: ReadonlyArray<string>) =>
      runTutti(["node", "sensors", ...args], { url: base })
)

it.effect("shows a node's sensors with their limits and how old they are", () =>
  Effect.gen(function* () {
    const sensors = yield* server
    yield* TestClock.adjust("90 seconds")
    expect(yield* sensors("n1")).toEqual({
      out: [
        "ID  SENSOR    VALUE  UNIT  CRITICAL  SEVERITY  STATE",
        "48  CPU Temp   91.5  °C    ..90      critical  upper critical",
        " 7  PSU 1         -  -     -         critical  present, input lost",
        " 7  PSU 2         -  -     -         -         no reading",
        "Read 90 s ago, 1970-01-01T00:00:00.000Z"
      ].join("\n"),
      err: "",
      code: 0
    })
  })
)

it.effect("prints them as JSON, whole", () =>
  Effect.gen(function* () {
    const sensors = yield* server
    yield* TestClock.adjust("90 seconds")
    const { out } = yield* sensors("n1", "--json")
    expect(JSON.parse(out)).toMatchObject({
      uuid: uuid(1),
      age_seconds: 90,
      sensors: [{ id: "48", value: 91.5, unit: "°C", thresholds: { upper_critical: 90 } }, {}, {}]
    })
  })
)

it.effect("says that sensors were never read, and with exit code 4 that there is no such node", () =>
  Effect.gen(function* () {
    const sensors = yield* server
    const never = yield* sensors("n2")
    expect([never.code, never.out]).toEqual([
      0,
      "The sensors of n2 were never read: send_sensor_data is off for it (tutti settings), or its BMC did not answer."
    ])
    expect((yield* sensors("n3")).code).toBe(4)
  })
)

it.effect("says in the status how fresh sensor values are, where there are any", () =>
  Effect.gen(function* () {
    const status = Effect.fnUntraced(function* (nodes: number) {
      const oldestReadAtMillis = nodes === 0 ? null : 0
      const { base } = yield* start({
        sensors: { summary: () => Effect.succeed({ nodes, fresh: 3, oldestReadAtMillis }) }
      })
      return (yield* runTutti(["status"], { url: base })).out
    })
    expect(yield* status(4)).toMatch(/^sensors +of 4 nodes, 75.0 % read within 20 min$/m)
    expect(yield* status(0)).not.toMatch(/sensors/)
  })
)
