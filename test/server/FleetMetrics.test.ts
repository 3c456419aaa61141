import { describe, expect, it } from "@effect/vitest"
import { countFleet, formatFleetMetrics } from "../../src/server/FleetMetrics.ts"
import { makeRecord } from "./support/Nodes.ts"

const now = 1_000_000_000
const fleet = [
  makeRecord(1, {}, { power: "power on", observedAtMillis: now - 500 }),
  makeRecord(2, {}, { power: "power on", observedAtMillis: now - 30_000 }),
  makeRecord(3, { fault: "power failure" }, { power: "power off", observedAtMillis: now - 90_001 }),
  makeRecord(4, { operatorMaintenance: true })
]
const governor = { attached: 10, open: 2, halfOpen: 1, quiet: 1, inFlight: 0, waiting: 0 }

describe("the fleet at this moment", () => {
  it("is counted by power and trouble", () => {
    expect(countFleet(fleet)).toEqual({
      total: 4,
      powerOn: 2,
      powerOff: 1,
      neverObserved: 1,
      maintenance: 2,
      fault: 1
    })
  })

  it("is a cumulative histogram whose count is the nodes observed", () => {
    const lines = formatFleetMetrics(fleet, now, governor).split("\n")
    expect(lines.filter((line) => line.startsWith("tutti_power_observation_age_seconds"))).toEqual([
      ...[1, 5, 10, 15, 20, 25].map((le) => `tutti_power_observation_age_seconds_bucket{le="${le}"} 1`),
      ...[30, 31, 35, 45, 60, 90].map((le) => `tutti_power_observation_age_seconds_bucket{le="${le}"} 2`),
      ...[120, 300, 600, 1800, 3600, 86400].map((le) => `tutti_power_observation_age_seconds_bucket{le="${le}"} 3`),
      'tutti_power_observation_age_seconds_bucket{le="+Inf"} 3',
      "tutti_power_observation_age_seconds_sum 120.501",
      "tutti_power_observation_age_seconds_count 3"
    ])
  })

  it("has a gauge a power state, one for nodes never observed, and what governors let through", () => {
    const lines = formatFleetMetrics(fleet, now, governor).split("\n")
    expect(lines.filter((line) => /^tutti_(nodes|bmcs)/.test(line))).toEqual([
      'tutti_nodes{power_state="power on"} 2',
      'tutti_nodes{power_state="power off"} 1',
      'tutti_nodes{power_state="unknown"} 1',
      "tutti_nodes_never_observed 1",
      'tutti_bmcs{state="closed"} 7',
      'tutti_bmcs{state="half-open"} 1',
      'tutti_bmcs{state="open"} 2',
      "tutti_bmcs_quiet 1"
    ])
  })

  it("declares each family once, before its samples", () => {
    const lines = formatFleetMetrics(fleet, now, governor).split("\n")
    const declared = lines.flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? [])
    expect(new Set(declared).size).toBe(declared.length)
    expect(lines.at(-1)).toBe("")
  })
})
