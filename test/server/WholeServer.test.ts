import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import type { NodeDetail, NodeSummary } from "../../src/api/NodesApi.ts"
import type { JournalItem } from "../../src/api/ServiceApi.ts"
import { uuid } from "./support/Nodes.ts"
import { startReal } from "./support/RealConductor.ts"

const json = { "content-type": "application/json" }
const ironic = { "X-OpenStack-Ironic-API-Version": "1.51" }
const line = (n: number, more: object = {}) =>
  JSON.stringify({
    uuid: uuid(n),
    name: `n${n}`,
    driver: "ipmi",
    driver_info: { ipmi_address: "127.0.0.1", ipmi_port: 20_000 + n, ipmi_username: "admin", ipmi_password: "hunter2" },
    properties: { rack: "r1" },
    ...more
  })

describe("the server over the real conductor", () => {
  it.live("takes a fleet in, switches it, and shows what happened", () =>
    Effect.gen(function* () {
      const { bmcs, client } = yield* startReal
      for (const n of [1, 2]) bmcs.setPower(uuid(n), "power off")
      const imported = yield* client.send("POST", "/v1/tutti/nodes/import", { body: `${line(1)}\n${line(2)}\n` })
      expect([imported.status, imported.body]).toEqual([200, { created: 2, updated: 0, errors: [] }])

      const power = (body: object) => client.send("POST", "/v1/tutti/nodes/n1/power", { headers: json, body })
      expect((yield* power({ action: "power on", wait_seconds: 60 })).body).toEqual({
        outcome: "confirmed",
        power_state: "power on",
        error: null
      })
      expect((yield* power({ action: "power on", wait_seconds: 60 })).body).toMatchObject({ outcome: "already-there" })
      expect(bmcs.powerOf(uuid(1))).toBe("power on")

      const node = (yield* client.get("/v1/tutti/nodes/n1")).body as NodeDetail
      expect(node).toMatchObject({ power_state: "power on", desired_power_state: "power on", rack: "r1", lock: null })
      expect(node.governor?.breaker).toBe("closed")
      expect((yield* client.get("/v1/nodes/n1/states", ironic)).body).toMatchObject({
        power_state: "power on",
        target_power_state: null,
        provision_state: "available"
      })
      // The journal goes to the store in batches; an entry is there once its batch is.
      let kinds: ReadonlyArray<string> = []
      while (!kinds.includes("PowerChanged")) {
        const { body } = yield* client.get("/v1/tutti/journal?node=n1")
        kinds = (body as { entries: ReadonlyArray<JournalItem> }).entries.map(({ kind }) => kind)
      }
      expect(kinds).toContain("NodeEnrolled")
    })
  )

  it.live("names line and name of what is taken, and imports nothing", () =>
    Effect.gen(function* () {
      const { client } = yield* startReal
      const send = (body: string, query = "") => client.send("POST", `/v1/tutti/nodes/import${query}`, { body })
      const bad = line(2, { driver_info: { ipmi_address: "127.0.0.1", ipmi_port: 0, ipmi_password: "hunter2" } })
      const rejected = yield* send(`${line(1)}\n${bad}\n`)
      expect([rejected.status, rejected.body]).toEqual([
        400,
        expect.objectContaining({ errors: [expect.objectContaining({ line: 2, field: "driver_info.ipmi_port" })] })
      ])
      expect(rejected.text).not.toContain("hunter2")
      expect((yield* client.get("/v1/tutti/nodes")).body).toEqual({ nodes: [] })

      expect((yield* send(line(1))).status).toBe(200)
      const conflict = yield* send(`${line(2)}\n${line(3, { name: "n1" })}\n`)
      expect(conflict.status).toBe(409)
      expect((conflict.body as { detail: string }).detail).toMatch(/Line 2.*n1/i)
      const { nodes } = (yield* client.get("/v1/tutti/nodes")).body as { nodes: ReadonlyArray<NodeSummary> }
      expect(nodes.map(({ name }) => name)).toEqual(["n1"])
      expect((yield* send(`${line(1)}\n${line(4)}\n`, "?update=true")).body).toMatchObject({ created: 1, updated: 0 })
    })
  )

  it.live("gives back by its export what can be imported again", () =>
    Effect.gen(function* () {
      const { client } = yield* startReal
      yield* client.send("POST", "/v1/tutti/nodes/import", { body: line(1, { extra: { a: 1 }, owner: "ops" }) })
      const { text } = yield* client.get("/v1/tutti/export")
      const again = yield* client.send("POST", "/v1/tutti/nodes/import?update=true", { body: text })
      expect([again.status, again.body]).toEqual([200, { created: 0, updated: 1, errors: [] }])
    })
  )

  it.live("makes of its export the same nodes in another Tutti, in the same chassis", () =>
    Effect.gen(function* () {
      const [{ client: first }, { client: second }] = [yield* startReal, yield* startReal]
      const details = {
        driver: "fake-hardware",
        driver_info: {},
        chassis_uuid: uuid(7),
        traits: ["CUSTOM_A", "HW_CPU_X86_VMX"],
        protected: true,
        protected_reason: "backups",
        retired: true,
        retired_reason: null,
        maintenance: true,
        maintenance_reason: "fan"
      }
      yield* first.send("POST", "/v1/tutti/nodes/import", { body: `${line(1, details)}\n${line(2)}` })
      const { text } = yield* first.get("/v1/tutti/export")
      yield* second.send("POST", "/v1/tutti/nodes/import", { body: text })
      expect((yield* second.get("/v1/tutti/export")).text).toBe(text)
      expect((yield* second.get("/v1/tutti/nodes/n1")).body).toMatchObject(details)
      expect((yield* second.get(`/v1/chassis/${uuid(7)}`)).status).toBe(200)
      const again = yield* first.send("POST", "/v1/tutti/nodes/import?update=true", { body: line(1, details) })
      expect(again.body).toEqual({ created: 0, updated: 0, errors: [] })
    })
  )

  it.live("keeps Ironic's way of making, changing and removing a node", () =>
    Effect.gen(function* () {
      const { client } = yield* startReal
      const made = yield* client.send("POST", "/v1/nodes", { headers: ironic, body: { driver: "ipmi", name: "a" } })
      expect([made.status, made.body]).toEqual([201, expect.objectContaining({ provision_state: "enroll" })])
      expect(
        (yield* client.send("POST", "/v1/nodes", { headers: ironic, body: { driver: "ipmi", name: "a" } })).status
      ).toBe(409)
      const patch = (body: unknown) => client.send("PATCH", "/v1/nodes/a", { headers: ironic, body })
      const changed = yield* patch([
        { op: "add", path: "/driver_info/ipmi_address", value: "10.0.0.1" },
        { op: "add", path: "/driver_info/ipmi_password", value: "hunter2" },
        { op: "add", path: "/extra/rack_unit", value: 7 },
        { op: "replace", path: "/description", value: "first" }
      ])
      expect(changed.body).toMatchObject({
        driver_info: { ipmi_address: "10.0.0.1", ipmi_password: "******" },
        extra: { rack_unit: 7 },
        description: "first"
      })
      const missing = yield* patch([{ op: "remove", path: "/extra/nothing" }])
      expect([missing.status, missing.text]).toEqual([
        400,
        expect.stringContaining("can't remove a non-existent object")
      ])
      expect(
        (yield* client.send("PUT", "/v1/nodes/a/maintenance", { headers: ironic, body: { reason: "r" } })).status
      ).toBe(202)
      expect((yield* client.get("/v1/nodes/a", ironic)).body).toMatchObject({
        maintenance: true,
        maintenance_reason: "r"
      })
      expect((yield* client.send("DELETE", "/v1/nodes/a/maintenance", { headers: ironic })).status).toBe(202)
      expect((yield* client.get("/v1/nodes/a", ironic)).body).toMatchObject({
        maintenance: false,
        maintenance_reason: null
      })
      expect((yield* client.send("DELETE", "/v1/nodes/a", { headers: ironic })).status).toBe(204)
      expect((yield* client.get("/v1/nodes/a", ironic)).status).toBe(404)
    })
  )
})
