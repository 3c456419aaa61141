import { describe, expect, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { DriverInfo } from "../../../src/domain/Node.ts"
import { type Answer, makeRecord, start, uuid } from "../support/Doubles.ts"

const VERSION = "X-OpenStack-Ironic-API-Version"
const at = (version: string) => ({ [VERSION]: version })

/** The fault's text, out of the string that holds JSON. */
const fault = ({ body }: Answer): { readonly faultstring: string; readonly faultcode: string } => {
  const { error_message } = body as { error_message: unknown }
  if (typeof error_message !== "string") throw new Error("error_message must be a string that holds JSON")
  return JSON.parse(error_message)
}

const fleet = [
  makeRecord(1, { name: "n1", driver: "ipmi" }, { power: "power on", observedAtMillis: -1000 }),
  makeRecord(2, { name: "n2", operatorMaintenance: true, maintenanceReason: "new disks", owner: "ops" }),
  makeRecord(
    3,
    {
      name: "n3",
      driver: "ipmitool",
      fault: "power failure",
      faultReason: "Unreachable",
      lastError: "No answer.",
      conductorGroup: "east"
    },
    { power: "power on", observedAtMillis: -90_000, failures: 4 }
  ),
  makeRecord(4, {
    name: null,
    driver: "fake-hardware",
    provisionState: "enroll",
    description: "The Spare one",
    retired: true
  })
]
const uuids = (answer: Answer) => (answer.body as { nodes: Array<{ uuid: string }> }).nodes.map(({ uuid }) => uuid)
const numbers = (answer: Answer) => uuids(answer).map((id) => Number(id.slice(-3)))

describe("a node in Ironic's API", () => {
  it.effect("has every field of the newest version, whole", () =>
    Effect.gen(function* () {
      const secrets = { ipmi_password: Redacted.make("hunter2"), ipmi_hex_kg_key: Redacted.make("ab12") }
      const record = makeRecord(
        1,
        {
          driverInfo: new DriverInfo({ settings: { ipmi_address: "10.0.0.1", ipmi_port: 623 }, secrets }),
          properties: { rack: "r1", cpus: 4 },
          extra: { a: [1] },
          resourceClass: "large",
          conductorGroup: "east",
          owner: "ops",
          description: "first"
        },
        { power: "power off", observedAtMillis: -2000 }
      )
      const client = yield* start({
        records: [record],
        locks: { [uuid(1)]: { holder: "conductor-1", purpose: "power on", sinceMillis: 0, expiresAtMillis: 60_000 } }
      })
      const answer = yield* client.get(`/v1/nodes/${uuid(1)}`, at("latest"))
      const link = (path: string) => [
        { href: `${client.base}/v1/${path}`, rel: "self" },
        { href: `${client.base}/${path}`, rel: "bookmark" }
      ]
      expect(answer.status).toBe(200)
      expect(answer.body).toEqual({
        uuid: uuid(1),
        name: "n1",
        instance_uuid: null,
        power_state: "power off",
        provision_state: "available",
        maintenance: false,
        driver: "ipmi",
        driver_info: {
          ipmi_address: "10.0.0.1",
          ipmi_port: 623,
          ipmi_password: "******",
          ipmi_hex_kg_key: "******"
        },
        properties: { rack: "r1", cpus: 4 },
        extra: { a: [1] },
        instance_info: {},
        chassis_uuid: null,
        maintenance_reason: null,
        target_power_state: null,
        target_provision_state: null,
        provision_updated_at: null,
        last_error: null,
        reservation: "conductor-1",
        console_enabled: false,
        created_at: "2026-11-22T19:05:38.341+00:00",
        updated_at: null,
        ports: link(`nodes/${uuid(1)}/ports`),
        driver_internal_info: {},
        inspection_started_at: null,
        inspection_finished_at: null,
        clean_step: {},
        raid_config: {},
        target_raid_config: {},
        states: link(`nodes/${uuid(1)}/states`),
        resource_class: "large",
        portgroups: link(`nodes/${uuid(1)}/portgroups`),
        boot_interface: null,
        console_interface: "no-console",
        deploy_interface: null,
        inspect_interface: "ipmitool",
        management_interface: "ipmitool",
        network_interface: "noop",
        power_interface: "ipmitool",
        raid_interface: "no-raid",
        vendor_interface: "no-vendor",
        storage_interface: "noop",
        rescue_interface: "no-rescue",
        bios_interface: "no-bios",
        volume: link(`nodes/${uuid(1)}/volume`),
        traits: [],
        fault: null,
        deploy_step: {},
        conductor_group: "east",
        automated_clean: null,
        protected: false,
        protected_reason: null,
        conductor: "conductor-1",
        owner: "ops",
        description: "first",
        allocation_uuid: null,
        retired: false,
        retired_reason: null,
        lessee: null,
        network_data: {},
        boot_mode: null,
        secure_boot: null,
        shard: null,
        links: link(`nodes/${uuid(1)}`)
      })
      expect(answer.text).not.toContain("hunter2")
    })
  )

  it.effect("has only the fields of the version that is asked for, 1.1 without a header", () =>
    Effect.gen(function* () {
      const client = yield* start({ records: fleet })
      const keys = (answer: Answer) => Object.keys(answer.body as object).toSorted()
      const first = keys(yield* client.get(`/v1/nodes/${uuid(1)}`))
      expect(first).toEqual(
        [
          ..."uuid driver driver_info properties extra instance_info instance_uuid chassis_uuid maintenance".split(" "),
          ..."maintenance_reason power_state target_power_state provision_state target_provision_state".split(" "),
          ..."provision_updated_at last_error reservation console_enabled created_at updated_at links ports".split(" ")
        ].toSorted()
      )
      const added = (from: number, to: number) =>
        Effect.gen(function* () {
          const before = keys(yield* client.get(`/v1/nodes/${uuid(1)}`, at(`1.${from}`)))
          const after = keys(yield* client.get(`/v1/nodes/${uuid(1)}`, at(`1.${to}`)))
          return after.filter((key) => !before.includes(key))
        })
      expect(yield* added(4, 5)).toEqual(["name"])
      expect(yield* added(11, 12)).toEqual(["raid_config", "target_raid_config"])
      expect(yield* added(30, 31)).toHaveLength(8)
      expect(yield* added(41, 42)).toEqual(["fault"])
      expect(yield* added(51, 52)).toEqual(["allocation_uuid"])
      expect(yield* added(60, 61)).toEqual(["retired", "retired_reason"])
      expect(yield* added(64, 66)).toEqual(["lessee", "network_data"])
      expect(yield* added(74, 75)).toEqual(["boot_mode", "secure_boot"])
      expect(yield* added(81, 82)).toEqual(["shard"])
      expect(yield* added(48, 49)).toEqual(["conductor"])
      expect(yield* added(50, 51)).toEqual(["description"])
    })
  )

  it.effect("shows the power state that was observed, not the recorded one", () =>
    Effect.gen(function* () {
      const record = makeRecord(1, { desiredPower: "power on" }, { power: "power off", observedAtMillis: -1000 })
      const client = yield* start({ records: [record] })
      expect((yield* client.get("/v1/nodes/n1", at("1.42"))).body).toMatchObject({ power_state: "power off" })
    })
  )

  it.effect("shows no power state at a fault, and says what is wrong", () =>
    Effect.gen(function* () {
      const client = yield* start({ records: fleet })
      const { body } = yield* client.get("/v1/nodes/n3", at("1.42"))
      expect(body).toMatchObject({
        power_state: null,
        maintenance: true,
        maintenance_reason: "No answer.",
        fault: "power failure",
        last_error: "No answer."
      })
    })
  )

  it.effect("never shows what is Tutti's own", () =>
    Effect.gen(function* () {
      const client = yield* start({ records: fleet })
      const { text } = yield* client.get("/v1/nodes/detail", at("1.82"))
      for (const own of ["observed", "age", "desired", "fault_reason", "disable_power_off", 'version"']) {
        expect(text).not.toContain(`"${own}`)
      }
    })
  )

  it.effect("shows `available` as null below 1.2, other states as they are", () =>
    Effect.gen(function* () {
      const client = yield* start({ records: fleet })
      const state = (id: number, version: string) =>
        Effect.map(
          client.get(`/v1/nodes/${uuid(id)}`, at(version)),
          ({ body }) => (body as { provision_state: unknown }).provision_state
        )
      expect(yield* state(1, "1.1")).toBeNull()
      expect(yield* state(1, "1.2")).toBe("available")
      expect(yield* state(4, "1.1")).toBe("enroll")
    })
  )

  it.effect("is found by its name from 1.5, and by its uuid always", () =>
    Effect.gen(function* () {
      const client = yield* start({ records: fleet })
      expect((yield* client.get("/v1/nodes/n1", at("1.5"))).status).toBe(200)
      const old = yield* client.get("/v1/nodes/n1", at("1.4"))
      expect(old.status).toBe(404)
      expect(fault(old)).toEqual({ faultcode: "Client", faultstring: "Node n1 could not be found.", debuginfo: null })
      expect((yield* client.get(`/v1/nodes/${uuid(1)}`, at("1.1"))).status).toBe(200)
    })
  )

  it.effect("may have a name as long as Ironic lets it be, however it is written", () =>
    Effect.gen(function* () {
      const name = "~".repeat(255)
      const client = yield* start({ records: [makeRecord(1, { name })] })
      expect((yield* client.get(`/v1/nodes/${name.replaceAll("~", "%7E")}`, at("1.5"))).status).toBe(200)
    })
  )

  it.effect("shows the fields asked for, and its links", () =>
    Effect.gen(function* () {
      const client = yield* start({ records: fleet })
      const { body } = yield* client.get("/v1/nodes/n1?fields=uuid,power_state", at("1.8"))
      expect(Object.keys(body as object)).toEqual(["uuid", "power_state", "links"])
      const wrong = yield* client.get("/v1/nodes/n1?fields=uuid,colour", at("1.8"))
      expect([wrong.status, fault(wrong).faultstring]).toEqual([400, 'Field(s) "colour" are not valid'])
      expect((yield* client.get("/v1/nodes/n1?fields=owner", at("1.49"))).status).toBe(406)
      expect((yield* client.get(`/v1/nodes/${uuid(1)}?fields=uuid`, at("1.7"))).status).toBe(406)
      const unknown = yield* client.get("/v1/nodes/n1?colour=red", at("1.8"))
      expect([unknown.status, fault(unknown).faultstring]).toEqual([400, "Unexpected arguments: colour"])
    })
  )

  it.effect("is validated by its driver_info, without a word to the BMC", () =>
    Effect.gen(function* () {
      const broken = makeRecord(2, { driverInfo: new DriverInfo({ settings: { ipmi_port: 99_999 }, secrets: {} }) })
      const client = yield* start({ records: [fleet[0] ?? broken, broken] })
      const unsupported = { result: null, reason: "not supported" }
      const others = Object.fromEntries(
        "bios boot console deploy raid rescue".split(" ").map((name) => [name, unsupported])
      )
      const idle = { network: { result: true }, storage: { result: true } }
      const bad = {
        result: false,
        reason: "ipmi_address is required; ipmi_port must be a whole number from 1 to 65535"
      }
      expect((yield* client.get(`/v1/nodes/${uuid(1)}/validate`)).body).toEqual({
        ...others,
        ...idle,
        inspect: { result: true },
        management: { result: true },
        power: { result: true }
      })
      expect((yield* client.get(`/v1/nodes/${uuid(2)}/validate`)).body).toEqual({
        ...others,
        ...idle,
        inspect: bad,
        management: bad,
        power: bad
      })
    })
  )
})

describe("a list of nodes in Ironic's API", () => {
  it.effect("shows few fields, all of them on request", () =>
    Effect.gen(function* () {
      const client = yield* start({ records: fleet })
      const { body } = yield* client.get("/v1/nodes", at("1.5"))
      expect((body as { nodes: ReadonlyArray<unknown> }).nodes[1]).toEqual({
        uuid: uuid(2),
        name: "n2",
        instance_uuid: null,
        power_state: null,
        provision_state: "available",
        maintenance: true,
        links: [
          { href: `${client.base}/v1/nodes/${uuid(2)}`, rel: "self" },
          { href: `${client.base}/nodes/${uuid(2)}`, rel: "bookmark" }
        ]
      })
      expect(Object.keys(body as object)).toEqual(["nodes"])
      const detail = yield* client.get("/v1/nodes/detail", at("1.82"))
      expect((yield* client.get("/v1/nodes?detail=True", at("1.82"))).body).toEqual(detail.body)
      const one = yield* client.get("/v1/nodes/n1", at("1.82"))
      expect((detail.body as { nodes: ReadonlyArray<unknown> }).nodes[0]).toEqual(one.body)
    })
  )

  it.effect.each([
    ["maintenance=true", [2, 3]],
    ["maintenance=False", [1, 4]],
    ["driver=ipmitool", [3]],
    ["provision_state=enroll", [4]],
    ["fault=power%20failure", [3]],
    ["conductor_group=East", [3]],
    ["owner=ops", [2]],
    ["description_contains=spare", [4]],
    ["conductor=conductor-1", [1, 2, 3, 4]],
    ["conductor=other", []],
    ["retired=True", [4]],
    ["retired=false", [1, 2, 3]],
    ["lessee=ops", []],
    ["shard=s1", []],
    ["sharded=true", []],
    ["sharded=false", [1, 2, 3, 4]],
    ["sort_key=retired&limit=3", [1, 2, 3]],
    ["associated=true", []],
    ["associated=false", [1, 2, 3, 4]],
    ["instance_uuid=5b3c9d0e-0000-4000-8000-000000000000", []],
    ["maintenance=true&driver=ipmi", [2]],
    ["sort_key=driver", [4, 1, 2, 3]],
    ["sort_key=name&sort_dir=desc", [4, 3, 2, 1]],
    ["sort_dir=desc", [4, 3, 2, 1]],
    [`marker=${uuid(2)}`, [3, 4]],
    [`marker=${uuid(3)}&sort_dir=desc`, [2, 1]],
    [`marker=${uuid(1)}&maintenance=true`, [2, 3]],
    ["limit=2", [1, 2]],
    ["limit=99999", [1, 2, 3, 4]]
  ] as const)("answers ?%s", ([query, expected]) =>
    Effect.gen(function* () {
      const client = yield* start({ records: fleet })
      const answer = yield* client.get(`/v1/nodes?${query}`, at("1.82"))
      expect(answer.status, answer.text).toBe(200)
      expect(numbers(answer)).toEqual(expected)
    })
  )

  it.effect.each([
    ["limit=0", "1.82", 400, "Limit must be positive"],
    ["limit=-3", "1.82", 400, "Limit must be positive"],
    ["limit=two", "1.82", 400, "Invalid value for limit: two is no number."],
    ["sort_key=foo", "1.82", 400, 'The sort_key value "foo" is an invalid field for sorting'],
    ["sort_key=driver_info", "1.82", 400, 'The sort_key value "driver_info" is an invalid field for sorting'],
    ["sort_dir=up", "1.82", 400, "Invalid sort direction: up. Acceptable values are 'asc' or 'desc'"],
    ["maintenance=perhaps", "1.82", 400, "Invalid value for maintenance: perhaps is neither true nor false."],
    ["fault=flood", "1.82", 400, 'Unrecognized fault "flood" is specified'],
    ["colour=red&x=1", "1.82", 400, "Unexpected arguments: colour, x"],
    ["detail=True", "1.42", 400, "Invalid query parameter detail"],
    ["detail=perhaps", "1.43", 400, "Invalid value for detail"],
    ["detail=True&fields=uuid", "1.43", 400, "Can't fetch a subset of fields with 'detail' set"],
    ["owner=ops", "1.49", 406, "owner needs API version 1.50"],
    ["retired=true", "1.60", 406, "retired needs API version 1.61"],
    ["lessee=ops", "1.64", 406, "lessee needs API version 1.65"],
    ["sharded=true", "1.81", 406, "sharded needs API version 1.82"],
    ["retired=perhaps", "1.82", 400, "Invalid value for retired: perhaps is neither true nor false."],
    ["fault=power%20failure", "1.41", 406, "fault needs API version 1.42"],
    ["marker=5b3c9d0e-0000-4000-8000-000000000000", "1.1", 404, "could not be found"]
  ] as const)("refuses ?%s at %s", ([query, version, status, message]) =>
    Effect.gen(function* () {
      const client = yield* start({ records: fleet })
      const answer = yield* client.get(`/v1/nodes?${query}`, at(version))
      expect([answer.status, fault(answer).faultstring]).toEqual([status, expect.stringContaining(message)])
      expect(answer.headers["content-type"]).toContain("application/json")
    })
  )

  it.effect("is read page by page, with a link to the next one only while there is more", () =>
    Effect.gen(function* () {
      const client = yield* start({ records: fleet })
      const first = yield* client.get("/v1/nodes?limit=3&fields=uuid,name", at("1.8"))
      const { next } = first.body as { next: string }
      expect(next).toBe(`${client.base}/v1/nodes?sort_key=id&sort_dir=asc&limit=3&fields=uuid,name&marker=${uuid(3)}`)
      const second = yield* client.get(next.slice(client.base.length), at("1.8"))
      expect(numbers(second)).toEqual([4])
      expect(second.body).not.toHaveProperty("next")
      expect((yield* client.get("/v1/nodes?limit=4")).body).not.toHaveProperty("next")
      const detail = yield* client.get("/v1/nodes/detail?limit=1&maintenance=true")
      expect((detail.body as { next: string }).next).toBe(
        `${client.base}/v1/nodes/detail?sort_key=id&sort_dir=asc&limit=1&maintenance=true&marker=${uuid(2)}`
      )
    })
  )

  it.effect("has no more than a thousand nodes in a page", () =>
    Effect.gen(function* () {
      const client = yield* start({ records: Array.from({ length: 1500 }, (_, index) => makeRecord(index)) })
      const first = yield* client.get("/v1/nodes")
      expect(uuids(first)).toHaveLength(1000)
      const { next } = first.body as { next: string }
      expect(uuids(yield* client.get(next.slice(client.base.length)))).toHaveLength(500)
    })
  )

  it.effect("is there without /v1 and with a slash at its end too", () =>
    Effect.gen(function* () {
      const client = yield* start({ records: fleet })
      const { body } = yield* client.get("/v1/nodes")
      for (const path of ["/nodes", "/nodes/", "/v1/nodes/"]) expect((yield* client.get(path)).body).toEqual(body)
      expect((yield* client.get("/nodes/detail?instance_uuid=x")).body).toEqual({ nodes: [] })
    })
  )
})
