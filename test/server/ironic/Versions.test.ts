import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeRecord, start } from "../support/Doubles.ts"

const names = [
  "x-openstack-ironic-api-minimum-version",
  "x-openstack-ironic-api-maximum-version",
  "x-openstack-ironic-api-version"
]
const versions = (headers: { readonly [name: string]: string }) => names.map((name) => headers[name] ?? null)
const asking = (version: string) => ({ "X-OpenStack-Ironic-API-Version": version })

const check = (
  path: string,
  asked: { readonly [name: string]: string },
  status: number,
  expected: ReadonlyArray<unknown>
) =>
  Effect.gen(function* () {
    const client = yield* start({ records: [makeRecord(1)] })
    const answer = yield* client.get(path, asked)
    expect([answer.status, ...versions(answer.headers)]).toEqual([status, ...expected])
    return answer
  })

describe("Ironic's microversions", () => {
  it.effect("are 1.1 without a header", () => check("/v1/nodes", {}, 200, ["1.1", "1.82", "1.1"]))
  it.effect("are echoed as asked", () => check("/v1/nodes", asking("1.37"), 200, ["1.1", "1.82", "1.37"]))
  it.effect("are echoed as a number for latest", () =>
    check("/v1/nodes", asking("Latest"), 200, ["1.1", "1.82", "1.82"])
  )
  it.effect("ignore the new style's header", () =>
    check("/v1/nodes", { "OpenStack-API-Version": "baremetal 1.40" }, 200, ["1.1", "1.82", "1.1"])
  )
  it.effect("are on refusals too", () => check("/v1/nodes/nope", asking("1.37"), 404, ["1.1", "1.82", "1.37"]))
  it.effect("are on paths that do not exist", () =>
    check("/v1/portgroups", asking("1.37"), 404, ["1.1", "1.82", "1.37"])
  )

  it.effect("out of range are refused with the range", () =>
    Effect.gen(function* () {
      for (const version of ["1.99", "1.83", "1.0", "2.1", "0.9"]) {
        const answer = yield* check("/v1/nodes", asking(version), 406, ["1.1", "1.82", null])
        const { error_message } = answer.body as { error_message: string }
        expect(JSON.parse(error_message)).toEqual({
          code: 406,
          title: "Not Acceptable",
          description: expect.stringMatching(
            new RegExp(`Version ${version} .*The supported version range is: \\[1\\.1, 1\\.82\\]\\.`)
          )
        })
      }
    })
  )

  it.effect("that are no number are refused without it", () =>
    Effect.gen(function* () {
      for (const version of ["abc", "1", "1.x", "1.2.3", "-1.5", ""]) {
        yield* check("/v1/nodes", asking(version), 406, [null, null, null])
      }
    })
  )

  it.effect("hide what came later: conductors are 404 below 1.49", () =>
    Effect.gen(function* () {
      yield* check("/v1/conductors", asking("1.48"), 404, ["1.1", "1.82", "1.48"])
      const { body } = yield* check("/v1/conductors", asking("1.49"), 200, ["1.1", "1.82", "1.49"])
      expect(body).toMatchObject({ conductors: [{ hostname: "conductor-1", conductor_group: "", alive: true }] })
    })
  )
})

describe("discovery", () => {
  const version = (base: string) => ({
    id: "v1",
    links: [{ href: `${base}/v1/`, rel: "self" }],
    status: "CURRENT",
    min_version: "1.1",
    version: "1.82"
  })

  it.effect("finds the versions in / and in /v1, with or without a slash", () =>
    Effect.gen(function* () {
      const client = yield* start()
      const root = yield* client.get("/")
      expect(root.body).toEqual({
        name: "Tutti",
        description: expect.any(String),
        default_version: version(client.base),
        versions: [version(client.base)]
      })
      const v1 = yield* client.get("/v1/")
      expect(v1.body).toMatchObject({
        id: "v1",
        media_types: [{ base: "application/json", type: "application/vnd.openstack.ironic.v1+json" }],
        version: version(client.base),
        nodes: [
          { href: `${client.base}/v1/nodes/`, rel: "self" },
          { href: `${client.base}/nodes/`, rel: "bookmark" }
        ]
      })
      expect((yield* client.get("/v1")).body).toEqual(v1.body)
    })
  )
})

describe("what is not there", () => {
  it.effect("is 404 in Ironic's envelope", () =>
    Effect.gen(function* () {
      const client = yield* start({ records: [makeRecord(1)] })
      for (const path of [
        "/v1/portgroups",
        "/v1/volume",
        "/v1/allocations",
        "/v1/deploy_templates",
        "/v1/shards",
        "/v1/nodes/n1/allocation",
        "/v1/nodes/n1/x/y"
      ]) {
        const answer = yield* client.send("GET", path, { headers: asking("1.82") })
        expect(answer.status).toBe(404)
        expect(answer.body).toEqual({
          error_message: JSON.stringify({
            faultcode: "Client",
            faultstring: "The resource could not be found.",
            debuginfo: null
          })
        })
      }
    })
  )

  it.effect("is 405 with the methods that there are, where only the method is missing", () =>
    Effect.gen(function* () {
      const client = yield* start()
      const answer = yield* client.send("PUT", "/v1/nodes")
      expect([answer.status, answer.headers["allow"]]).toEqual([405, "GET, POST"])
      expect(answer.text).toContain("The method PUT is not allowed here")
      expect((yield* client.send("DELETE", "/v1/drivers")).headers["allow"]).toBe("GET")
      expect((yield* client.send("POST", "/v1")).status).toBe(405)
      expect((yield* client.send("POST", "/v1/deploy_templates")).status).toBe(405)
    })
  )
})

describe("drivers", () => {
  it.effect("are listed with the conductor that has them", () =>
    Effect.gen(function* () {
      const client = yield* start()
      const { body } = yield* client.get("/v1/drivers")
      const drivers = ["ipmi", "ipmitool", "fake-hardware"].map((name) => ({
        name,
        hosts: ["conductor-1"],
        links: [
          { href: `${client.base}/v1/drivers/${name}`, rel: "self" },
          { href: `${client.base}/drivers/${name}`, rel: "bookmark" }
        ]
      }))
      expect(body).toEqual({ drivers })
    })
  )

  it.effect("have their interfaces in a detailed list and alone, from 1.30", () =>
    Effect.gen(function* () {
      const client = yield* start()
      const plain = yield* client.get("/v1/drivers", asking("1.30"))
      expect(plain.text).not.toContain("default_power_interface")
      expect(plain.text).toContain('"type":"dynamic"')
      const one = yield* client.get("/v1/drivers/ipmi", asking("1.30"))
      expect(one.body).toMatchObject({
        name: "ipmi",
        type: "dynamic",
        default_power_interface: "ipmitool",
        enabled_power_interfaces: ["ipmitool"],
        default_deploy_interface: null,
        enabled_deploy_interfaces: []
      })
      expect(one.body).not.toHaveProperty("default_bios_interface")
      expect((yield* client.get("/v1/drivers/ipmi", asking("1.40"))).body).toHaveProperty("default_bios_interface")
      const detailed = yield* client.get("/v1/drivers?detail=true", asking("1.30"))
      expect((detailed.body as { drivers: ReadonlyArray<unknown> }).drivers[0]).toEqual(one.body)
      expect((yield* client.get("/v1/drivers?detail=true", asking("1.29"))).status).toBe(400)
      expect((yield* client.get("/v1/drivers?type=classic", asking("1.30"))).body).toEqual({ drivers: [] })
      expect((yield* client.get("/v1/drivers?type=x", asking("1.30"))).status).toBe(400)
    })
  )

  it.effect("show the fields asked for, from 1.77", () =>
    Effect.gen(function* () {
      const client = yield* start()
      const one = yield* client.get("/v1/drivers/ipmi?fields=name,default_power_interface", asking("1.77"))
      expect(one.body).toEqual({ links: expect.any(Array), name: "ipmi", default_power_interface: "ipmitool" })
      const { body } = yield* client.get("/v1/drivers?fields=hosts", asking("1.77"))
      expect((body as { drivers: ReadonlyArray<object> }).drivers[0]).toEqual({
        links: expect.any(Array),
        hosts: ["conductor-1"]
      })
      expect((yield* client.get("/v1/drivers?fields=hosts", asking("1.76"))).status).toBe(406)
      expect((yield* client.get("/v1/drivers?fields=colour", asking("1.77"))).status).toBe(400)
      expect((yield* client.get("/v1/drivers?fields=name&detail=true", asking("1.77"))).status).toBe(400)
    })
  )

  it.effect("tell their properties, and 404 for one that is not there", () =>
    Effect.gen(function* () {
      const client = yield* start()
      expect((yield* client.get("/drivers/ipmi/properties")).body).toHaveProperty("ipmi_address")
      expect((yield* client.get("/v1/drivers/ilo")).status).toBe(404)
      expect((yield* client.get("/v1/conductors/other", asking("1.49"))).status).toBe(404)
      expect((yield* client.get("/v1/conductors/conductor-1", asking("1.49"))).body).toEqual({
        hostname: "conductor-1",
        conductor_group: "",
        alive: true,
        links: [
          { href: `${client.base}/v1/conductors/conductor-1`, rel: "self" },
          { href: `${client.base}/conductors/conductor-1`, rel: "bookmark" }
        ],
        drivers: ["ipmi", "ipmitool", "fake-hardware"],
        created_at: "1970-01-01T00:00:00.000+00:00",
        updated_at: "1970-01-01T00:00:02.000+00:00"
      })
    })
  )
})
