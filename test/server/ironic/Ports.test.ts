import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { StoreError, Unavailable } from "../../../src/store/StoreError.ts"
import { type Answer, start, uuid } from "../support/Doubles.ts"
import { makeRecord } from "../support/Nodes.ts"
import { startReal } from "../support/RealConductor.ts"

const at = (version: string) => ({ "X-OpenStack-Ironic-API-Version": version })
const newest = at("1.82")
const faultstring = ({ body }: Answer): string =>
  JSON.parse((body as { error_message: string }).error_message).faultstring

const mac = (n: number) => `52:54:00:00:00:${n.toString(16).padStart(2, "0")}`

/** A server over the real conductor with nodes 1 and 2. */
const serving = Effect.gen(function* () {
  const { client } = yield* startReal
  const lines = [1, 2].map((n) => JSON.stringify({ uuid: uuid(n), name: `n${n}`, driver: "fake-hardware" }))
  yield* client.send("POST", "/v1/tutti/nodes/import", { body: lines.join("\n") })
  const send = (method: string, path: string, body?: unknown, headers = newest) =>
    client.send(method, path, { headers, ...(body === undefined ? {} : { body }) })
  const add = (n: number, fields: object = {}) =>
    send("POST", "/v1/ports", { uuid: uuid(100 + n), address: mac(n), node_uuid: uuid(1), ...fields })
  return { client, send, add }
})

const listed = ({ body }: Answer) => (body as { ports: ReadonlyArray<{ uuid: string }> }).ports.map(({ uuid }) => uuid)

describe("a port in Ironic's API", () => {
  it.live("is made, shown, changed and removed, whole", () =>
    Effect.gen(function* () {
      const { add, client, send } = yield* serving
      const made = yield* add(1, { address: mac(1).toUpperCase(), extra: { slot: 3 }, physical_network: "storage" })
      expect(made.status, made.text).toBe(201)
      expect(made.headers["location"]).toBe(`${client.base}/v1/ports/${uuid(101)}`)
      const port = {
        uuid: uuid(101),
        address: mac(1),
        node_uuid: uuid(1),
        extra: { slot: 3 },
        created_at: expect.stringMatching(/^\d{4}-.*\+00:00$/),
        updated_at: null,
        internal_info: {},
        local_link_connection: {},
        pxe_enabled: true,
        portgroup_uuid: null,
        physical_network: "storage",
        is_smartnic: false,
        links: [
          { href: `${client.base}/v1/ports/${uuid(101)}`, rel: "self" },
          { href: `${client.base}/ports/${uuid(101)}`, rel: "bookmark" }
        ]
      }
      expect(made.body).toEqual(port)
      expect((yield* send("GET", `/v1/ports/${uuid(101)}`)).body).toEqual(port)
      const changed = yield* send("PATCH", `/v1/ports/${uuid(101)}`, [
        { op: "replace", path: "/address", value: mac(2) },
        { op: "add", path: "/extra/note", value: "x" },
        { op: "remove", path: "/physical_network" },
        { op: "add", path: "/pxe_enabled", value: "False" },
        { op: "add", path: "/local_link_connection/port_id", value: "Eth1" },
        { op: "replace", path: "/node_uuid", value: uuid(2) }
      ])
      expect(changed.status, changed.text).toBe(200)
      expect(changed.body).toEqual({
        ...port,
        address: mac(2),
        node_uuid: uuid(2),
        extra: { slot: 3, note: "x" },
        local_link_connection: { port_id: "Eth1" },
        pxe_enabled: false,
        physical_network: null,
        updated_at: expect.any(String)
      })
      expect((yield* send("DELETE", `/v1/ports/${uuid(101)}`)).status).toBe(204)
      const gone = yield* send("GET", `/v1/ports/${uuid(101)}`)
      expect([gone.status, faultstring(gone)]).toEqual([404, `Port ${uuid(101)} could not be found.`])
    })
  )

  it.live("has only the fields of the version that is asked for", () =>
    Effect.gen(function* () {
      const { add, client } = yield* serving
      yield* add(1)
      const keys = (version: string) =>
        Effect.map(client.get(`/v1/ports/${uuid(101)}`, at(version)), ({ body }) => Object.keys(body as object))
      const first = ["uuid", "address", "node_uuid", "extra", "created_at", "updated_at"]
      expect(yield* keys("1.17")).toEqual([...first, "links"])
      expect(yield* keys("1.18")).toEqual([...first, "internal_info", "links"])
      expect((yield* keys("1.19")).slice(7, -1)).toEqual(["local_link_connection", "pxe_enabled"])
      expect((yield* keys("1.24")).at(-2)).toBe("portgroup_uuid")
      expect((yield* keys("1.34")).at(-2)).toBe("physical_network")
      expect((yield* keys("1.53")).at(-2)).toBe("is_smartnic")
      const chosen = yield* client.get(`/v1/ports/${uuid(101)}?fields=address`, at("1.8"))
      expect(Object.keys(chosen.body as object)).toEqual(["address", "links"])
      expect((yield* client.get(`/v1/ports/${uuid(101)}?fields=address`, at("1.7"))).status).toBe(406)
      expect((yield* client.get(`/v1/ports/${uuid(101)}?fields=is_smartnic`, at("1.52"))).status).toBe(406)
    })
  )

  it.live("is refused, with a reason, when it can't be", () =>
    Effect.gen(function* () {
      const { add, client, send } = yield* serving
      yield* add(1)
      const refusals: ReadonlyArray<readonly [object, number, string]> = [
        [{ address: mac(1) }, 409, `A port with MAC address ${mac(1)} already exists.`],
        [{ uuid: uuid(101) }, 409, `A port with UUID ${uuid(101)} already exists.`],
        [{ address: "52:54:00:00:00" }, 400, 'Expected a MAC address but received "52:54:00:00:00".'],
        [{ address: 7 }, 400, "Expected a MAC address"],
        [{ node_uuid: uuid(9) }, 400, `Node ${uuid(9)} could not be found.`],
        [{ node_uuid: "n1" }, 400, "Expected UUID for node_uuid: n1"],
        [{ uuid: "x" }, 400, "Expected UUID for uuid: x"],
        [{ extra: [] }, 400, "extra must be a JSON object"],
        [{ pxe_enabled: 1 }, 400, "pxe_enabled must be true or false"],
        [{ physical_network: "" }, 400, "physical_network must be a text"],
        [{ portgroup_uuid: uuid(5) }, 400, "Tutti keeps no portgroup_uuid"],
        [{ internal_info: {} }, 400, "internal_info can't be set"],
        [{ colour: "red" }, 400, "colour can't be set"]
      ]
      for (const [fields, status, message] of refusals) {
        const answer = yield* add(2, fields)
        expect([answer.status, faultstring(answer)], JSON.stringify(fields)).toEqual([
          status,
          expect.stringContaining(message)
        ])
      }
      for (const key of ["address", "node_uuid"]) {
        expect(faultstring(yield* add(2, { [key]: undefined }))).toContain(`${key} is required`)
      }
      const old = yield* client.send("POST", "/v1/ports", {
        headers: at("1.52"),
        body: { address: mac(2), node_uuid: uuid(1), is_smartnic: false }
      })
      expect([old.status, faultstring(old)]).toEqual([
        406,
        expect.stringContaining("is_smartnic needs API version 1.53")
      ])
      expect(listed(yield* send("GET", "/v1/ports"))).toEqual([uuid(101)])
      const patches: ReadonlyArray<readonly [object, number]> = [
        [{ op: "replace", path: "/uuid", value: uuid(5) }, 400],
        [{ op: "remove", path: "/address" }, 400],
        [{ op: "remove", path: "/extra/nothing" }, 400],
        [{ op: "replace", path: "/node_uuid", value: uuid(9) }, 400],
        [{ op: "replace", path: "/internal_info", value: {} }, 400]
      ]
      for (const [operation, status] of patches) {
        expect((yield* send("PATCH", `/v1/ports/${uuid(101)}`, [operation])).status).toBe(status)
      }
    })
  )

  it.live("is not found by its MAC address or a name", () =>
    Effect.gen(function* () {
      const { add, send } = yield* serving
      yield* add(1)
      for (const method of ["GET", "DELETE", "PATCH"]) {
        const answer = yield* send(
          method,
          `/v1/ports/${encodeURIComponent(mac(1))}`,
          method === "PATCH" ? [] : undefined
        )
        expect([answer.status, faultstring(answer)]).toEqual([400, `Expected a UUID but received ${mac(1)}.`])
      }
    })
  )

  it.live("goes with its node", () =>
    Effect.gen(function* () {
      const { add, send } = yield* serving
      yield* add(1)
      yield* add(2, { node_uuid: uuid(2) })
      expect((yield* send("DELETE", "/v1/nodes/n1")).status).toBe(204)
      expect(listed(yield* send("GET", "/v1/ports"))).toEqual([uuid(102)])
    })
  )
})

describe("a list of ports", () => {
  it.live("shows few fields, filters, and reads page by page", () =>
    Effect.gen(function* () {
      const { add, client, send } = yield* serving
      for (const n of [3, 1, 2]) yield* add(n, { node_uuid: uuid(n === 2 ? 2 : 1) })
      const [a, b, c] = [uuid(103), uuid(101), uuid(102)]
      const plain = yield* send("GET", "/v1/ports?limit=1")
      expect(plain.body).toEqual({
        ports: [{ uuid: a, address: mac(3), links: expect.any(Array) }],
        next: `${client.base}/v1/ports?sort_key=id&sort_dir=asc&limit=1&marker=${a}`
      })
      const get = (path: string) => Effect.map(send("GET", path), listed)
      expect(yield* get(`/v1/ports?marker=${a}`)).toEqual([b, c])
      expect(yield* get("/v1/ports?sort_key=address")).toEqual([b, c, a])
      expect(yield* get("/v1/ports?sort_key=uuid&sort_dir=desc")).toEqual([a, c, b])
      expect(yield* get("/v1/ports?sort_key=created_at&sort_dir=desc")).toEqual([c, b, a])
      expect(yield* get(`/v1/ports?address=${mac(1).toUpperCase()}`)).toEqual([b])
      expect(yield* get("/v1/ports?node=n2")).toEqual([c])
      expect(yield* get(`/v1/ports?node_uuid=${uuid(1)}`)).toEqual([a, b])
      expect(yield* get("/v1/nodes/n1/ports")).toEqual([a, b])
      expect(yield* get("/nodes/n2/ports/detail")).toEqual([c])
      const detail = yield* send("GET", "/ports/detail?limit=2")
      expect((detail.body as { ports: ReadonlyArray<object> }).ports[0]).toHaveProperty("is_smartnic")
      expect((yield* send("GET", "/v1/ports?detail=True&limit=2")).body).toMatchObject({
        ports: (detail.body as { ports: ReadonlyArray<object> }).ports
      })
      const next = (yield* send("GET", "/v1/nodes/n1/ports?limit=1&fields=uuid")).body as { next: string }
      expect(next.next).toBe(
        `${client.base}/v1/nodes/n1/ports?sort_key=id&sort_dir=asc&limit=1&fields=uuid&marker=${a}`
      )
    })
  )

  it.live.each([
    ["limit=0", 400, "Limit must be positive"],
    ["marker=x", 400, "Expected UUID for marker: x"],
    [`marker=${uuid(77)}`, 404, `Port ${uuid(77)} could not be found.`],
    ["sort_key=extra", 400, 'The sort_key value "extra" is an invalid field for sorting'],
    ["address=x", 400, "Expected a MAC address"],
    ["node=nope", 404, "Node nope could not be found."],
    ["node_uuid=n1", 400, "Expected UUID for node: n1"],
    ["portgroup=g", 404, "Portgroup g could not be found."],
    ["fields=colour", 400, 'Field(s) "colour" are not valid'],
    ["detail=True&fields=uuid", 400, "Can't fetch a subset of fields"],
    ["colour=red", 400, "Unexpected arguments: colour"]
  ] as const)("refuses ?%s", ([query, status, message]) =>
    Effect.gen(function* () {
      const { send } = yield* serving
      const answer = yield* send("GET", `/v1/ports?${query}`)
      expect([answer.status, faultstring(answer)]).toEqual([status, expect.stringContaining(message)])
    })
  )

  it.effect("is 503 while the database is away, when a node is still shown", () =>
    Effect.gen(function* () {
      const away = Effect.fail(new StoreError({ reason: new Unavailable({ message: "The database is away." }) }))
      const client = yield* start({ records: [makeRecord(1)], ports: { list: () => away } })
      const answer = yield* client.get("/v1/ports", newest)
      expect([answer.status, faultstring(answer)]).toEqual([503, "The database is away."])
      expect((yield* client.get("/v1/tutti/nodes/n1")).body).toMatchObject({ name: "n1", ports: null })
    })
  )
})
