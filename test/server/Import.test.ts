import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { ConductorError, Conflict, InvalidRequest, StoreUnavailable } from "../../src/conductor/ConductorError.ts"
import type { Enrolment, ImportResult } from "../../src/conductor/Enrolment.ts"
import { makeRecord, start, uuid } from "./support/Doubles.ts"

const importing = (result: ImportResult) =>
  Effect.gen(function* () {
    const asked: Array<unknown> = []
    const client = yield* start({
      enrolment: {
        importNodes: (nodes, options) => Effect.sync(() => (asked.push([nodes, options]), result))
      }
    })
    return { asked, client }
  })
const path = "/v1/tutti/nodes/import"
const good = '{"name":"a"}\n{"name":"b"}\n'
const nodes = [
  { line: 1, value: { name: "a" } },
  { line: 2, value: { name: "b" } }
]

describe("POST /v1/tutti/nodes/import", () => {
  it.effect("takes JSON Lines and JSON arrays of any content type", () =>
    Effect.gen(function* () {
      const { asked, client } = yield* importing({ created: 2, updated: 0, errors: [] })
      const asArray = '[{"name":"a"},\n{"name":"b"}]'
      for (const [body, type] of [
        [good, "application/x-ndjson"],
        [good, "application/x-www-form-urlencoded"],
        [asArray, "application/json"]
      ] as const) {
        const answer = yield* client.send("POST", path, { headers: { "content-type": type }, body })
        expect([answer.status, answer.body]).toEqual([200, { created: 2, updated: 0, errors: [] }])
      }
      expect(asked).toEqual(Array.from({ length: 3 }, () => [nodes, { update: false, partial: false }]))
    })
  )

  it.effect("hands update and partial on", () =>
    Effect.gen(function* () {
      const { asked, client } = yield* importing({ created: 1, updated: 1, errors: [] })
      yield* client.send("POST", `${path}?update=true&partial=true`, { body: good })
      expect(asked).toEqual([[nodes, { update: true, partial: true }]])
      expect((yield* client.send("POST", `${path}?partial=perhaps`, { body: good })).status).toBe(400)
      expect((yield* client.send("POST", `${path}?upsert=true`, { body: good })).status).toBe(400)
    })
  )

  it.effect("imports nothing when a line is no JSON, and names the line", () =>
    Effect.gen(function* () {
      const { asked, client } = yield* importing({ created: 0, updated: 0, errors: [] })
      const answer = yield* client.send("POST", path, { body: '{"name":"a"}\n{"ipmi_password":"hunter2"\n' })
      expect(answer.status).toBe(400)
      expect(answer.body).toEqual({
        type: "urn:tutti:problem:import-rejected",
        title: "Nothing was imported",
        status: 400,
        detail: expect.stringMatching(/^Line 2: This line is no JSON object/),
        errors: [{ line: 2, field: null, message: expect.stringMatching(/^This line is no JSON object/) }]
      })
      expect(answer.text).not.toContain("hunter2")
      expect(asked).toEqual([])
    })
  )

  it.effect("imports the good lines with partial, and tells of the others in their order", () =>
    Effect.gen(function* () {
      const error = { line: 3, field: "driver", message: "driver is required" }
      const { asked, client } = yield* importing({ created: 1, updated: 0, errors: [error] })
      const answer = yield* client.send("POST", `${path}?partial=true`, { body: '{"name":"a"}\nx\n{"name":"c"}\ny' })
      expect(answer.status).toBe(200)
      expect(answer.body).toMatchObject({ created: 1, errors: [{ line: 2 }, error, { line: 4 }] })
      expect(asked).toMatchObject([[[{ line: 1 }, { line: 3 }], { partial: true }]])
    })
  )

  it.effect("tells with partial of the bad lines also when the good ones changed nothing", () =>
    Effect.gen(function* () {
      const error = { line: 2, field: "driver", message: "driver is required" }
      const { client } = yield* importing({ created: 0, updated: 0, errors: [error] })
      const answer = yield* client.send("POST", `${path}?partial=true&update=true`, {
        body: '{"name":"a"}\n{"name":"b"}'
      })
      expect([answer.status, answer.body]).toEqual([200, { created: 0, updated: 0, errors: [error] }])
      const none = yield* client.send("POST", `${path}?partial=true`, { body: '\n{"name":"b"}' })
      expect(none.status).toBe(400)
    })
  )

  it.effect("is 400 with every error when nothing was imported, and names the first", () =>
    Effect.gen(function* () {
      const errors = [
        { line: 1, field: "driver_info.ipmi_port", message: "ipmi_port must be a whole number" },
        { line: 2, field: null, message: "is no object" }
      ]
      const { client } = yield* importing({ created: 0, updated: 0, errors })
      const answer = yield* client.send("POST", path, { body: good })
      expect(answer.status).toBe(400)
      expect(answer.body).toMatchObject({
        errors,
        detail: "Line 1, driver_info.ipmi_port: ipmi_port must be a whole number (and 1 more)"
      })
    })
  )

  it.effect("tells of a thousand errors and how many more there are", () =>
    Effect.gen(function* () {
      const { client } = yield* importing({ created: 0, updated: 0, errors: [] })
      const answer = yield* client.send("POST", path, { body: "x\n".repeat(1500) })
      const body = answer.body as { detail: string; errors: ReadonlyArray<unknown> }
      expect(body.errors).toHaveLength(1000)
      expect(body.detail).toContain("(and 1499 more)")
    })
  )

  it.effect.each([
    [new Conflict({ detail: "Line 2: a node with name b already exists." }), 409, "urn:tutti:problem:import-conflict"],
    [new StoreUnavailable({ detail: "Away." }), 503, "urn:tutti:problem:store-unavailable"],
    [new InvalidRequest({ detail: "Not so." }), 400, "about:blank"]
  ] as const)("tells why nothing was imported: %s", ([reason, status, type]) =>
    Effect.gen(function* () {
      const importNodes: Enrolment["Service"]["importNodes"] = () => Effect.fail(new ConductorError({ reason }))
      const client = yield* start({ enrolment: { importNodes } })
      const answer = yield* client.send("POST", path, { body: good })
      expect([answer.status, answer.body]).toEqual([status, expect.objectContaining({ type, detail: reason.message })])
    })
  )

  it.effect("says so when there is nothing in it", () =>
    Effect.gen(function* () {
      const { client } = yield* importing({ created: 0, updated: 0, errors: [] })
      for (const body of ["", "[]", "\n\n"]) {
        const answer = yield* client.send("POST", path, { body })
        expect([answer.status, (answer.body as { detail: string }).detail]).toEqual([
          400,
          expect.stringContaining("holds no node")
        ])
      }
    })
  )

  it.effect("takes more than other bodies may have, and refuses more than 64 MiB", () =>
    Effect.gen(function* () {
      const { client } = yield* importing({ created: 1, updated: 0, errors: [] })
      const line = `{"description":"${"x".repeat(1_000_000)}"}\n`
      expect((yield* client.send("POST", path, { body: line.repeat(3) })).status).toBe(200)
      const answer = yield* client.send("POST", path, { body: line.repeat(68) })
      expect([answer.status, answer.body]).toEqual([
        413,
        {
          type: "urn:tutti:problem:payload-too-large",
          title: "Payload too large",
          status: 413,
          detail: "An import may have 64 MiB; send it in parts."
        }
      ])
    })
  )
})

describe("GET /v1/tutti/export", () => {
  it.effect("gives import lines without secrets", () =>
    Effect.gen(function* () {
      const records = [
        makeRecord(1, { properties: { rack: "r1" } }),
        makeRecord(2, {
          name: null,
          extra: { a: 1 },
          conductorGroup: "east",
          owner: "ops",
          description: "d",
          resourceClass: "large",
          disablePowerOff: true,
          operatorMaintenance: true,
          maintenanceReason: "disks"
        })
      ]
      const client = yield* start({ records })
      const { headers, text } = yield* client.get("/v1/tutti/export")
      expect(headers["content-type"]).toBe("application/x-ndjson")
      expect(text.split("\n").map((line) => (line === "" ? null : JSON.parse(line)))).toEqual([
        {
          uuid: uuid(1),
          name: "n1",
          driver: "ipmi",
          driver_info: { ipmi_address: "10.0.0.1", ipmi_username: "admin" },
          properties: { rack: "r1" }
        },
        {
          uuid: uuid(2),
          driver: "ipmi",
          driver_info: { ipmi_address: "10.0.0.2", ipmi_username: "admin" },
          properties: {},
          extra: { a: 1 },
          conductor_group: "east",
          owner: "ops",
          description: "d",
          resource_class: "large",
          disable_power_off: true,
          maintenance: true,
          maintenance_reason: "disks"
        },
        null
      ])
    })
  )
})
