import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { type Answer, uuid } from "../support/Doubles.ts"
import { startReal } from "../support/RealConductor.ts"

const newest = { "X-OpenStack-Ironic-API-Version": "1.82" }
const faultstring = ({ body }: Answer): string =>
  JSON.parse((body as { error_message: string }).error_message).faultstring

const serving = Effect.gen(function* () {
  const { client } = yield* startReal
  const send = (method: string, path: string, body?: unknown) =>
    client.send(method, path, { headers: newest, ...(body === undefined ? {} : { body }) })
  return { client, send }
})

describe("a chassis in Ironic's API", () => {
  it.live("is made, shown, changed and removed, whole", () =>
    Effect.gen(function* () {
      const { client, send } = yield* serving
      const made = yield* send("POST", "/v1/chassis", { uuid: uuid(1), description: "enclosure 1", extra: { room: 7 } })
      const link = (path: string) => [
        { href: `${client.base}/v1/${path}`, rel: "self" },
        { href: `${client.base}/${path}`, rel: "bookmark" }
      ]
      const chassis = {
        uuid: uuid(1),
        description: "enclosure 1",
        extra: { room: 7 },
        nodes: link(`chassis/${uuid(1)}/nodes`),
        created_at: expect.any(String),
        updated_at: null,
        links: link(`chassis/${uuid(1)}`)
      }
      expect([made.status, made.body]).toEqual([201, chassis])
      expect(made.headers["location"]).toBe(`${client.base}/v1/chassis/${uuid(1)}`)
      const changed = yield* send("PATCH", `/v1/chassis/${uuid(1)}`, [
        { op: "remove", path: "/description" },
        { op: "replace", path: "/extra/room", value: 8 }
      ])
      const after = { ...chassis, description: null, extra: { room: 8 }, updated_at: expect.any(String) }
      expect([changed.status, changed.body]).toEqual([200, after])
      expect((yield* send("GET", `/v1/chassis/${uuid(1)}`)).body).toEqual(after)
      expect((yield* send("GET", `/v1/chassis/${uuid(1)}?fields=uuid`)).body).toEqual({
        uuid: uuid(1),
        links: chassis.links
      })
      expect((yield* send("GET", "/v1/chassis")).body).toEqual({
        chassis: [{ uuid: uuid(1), description: null, links: chassis.links }]
      })
      expect((yield* send("GET", "/v1/chassis/detail")).body).toEqual({ chassis: [after] })
      expect((yield* send("DELETE", `/v1/chassis/${uuid(1)}`)).status).toBe(204)
      expect((yield* send("GET", `/v1/chassis/${uuid(1)}`)).status).toBe(404)
    })
  )

  it.live("is made without a word about it, and has a uuid then", () =>
    Effect.gen(function* () {
      const { send } = yield* serving
      expect((yield* send("POST", "/v1/chassis", {})).body).toMatchObject({
        uuid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4/),
        description: null,
        extra: {}
      })
    })
  )

  it.live("is refused, with a reason, when it can't be", () =>
    Effect.gen(function* () {
      const { send } = yield* serving
      yield* send("POST", "/v1/chassis", { uuid: uuid(1) })
      const refusals: ReadonlyArray<readonly [object, number, string]> = [
        [{ uuid: uuid(1) }, 409, `A chassis with UUID ${uuid(1)} already exists.`],
        [{ uuid: "x" }, 400, "Expected UUID for uuid: x"],
        [{ description: 7 }, 400, "description must be a text"],
        [{ description: "x".repeat(256) }, 400, "at most 255"],
        [{ extra: 7 }, 400, "extra must be a JSON object"],
        [{ nodes: [] }, 400, "nodes can't be set"]
      ]
      for (const [body, status, message] of refusals) {
        const answer = yield* send("POST", "/v1/chassis", body)
        expect([answer.status, faultstring(answer)]).toEqual([status, expect.stringContaining(message)])
      }
      const named = yield* send("GET", "/v1/chassis/enclosure")
      expect([named.status, faultstring(named)]).toEqual([400, "Expected a UUID but received enclosure."])
      const patched = yield* send("PATCH", `/v1/chassis/${uuid(1)}`, [{ op: "add", path: "/uuid", value: uuid(2) }])
      expect([patched.status, faultstring(patched)]).toEqual([400, expect.stringContaining("internal attribute")])
    })
  )

  it.live("has nodes, and stays while it has", () =>
    Effect.gen(function* () {
      const { client, send } = yield* serving
      yield* send("POST", "/v1/chassis", { uuid: uuid(1) })
      const node = (n: number, chassis: string) =>
        send("POST", "/v1/nodes", { driver: "fake-hardware", name: `n${n}`, uuid: uuid(n), chassis_uuid: chassis })
      expect((yield* node(11, uuid(1))).body).toMatchObject({ chassis_uuid: uuid(1) })
      yield* node(12, uuid(1))
      const missing = yield* node(13, uuid(2))
      expect([missing.status, faultstring(missing)]).toEqual([400, `Chassis ${uuid(2)} could not be found.`])
      yield* send("POST", "/v1/nodes", { driver: "fake-hardware", name: "n14" })
      const names = (path: string) =>
        Effect.map(send("GET", path), ({ body }) =>
          (body as { nodes: ReadonlyArray<{ name: string }> }).nodes.map(({ name }) => name)
        )
      expect(yield* names(`/v1/chassis/${uuid(1)}/nodes`)).toEqual(["n11", "n12"])
      expect(yield* names(`/v1/nodes?chassis_uuid=${uuid(1)}`)).toEqual(["n11", "n12"])
      const page = (yield* send("GET", `/chassis/${uuid(1)}/nodes?limit=1`)).body as { next: string }
      expect(page.next).toBe(
        `${client.base}/v1/chassis/${uuid(1)}/nodes?sort_key=id&sort_dir=asc&limit=1&marker=${uuid(11)}`
      )
      expect(yield* names(page.next.slice(client.base.length))).toEqual(["n12"])
      expect((yield* send("GET", `/v1/chassis/${uuid(2)}/nodes`)).status).toBe(404)
      const full = yield* send("DELETE", `/v1/chassis/${uuid(1)}`)
      expect([full.status, faultstring(full)]).toEqual([400, expect.stringContaining("contains nodes")])
      yield* send("PATCH", "/v1/nodes/n11", [{ op: "remove", path: "/chassis_uuid" }])
      yield* send("DELETE", "/v1/nodes/n12")
      expect((yield* send("DELETE", `/v1/chassis/${uuid(1)}`)).status).toBe(204)
    })
  )
})
