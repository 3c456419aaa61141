import { describe, expect, it } from "@effect/vitest"
import { DateTime, Effect, type Option } from "effect"
import { ConductorError, invalid, NodeLocked, nodeProtected } from "../../../src/conductor/ConductorError.ts"
import { Inventory } from "../../../src/domain/Inventory.ts"
import type { ProvisionState } from "../../../src/domain/Node.ts"
import { StoreError, Unavailable } from "../../../src/store/StoreError.ts"
import { bmcInventory, inletTemperature, inspectable } from "../../conductor/inspections.ts"
import { type Answer, makeRecord, start, uuid } from "../support/Doubles.ts"
import { startReal } from "../support/RealConductor.ts"

const at = (version: string) => ({ "X-OpenStack-Ironic-API-Version": version })
const faultstring = ({ body }: Answer): string =>
  JSON.parse((body as { error_message: string }).error_message).faultstring

const provisioning = Effect.fnUntraced(function* (provisionState: ProvisionState = "manageable") {
  const asked: Array<unknown> = []
  const client = yield* start({
    records: [makeRecord(1, { provisionState })],
    provisioning: {
      // The outcome is never there: the answer must not wait for it.
      request: (...args) => Effect.sync(() => (asked.push(args), Effect.never))
    }
  })
  const put = (version: string, body: unknown, path = "/v1/nodes/n1/states/provision") =>
    client.send("PUT", path, { headers: at(version), body })
  return { asked, client, put }
})

describe("PUT …/states/provision", () => {
  it.effect.each([
    ["1.5", "manage", "manage"],
    ["1.5", "provide", "provide"],
    ["1.6", "inspect", "inspect"],
    ["1.13", "abort", "abort"],
    ["1.17", "adopt", "adopt"],
    ["1.5", "active", "deploy"],
    ["1.5", "deleted", "undeploy"],
    ["1.5", "rebuild", "rebuild"],
    ["1.73", "deploy", "deploy"],
    ["1.73", "undeploy", "undeploy"]
  ] as const)("at %s, asks for %s as %s, and answers once it is accepted", ([version, target, verb]) =>
    Effect.gen(function* () {
      const { asked, client, put } = yield* provisioning()
      const answer = yield* put(version, { target })
      expect([answer.status, answer.text, answer.headers["content-type"]]).toEqual([202, "", undefined])
      expect(answer.headers["location"]).toBe(`${client.base}/v1/nodes/${uuid(1)}/states`)
      expect(asked).toEqual([[uuid(1), verb, { name: target }]])
    })
  )

  it.effect("takes the steps of a cleaning, and what a deployment brings along", () =>
    Effect.gen(function* () {
      const { asked, put } = yield* provisioning()
      const clean_steps = [{ interface: "deploy", step: "erase_devices" }]
      expect((yield* put("1.15", { target: "clean", clean_steps })).status).toBe(202)
      expect((yield* put("1.69", { target: "active", configdrive: "abc", deploy_steps: [] })).status).toBe(202)
      expect((yield* put("1.5", { target: "manage", clean_steps: null, configdrive: null })).status).toBe(202)
      expect(asked).toHaveLength(3)
    })
  )

  it.effect.each([
    ["1.82", "", 400, "an object with a target"],
    ["1.82", {}, 400, `The requested action "undefined" can not be performed on node "${uuid(1)}"`],
    ["1.82", { target: "explode" }, 400, 'The requested action "explode" can not be performed on node'],
    ["1.82", { target: "done" }, 400, 'The requested action "done" can not be performed on node'],
    ["1.82", { target: "toString" }, 400, 'The requested action "toString" can not be performed on node'],
    ["1.82", { target: "rescue" }, 400, 'while it is in state "manageable".'],
    ["1.82", { target: "manage", colour: "red" }, 400, "Unexpected arguments: colour"],
    ["1.82", { target: "clean" }, 400, '"clean_steps" is required when setting target provision state to clean'],
    ["1.82", { target: "clean", clean_steps: "erase" }, 400, "Invalid clean_steps"],
    ["1.82", { target: "clean", clean_steps: [{ step: "erase" }] }, 400, "Invalid clean_steps"],
    [
      "1.82",
      { target: "manage", clean_steps: [] },
      400,
      '"clean_steps" is only valid when setting target provision state to clean'
    ],
    [
      "1.82",
      { target: "manage", configdrive: "abc" },
      400,
      '"configdrive" is only valid when setting target provision state to active or rebuild'
    ],
    [
      "1.82",
      { target: "manage", rescue_password: "x" },
      400,
      '"rescue_password" is only valid when setting target provision state to rescue'
    ],
    ["1.1", { target: "manage" }, 406, "manage needs API version 1.4"],
    ["1.3", { target: "provide" }, 406, "provide needs API version 1.4"],
    ["1.5", { target: "inspect" }, 406, "inspect needs API version 1.6"],
    ["1.12", { target: "abort" }, 406, "abort needs API version 1.13"],
    ["1.14", { target: "clean" }, 406, "clean needs API version 1.15"],
    ["1.16", { target: "adopt" }, 406, "adopt needs API version 1.17"],
    ["1.72", { target: "deploy" }, 406, "deploy needs API version 1.73"],
    ["1.72", { target: "undeploy" }, 406, "undeploy needs API version 1.73"]
  ] as const)("refuses at %s %j", ([version, body, status, message]) =>
    Effect.gen(function* () {
      const { asked, put } = yield* provisioning()
      const answer = yield* put(version, body, `/v1/nodes/${uuid(1)}/states/provision`)
      expect([answer.status, faultstring(answer)]).toEqual([status, expect.stringContaining(message)])
      expect(asked).toEqual([])
    })
  )

  it.effect("lets an inspection be aborted from 1.41 only", () =>
    Effect.gen(function* () {
      const { put } = yield* provisioning("inspect wait")
      const refused = yield* put("1.40", { target: "abort" })
      expect([refused.status, faultstring(refused)]).toEqual([406, expect.stringContaining("1.41")])
      expect((yield* put("1.41", { target: "abort" })).status).toBe(202)
    })
  )

  it.effect.each([
    [
      new ConductorError({ reason: new NodeLocked({ node: "n1", holder: "conductor-1", purpose: "manage" }) }),
      409,
      "Node n1 is locked by host conductor-1, please retry after the current operation is completed."
    ],
    [invalid("not from here"), 400, "not from here"],
    [nodeProtected(uuid(1)), 403, `Node ${uuid(1)} is protected and can not be undeployed, rebuilt or deleted.`]
  ] as const)("passes on what the conductor refuses: %s", ([error, status, message]) =>
    Effect.gen(function* () {
      const client = yield* start({
        records: [makeRecord(1)],
        provisioning: { request: () => Effect.fail(error) }
      })
      const body = { target: "manage" }
      const answer = yield* client.send("PUT", "/v1/nodes/n1/states/provision", { headers: at("1.5"), body })
      expect([answer.status, faultstring(answer)]).toEqual([status, message])
    })
  )

  it.effect("answers 404 for a node that nobody knows, and for a name below 1.5", () =>
    Effect.gen(function* () {
      const { put } = yield* provisioning()
      const body = { target: "manage" }
      expect((yield* put("1.82", body, "/v1/nodes/nope/states/provision")).status).toBe(404)
      expect((yield* put("1.4", body)).status).toBe(404)
    })
  )
})

describe("what Ironic's API shows of provisioning", () => {
  const record = makeRecord(1, {
    provisionState: "inspect wait",
    targetProvisionState: "manageable",
    provisionUpdatedAt: DateTime.makeUnsafe("2026-11-22T10:00:00Z"),
    inspectionStartedAt: DateTime.makeUnsafe("2026-11-22T09:59:00Z"),
    inspectionFinishedAt: DateTime.makeUnsafe("2026-11-20T09:59:00.5Z"),
    lastError: "The inspection waits."
  })

  it.effect("is in the states and in the node", () =>
    Effect.gen(function* () {
      const client = yield* start({ records: [record] })
      const states = {
        provision_state: "inspect wait",
        target_provision_state: "manageable",
        provision_updated_at: "2026-11-22T10:00:00.000+00:00",
        last_error: "The inspection waits."
      }
      expect((yield* client.get("/v1/nodes/n1/states", at("1.6"))).body).toMatchObject(states)
      expect((yield* client.get("/v1/nodes/n1", at("1.6"))).body).toMatchObject({
        ...states,
        inspection_started_at: "2026-11-22T09:59:00.000+00:00",
        inspection_finished_at: "2026-11-20T09:59:00.500+00:00"
      })
      const old = (yield* client.get(`/v1/nodes/${uuid(1)}`, at("1.5"))).body
      expect(old).not.toHaveProperty("inspection_started_at")
    })
  )

  it.effect("calls the wait of a deployment as Ironic does, in lists too", () =>
    Effect.gen(function* () {
      const client = yield* start({ records: [makeRecord(1, { provisionState: "deploy wait" }), record] })
      expect((yield* client.get("/v1/nodes/n1", at("1.9"))).body).toMatchObject({ provision_state: "wait call-back" })
      const { body } = yield* client.get("/v1/nodes?provision_state=wait%20call-back", at("1.9"))
      expect(body).toMatchObject({ nodes: [{ uuid: uuid(1), provision_state: "wait call-back" }] })
    })
  )
})

describe("GET …/inventory", () => {
  const inventory = new Inventory({
    bmcAddress: "10.0.0.1",
    bmc: bmcInventory,
    sensors: [inletTemperature],
    sensorProblem: null
  })
  const inspectedAt = DateTime.makeUnsafe("2026-11-22T10:00:00Z")
  const showing = (
    find: Effect.Effect<Option.Option<{ inventory: Inventory; inspectedAt: DateTime.Utc }>, StoreError>
  ) => start({ records: [makeRecord(1)], inventories: { find: () => find } })

  it.effect("shows what the last inspection found", () =>
    Effect.gen(function* () {
      const client = yield* showing(Effect.succeedSome({ inventory, inspectedAt }))
      const { body, status } = yield* client.get("/v1/nodes/n1/inventory", at("1.81"))
      expect([status, body]).toEqual([
        200,
        {
          inventory: {
            bmc_address: "10.0.0.1",
            system_vendor: { manufacturer: "Acme", product_name: "R-100", serial_number: "S-1" }
          },
          plugin_data: {
            inspected_at: "2026-11-22T10:00:00.000Z",
            bmc: { manufacturer_id: 674, product_id: 256, firmware: "2.81", ipmi_version: "2.0" },
            guid: null,
            chassis_type: null,
            chassis: null,
            board: null,
            product: {
              manufacturer: "Acme",
              product: "R-100",
              part_number: null,
              serial_number: "S-1",
              version: null,
              asset_tag: null
            },
            problems: [],
            sensors: [
              {
                id: "1",
                name: "Inlet Temp",
                kind: "temperature",
                type: "temperature",
                entity: "air inlet 1",
                unit: "°C"
              }
            ],
            sensor_problem: null
          }
        }
      ])
    })
  )

  it.effect.each([
    [Effect.succeedNone, "1.81", 404, `Node inventory record for node ${uuid(1)} could not be found.`],
    [Effect.succeedNone, "1.80", 404, "The resource could not be found."],
    [
      Effect.fail(new StoreError({ reason: new Unavailable({ message: "the database is away" }) })),
      "1.81",
      503,
      "the database is away"
    ]
  ] as const)("answers %# what it can't show", ([find, version, status, message]) =>
    Effect.gen(function* () {
      const client = yield* showing(find)
      const answer = yield* client.get("/v1/nodes/n1/inventory", at(version))
      expect([answer.status, faultstring(answer)]).toEqual([status, message])
    })
  )
})

describe("a node's way through Ironic's API, over the real conductor", () => {
  it.live("from its enrolment to being available, inspected on the way", () =>
    Effect.gen(function* () {
      const { bmcs, client } = yield* startReal
      bmcs.setPower(uuid(1), "power on")
      bmcs.answer(uuid(1), inspectable)
      yield* client.send("POST", "/v1/nodes", {
        headers: at("1.82"),
        body: { uuid: uuid(1), name: "n1", driver: "ipmi", driver_info: { ipmi_address: "127.0.0.1" } }
      })
      const states = Effect.map(
        client.get("/v1/nodes/n1", at("1.82")),
        ({ body }) => body as { readonly [field: string]: unknown }
      )
      const move = Effect.fnUntraced(function* (target: string) {
        const { status } = yield* client.send("PUT", "/v1/nodes/n1/states/provision", {
          headers: at("1.82"),
          body: { target }
        })
        expect(status).toBe(202)
        return yield* Effect.repeat(states, { until: (now) => now["target_provision_state"] === null })
      })
      expect(yield* move("manage")).toMatchObject({ provision_state: "manageable", last_error: null })
      expect(yield* move("inspect")).toMatchObject({
        provision_state: "manageable",
        inspection_started_at: null,
        inspection_finished_at: expect.stringMatching(/\+00:00$/)
      })
      expect((yield* client.get("/v1/nodes/n1/inventory", at("1.82"))).status).toBe(200)
      expect(yield* move("provide")).toMatchObject({ provision_state: "available" })
      const refused = yield* client.send("PUT", "/v1/nodes/n1/states/provision", {
        headers: at("1.82"),
        body: { target: "active" }
      })
      expect([refused.status, faultstring(refused)]).toEqual([
        400,
        expect.stringContaining("Tutti neither deploys nor wipes operating systems")
      ])
    })
  )
})
