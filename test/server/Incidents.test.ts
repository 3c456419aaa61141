import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Schema } from "effect"
import { Incident as IncidentSchema } from "../../src/api/ServiceApi.ts"
import type { Incident } from "../../src/conductor/Incidents.ts"
import { runTutti } from "../cli/support/runTutti.ts"
import { makeRecord, start, uuid } from "./support/Doubles.ts"

const open: Incident = {
  number: 2,
  scopes: [
    { kind: "rack", name: "r1" },
    { kind: "group", name: "" }
  ],
  openedAtMillis: 60_000,
  closedAtMillis: null,
  mergedInto: null,
  nodes: 20,
  failing: 18,
  worst: 20,
  changed: 1
}
const closed: Incident = {
  ...open,
  number: 1,
  scopes: [{ kind: "subnet", name: "10.0.0.0/24" }],
  closedAtMillis: 90_000
}
const part: Incident = { ...closed, number: 3, mergedInto: 2 }
const incidents = [open, closed, part]

describe("incidents over HTTP", () => {
  it.effect("are listed, open and past", () =>
    Effect.gen(function* () {
      const client = yield* start({ incidents })
      const { body } = yield* client.get("/v1/tutti/incidents")
      expect(body).toEqual({
        incidents: [
          {
            number: 2,
            scopes: [
              { kind: "rack", name: "r1" },
              { kind: "group", name: "" }
            ],
            opened_at: "1970-01-01T00:01:00.000Z",
            closed_at: null,
            part_of: null,
            nodes: 20,
            failing: 18,
            worst: 20,
            changed: 1
          },
          expect.objectContaining({ number: 1, closed_at: "1970-01-01T00:01:30.000Z", part_of: null }),
          expect.objectContaining({ number: 3, part_of: 2 })
        ]
      })
      Schema.decodeUnknownSync(Schema.Struct({ incidents: Schema.Array(IncidentSchema) }))(body)
    })
  )

  it.effect("are in the status while they are open, and gauges of the metrics", () =>
    Effect.gen(function* () {
      const client = yield* start({ incidents })
      const { body } = yield* client.get("/v1/tutti/status")
      expect(body).toMatchObject({ incidents: [{ number: 2 }] })
      const lines = (yield* client.get("/metrics")).text.split("\n")
      expect(lines).toContain("tutti_incidents_open 1")
      expect(lines).toContain("tutti_incident_failing_nodes 18")
    })
  )

  it.effect("the maximum age of an observation is that of its conductor group, now", () =>
    Effect.gen(function* () {
      const seen = { power: "power on", observedAtMillis: -50_000 } as const
      const client = yield* start({
        records: [makeRecord(1, {}, seen), makeRecord(2, { conductorGroup: "lab" }, seen)],
        config: {
          syncPowerStateInterval: Duration.seconds(20),
          maximumAgeByGroup: new Map([["lab", Duration.seconds(90)]])
        }
      })
      const { body } = yield* client.get("/v1/tutti/status")
      expect(body).toMatchObject({
        freshness: {
          max_age_seconds: 40,
          share_within: 0.5,
          groups: [
            { group: "", max_age_seconds: 40, share_within: 0 },
            { group: "lab", max_age_seconds: 90, share_within: 1 }
          ]
        }
      })
      const lines = (yield* client.get("/metrics")).text.split("\n")
      expect(lines).toContain("tutti_fresh_share 0.5")
      expect(lines).toContain('tutti_group_fresh_share{conductor_group="lab"} 1')
    })
  )
})

describe("incidents on the command line", () => {
  it.effect("are a table of what they cover and how many fail", () =>
    Effect.gen(function* () {
      const { base: url } = yield* start({ incidents })
      const { code, out } = yield* runTutti(["incidents"], { url })
      expect(code).toBe(0)
      expect(out.replaceAll(/ {2,}/g, "  ").split("\n")).toEqual([
        "NO  STATE  OPENED  CLOSED  NODES  FAILING  WORST  CHANGED  OF",
        " 2  open  1970-01-01T00:01:00Z  -  20  18  20  1  rack r1, the default conductor group",
        " 1  closed  1970-01-01T00:01:00Z  1970-01-01T00:01:30Z  20  18  20  1  subnet 10.0.0.0/24",
        " 3  part of 2  1970-01-01T00:01:00Z  1970-01-01T00:01:30Z  20  18  20  1  subnet 10.0.0.0/24"
      ])
      const json = yield* runTutti(["incidents", "--json"], { url })
      expect(JSON.parse(json.out)).toHaveLength(3)
    })
  )

  it.effect("are in the status, with the groups that are known least freshly", () =>
    Effect.gen(function* () {
      const { base: url } = yield* start({
        incidents,
        records: [
          makeRecord(1, {}, { power: "power on", observedAtMillis: 0 }),
          makeRecord(2, { conductorGroup: "lab" }, { power: "power on", observedAtMillis: -300_000 })
        ]
      })
      const { out } = yield* runTutti(["status"], { url })
      expect(out).toMatch(/^incidents {6}OPEN: 18 of 20 BMCs of rack r1, the default conductor group fail$/m)
      expect(out).toMatch(/^freshness {6}50\.0 % observed within 60 s, .*; least: lab 0\.0 % within 60 s$/m)
    })
  )

  it.effect("node show ends with what is next for the node and what blocks it", () =>
    Effect.gen(function* () {
      const { base: url } = yield* start({
        records: [makeRecord(1, { operatorMaintenance: true, maintenanceReason: "new disks" })],
        nextPoll: { atMillis: 5000 },
        incidentsOf: { [uuid(1)]: open }
      })
      const { out } = yield* runTutti(["node", "show", "n1"], { url })
      const lines = out.replaceAll(/ {2,}/g, "  ").split("\n")
      expect(lines).toContain("next  power read at 1970-01-01T00:00:05.000Z")
      expect(lines).toContain("blocked  power reads: its driver_info leads to no BMC")
      expect(lines).toContain("blocked  acting on what is read: an operator's maintenance (new disks)")
      expect(lines.at(-1)).toBe(
        "blocked  switching the machine back: an incident of rack r1, the default conductor group; its record follows the machine"
      )
    })
  )
})
