import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import {
  ConductorError,
  Conflict,
  InvalidRequest,
  NodeLocked,
  NodeProtected,
  StoreUnavailable
} from "../../../src/conductor/ConductorError.ts"
import type { PatchOperation } from "../../../src/conductor/Enrolment.ts"
import { type Answer, makeRecord, start, uuid } from "../support/Doubles.ts"

const at = (version: string) => ({ "X-OpenStack-Ironic-API-Version": version })
const faultstring = ({ body }: Answer): string =>
  JSON.parse((body as { error_message: string }).error_message).faultstring

/** A server that records what the conductor is asked to enrol, and shows node 7 for it. */
const enrolling = Effect.gen(function* () {
  const asked: Array<unknown> = []
  const client = yield* start({
    enrolment: {
      create: (value, options) =>
        Effect.sync(() => {
          asked.push([value, options])
          return makeRecord(7)
        })
    }
  })
  return { asked, client }
})

describe("POST /v1/nodes", () => {
  it.effect("enrols what was sent, and shows the node with its address", () =>
    Effect.gen(function* () {
      const { asked, client } = yield* enrolling
      const body = {
        driver: "ipmi",
        name: "n7",
        uuid: uuid(7),
        driver_info: { ipmi_address: "10.0.0.7", ipmi_password: "secret" },
        properties: { rack: "r1" },
        extra: { a: 1 },
        resource_class: "large",
        conductor_group: "east",
        owner: "ops",
        description: "first",
        chassis_uuid: uuid(9),
        protected: true,
        protected_reason: "holds the backups",
        retired: true,
        retired_reason: "old",
        power_interface: "ipmitool"
      }
      const answer = yield* client.send("POST", "/v1/nodes", { headers: at("1.82"), body })
      expect(answer.status, answer.text).toBe(201)
      expect(answer.headers["location"]).toBe(`${client.base}/v1/nodes/${uuid(7)}`)
      expect(asked).toEqual([[body, { provisionState: "enroll" }]])
      expect(answer.body).toMatchObject({ uuid: uuid(7), name: "n7", driver: "ipmi", description: null })
    })
  )

  it.effect("makes nodes available below 1.11", () =>
    Effect.gen(function* () {
      const { asked, client } = yield* enrolling
      yield* client.send("POST", "/v1/nodes", { headers: at("1.10"), body: { driver: "ipmi" } })
      yield* client.send("POST", "/v1/nodes", { headers: at("1.11"), body: { driver: "ipmi" } })
      expect(asked).toEqual([
        [{ driver: "ipmi" }, { provisionState: "available" }],
        [{ driver: "ipmi" }, { provisionState: "enroll" }]
      ])
    })
  )

  it.effect("takes what Tutti does not keep only with the value that it shows anyway", () =>
    Effect.gen(function* () {
      const { asked, client } = yield* enrolling
      const harmless = {
        driver: "ipmi",
        lessee: null,
        network_data: {},
        instance_info: {},
        automated_clean: null,
        network_interface: "noop",
        deploy_interface: null
      }
      const answer = yield* client.send("POST", "/v1/nodes", { headers: at("1.82"), body: harmless })
      expect(answer.status, answer.text).toBe(201)
      expect(asked).toEqual([[{ driver: "ipmi" }, { provisionState: "enroll" }]])
    })
  )

  it.effect.each([
    ["1.82", "", 400, "the body is no JSON object"],
    ["1.82", "{", 400, "Malformed request body"],
    ["1.82", "[]", 400, "the body is no JSON object"],
    ["1.82", {}, 400, "driver is required"],
    [
      "1.82",
      { driver: "ilo", conductor_group: "east" },
      400,
      'No valid host was found. Reason: No conductor service registered which supports driver ilo for conductor group "east".'
    ],
    ["1.82", { driver: "ipmi", colour: "red" }, 400, "colour can't be set"],
    ["1.82", { driver: "ipmi", disable_power_off: true }, 400, "disable_power_off can't be set"],
    ["1.82", { driver: "ipmi", power_state: "power on" }, 400, "power_state can't be set"],
    ["1.82", { driver: "ipmi", uuid: "seven" }, 400, "Expected UUID for uuid: seven"],
    ["1.82", { driver: "ipmi", lessee: "ops" }, 400, "Tutti keeps no lessee"],
    ["1.82", { driver: "ipmi", shard: "s1" }, 400, "Tutti keeps no shard"],
    ["1.81", { driver: "ipmi", shard: null }, 406, "shard needs API version 1.82"],
    ["1.82", { driver: "ipmi", boot_mode: "uefi" }, 400, "boot_mode can't be set"],
    ["1.60", { driver: "ipmi", retired: true }, 406, "retired needs API version 1.61"],
    ["1.82", { driver: "ipmi", deploy_interface: "direct" }, 400, "Tutti keeps no deploy_interface"],
    ["1.82", { driver: "ipmi", instance_info: { a: 1 } }, 400, "Tutti keeps no instance_info"],
    ["1.4", { driver: "ipmi", name: "n7" }, 406, "name needs API version 1.5"],
    ["1.49", { driver: "ipmi", owner: "ops" }, 406, "owner needs API version 1.50"]
  ] as const)("refuses at %s %j", ([version, body, status, message]) =>
    Effect.gen(function* () {
      const { asked, client } = yield* enrolling
      const answer = yield* client.send("POST", "/v1/nodes", { headers: at(version), body })
      expect([answer.status, faultstring(answer)]).toEqual([status, expect.stringContaining(message)])
      expect(asked).toEqual([])
    })
  )

  it.effect("answers a taken name with 409 and a body that is too large with 413", () =>
    Effect.gen(function* () {
      const reason = new Conflict({ detail: "A node with name n7 already exists." })
      const client = yield* start({
        enrolment: { create: () => Effect.fail(new ConductorError({ reason })) }
      })
      const taken = yield* client.send("POST", "/v1/nodes", { body: { driver: "ipmi" } })
      expect([taken.status, faultstring(taken)]).toEqual([409, "A node with name n7 already exists."])
      const large = yield* client.send("POST", "/v1/nodes", { body: `{"driver":"${"x".repeat(1_100_000)}"}` })
      expect([large.status, faultstring(large)]).toEqual([413, "The request's body is larger than 1 MiB."])
    })
  )
})

describe("PATCH /v1/nodes/ID", () => {
  const patching = Effect.gen(function* () {
    const asked: Array<readonly [string, ReadonlyArray<PatchOperation>]> = []
    const client = yield* start({
      records: [makeRecord(1)],
      enrolment: {
        patch: (ident, operations) =>
          Effect.sync(() => {
            asked.push([ident, operations])
            return makeRecord(1, { description: "patched" })
          })
      }
    })
    return { asked, client }
  })

  it.effect("hands the operations on and shows the node as it is then", () =>
    Effect.gen(function* () {
      const { asked, client } = yield* patching
      const operations = [
        { op: "add", path: "/driver_info/ipmi_address", value: "10.0.0.9" },
        { op: "replace", path: "/maintenance", value: "true" },
        { op: "remove", path: "/extra/a" }
      ] as const
      const answer = yield* client.send("PATCH", "/v1/nodes/n1", { headers: at("1.82"), body: operations })
      expect(answer.status, answer.text).toBe(200)
      expect(answer.body).toMatchObject({ uuid: uuid(1), description: "patched" })
      expect(asked).toEqual([[uuid(1), operations]])
    })
  )

  it.effect("leaves out what changes nothing", () =>
    Effect.gen(function* () {
      const { asked, client } = yield* patching
      const body = [
        { op: "replace", path: "/network_interface", value: "noop" },
        { op: "add", path: "/network_data", value: {} },
        { op: "add", path: "/instance_info", value: {} }
      ]
      const answer = yield* client.send("PATCH", "/v1/nodes/n1?reset_interfaces=True", { headers: at("1.82"), body })
      expect([answer.status, asked]).toEqual([200, []])
    })
  )

  it.effect.each([
    ["1.82", {}, 400, "Expected a list"],
    ["1.82", [1], 400, "has an op and a path"],
    ["1.82", [{ op: "test", path: "/name", value: "x" }], 400, "Patch operation test is none of"],
    ["1.82", [{ op: "move", path: "/name", from: "/owner" }], 400, "Patch operation move is none of"],
    ["1.82", [{ op: "replace", path: "/uuid", value: uuid(2) }], 400, "'/uuid' is an internal attribute"],
    ["1.82", [{ op: "add", path: "/traits/0", value: "X" }], 400, "'/traits/0' is an internal attribute"],
    ["1.82", [{ op: "replace", path: "/power_state", value: "power on" }], 400, "is an internal attribute"],
    ["1.82", [{ op: "replace", path: "/disable_power_off", value: true }], 400, "is an internal attribute"],
    ["1.82", [{ op: "add", path: "name", value: "x" }], 400, "'name' is an internal attribute"],
    ["1.82", [{ op: "add", path: "/instance_info/image", value: "x" }], 400, "Tutti keeps no instance_info"],
    ["1.82", [{ op: "remove", path: "/lessee" }], 400, "can't remove a non-existent object"],
    ["1.46", [{ op: "add", path: "/protected", value: false }], 406, "protected needs API version 1.48"]
  ] as const)("refuses at %s %j", ([version, body, status, message]) =>
    Effect.gen(function* () {
      const { asked, client } = yield* patching
      const answer = yield* client.send("PATCH", "/v1/nodes/n1", { headers: at(version), body })
      expect([answer.status, faultstring(answer)]).toEqual([status, expect.stringContaining(message)])
      expect(asked).toEqual([])
    })
  )

  it.effect("protects, retires and puts into a chassis", () =>
    Effect.gen(function* () {
      const { asked, client } = yield* patching
      const operations = [
        { op: "add", path: "/protected", value: "True" },
        { op: "add", path: "/protected_reason", value: "why" },
        { op: "replace", path: "/retired", value: true },
        { op: "remove", path: "/retired_reason" },
        { op: "add", path: "/chassis_uuid", value: uuid(9) }
      ] as const
      const answer = yield* client.send("PATCH", "/v1/nodes/n1", { headers: at("1.82"), body: operations })
      expect(answer.status, answer.text).toBe(200)
      expect(asked).toEqual([[uuid(1), operations]])
    })
  )

  it.effect("knows reset_interfaces from 1.45, and no other argument", () =>
    Effect.gen(function* () {
      const { client } = yield* patching
      const old = yield* client.send("PATCH", "/v1/nodes/n1?reset_interfaces=True", { headers: at("1.44"), body: [] })
      expect(old.status).toBe(406)
      expect((yield* client.send("PATCH", "/v1/nodes/n1?x=1", { headers: at("1.82"), body: [] })).status).toBe(400)
    })
  )

  it.effect.each([
    [new InvalidRequest({ detail: "ipmi_port must be a number" }), 400, "ipmi_port must be a number"],
    [new Conflict({ detail: "Taken." }), 409, "Taken."],
    [new NodeProtected({ node: "n1" }), 403, "Node n1 is protected and can not be undeployed, rebuilt or deleted."],
    [new StoreUnavailable({ detail: "The database is away." }), 503, "The database is away."],
    [
      new NodeLocked({ node: "n1", holder: "conductor-1", purpose: "power on" }),
      409,
      "Node n1 is locked by host conductor-1, please retry after the current operation is completed."
    ]
  ] as const)("tells why the conductor refused: %s", ([reason, status, message]) =>
    Effect.gen(function* () {
      const client = yield* start({
        records: [makeRecord(1)],
        enrolment: { patch: () => Effect.fail(new ConductorError({ reason })) }
      })
      const body = [{ op: "add", path: "/name", value: "x" }]
      const answer = yield* client.send("PATCH", "/v1/nodes/n1", { headers: at("1.82"), body })
      expect([answer.status, faultstring(answer)]).toEqual([status, message])
    })
  )
})

describe("DELETE and maintenance", () => {
  it.effect("find the node by its name and answer with empty bodies of no type", () =>
    Effect.gen(function* () {
      const asked: Array<unknown> = []
      const client = yield* start({
        records: [makeRecord(1)],
        enrolment: {
          remove: (ident) => Effect.sync(() => (asked.push(["remove", ident]), uuid(1))),
          setMaintenance: (...args) => Effect.sync(() => void asked.push(args))
        }
      })
      const answers = [
        yield* client.send("PUT", "/v1/nodes/n1/maintenance", { headers: at("1.5"), body: { reason: "new disks" } }),
        yield* client.send("PUT", "/v1/nodes/n1/maintenance", { headers: at("1.5") }),
        yield* client.send("DELETE", "/v1/nodes/n1/maintenance", { headers: at("1.5") }),
        yield* client.send("DELETE", "/v1/nodes/n1", { headers: at("1.5") })
      ]
      expect(answers.map(({ headers, status, text }) => [status, text, headers["content-type"]])).toEqual([
        [202, "", undefined],
        [202, "", undefined],
        [202, "", undefined],
        [204, "", undefined]
      ])
      expect(asked).toEqual([
        [uuid(1), true, "new disks"],
        [uuid(1), true, null],
        [uuid(1), false, null],
        ["remove", uuid(1)]
      ])
    })
  )

  it.effect("refuse what they don't know", () =>
    Effect.gen(function* () {
      const client = yield* start({ records: [makeRecord(1)] })
      const send = (method: string, path: string, body?: unknown) =>
        Effect.map(client.send(method, path, { headers: at("1.5"), body }), ({ status }) => status)
      expect(yield* send("DELETE", "/v1/nodes/nope")).toBe(404)
      expect(yield* send("PUT", "/v1/nodes/nope/maintenance")).toBe(404)
      expect(yield* send("PUT", "/v1/nodes/n1/maintenance", { reason: 7 })).toBe(400)
      expect(yield* send("PUT", "/v1/nodes/n1/maintenance", [])).toBe(400)
    })
  )
})
