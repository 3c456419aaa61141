/** Traits, history, diagnostic interrupts and boot devices of nodes in Ironic's API, and what no driver of Tutti can do. */
import { describe, expect, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { JournalEntry } from "../../../src/domain/JournalEntry.ts"
import { eventNumber, eventUuid } from "../../../src/server/ironic/HistoryRoutes.ts"
import { type Answer, makeRecord, start, uuid } from "../support/Doubles.ts"
import { startReal } from "../support/RealConductor.ts"

const at = (version: string) => ({ "X-OpenStack-Ironic-API-Version": version })
const newest = at("1.82")
const faultstring = ({ body }: Answer): string =>
  JSON.parse((body as { error_message: string }).error_message).faultstring

/** A server over the real conductor with node n1. */
const serving = (driver: "ipmi" | "fake-hardware") =>
  Effect.gen(function* () {
    const { bmcs, client } = yield* startReal
    bmcs.setPower(uuid(1), "power on")
    const line = {
      uuid: uuid(1),
      name: "n1",
      driver,
      ...(driver === "ipmi" ? { driver_info: { ipmi_address: "127.0.0.1" } } : {})
    }
    yield* client.send("POST", "/v1/tutti/nodes/import", { body: JSON.stringify(line) })
    const send = (method: string, path: string, body?: unknown, version = newest) =>
      client.send(method, path, { headers: version, ...(body === undefined ? {} : { body }) })
    return { bmcs, client, send }
  })

describe("traits in Ironic's API", () => {
  it.live("are read, replaced, added and removed", () =>
    Effect.gen(function* () {
      const { send } = yield* serving("fake-hardware")
      const path = "/v1/nodes/n1/traits"
      const traits = Effect.map(send("GET", path), ({ body }) => (body as { traits: ReadonlyArray<string> }).traits)
      expect(yield* traits).toEqual([])
      const put = yield* send("PUT", path, { traits: ["CUSTOM_A", "HW_CPU_X86_VMX"] })
      expect([put.status, put.text, put.headers["content-type"]]).toEqual([204, "", undefined])
      expect((yield* send("PUT", `${path}/CUSTOM_B`, {})).status).toBe(204)
      expect((yield* send("PUT", `${path}/CUSTOM_C`)).status).toBe(204)
      expect(yield* traits).toEqual(["CUSTOM_A", "HW_CPU_X86_VMX", "CUSTOM_B", "CUSTOM_C"])
      expect((yield* send("DELETE", `${path}/HW_CPU_X86_VMX`)).status).toBe(204)
      const absent = yield* send("DELETE", `${path}/HW_CPU_X86_VMX`)
      expect([absent.status, faultstring(absent)]).toEqual([
        404,
        `Node ${uuid(1)} doesn't have a trait 'HW_CPU_X86_VMX'`
      ])
      expect((yield* send("GET", "/v1/nodes/n1?fields=traits")).body).toMatchObject({
        traits: ["CUSTOM_A", "CUSTOM_B", "CUSTOM_C"]
      })
      expect((yield* send("DELETE", path)).status).toBe(204)
      expect(yield* traits).toEqual([])
    })
  )

  it.live("are refused where they are none, or more than 50", () =>
    Effect.gen(function* () {
      const { send } = yield* serving("fake-hardware")
      const path = "/v1/nodes/n1/traits"
      const bodies = [
        { traits: ["custom"] },
        { traits: [7] },
        { traits: "CUSTOM_A" },
        { traits: [], more: 1 },
        [],
        { traits: Array.from({ length: 51 }, (_, n) => `CUSTOM_${n}`) }
      ]
      for (const body of bodies) expect((yield* send("PUT", path, body)).status).toBe(400)
      expect((yield* send("PUT", `${path}/custom`, {})).status).toBe(400)
      expect((yield* send("PUT", `${path}/CUSTOM_A`, { traits: [] })).status).toBe(400)
      expect((yield* send("GET", "/v1/nodes/nope/traits")).status).toBe(404)
      expect((yield* send("GET", path)).body).toEqual({ traits: [] })
    })
  )

  it.effect("are 406, 405 or 404 below 1.37, by the method", () =>
    Effect.gen(function* () {
      const client = yield* start({ records: [makeRecord(1)] })
      const status = (method: string, path: string) =>
        Effect.map(client.send(method, `/v1/nodes/n1/traits${path}`, { headers: at("1.36") }), ({ status }) => status)
      expect([yield* status("GET", ""), yield* status("PUT", ""), yield* status("DELETE", "")]).toEqual([406, 405, 404])
      expect([yield* status("PUT", "/CUSTOM_A"), yield* status("DELETE", "/CUSTOM_A")]).toEqual([405, 404])
    })
  )
})

describe("a protected node in Ironic's API", () => {
  it.live("can't be deleted: 403", () =>
    Effect.gen(function* () {
      const { send } = yield* serving("fake-hardware")
      yield* send("PATCH", "/v1/nodes/n1", [{ op: "add", path: "/protected", value: "true" }])
      const refused = yield* send("DELETE", "/v1/nodes/n1")
      expect([refused.status, faultstring(refused)]).toEqual([403, expect.stringContaining("is protected")])
      const own = yield* send("DELETE", "/v1/tutti/nodes/n1")
      expect([own.status, (own.body as { type: string }).type]).toEqual([403, "urn:tutti:problem:node-protected"])
      yield* send("PATCH", "/v1/nodes/n1", [{ op: "replace", path: "/protected", value: false }])
      expect((yield* send("DELETE", "/v1/nodes/n1")).status).toBe(204)
    })
  )
})

const entry = (reason: string | null, from: string | null = null, to: string | null = null) =>
  new JournalEntry({
    nodeId: uuid(1),
    at: DateTime.makeUnsafe("2026-11-22T19:05:38.341Z"),
    kind: "PowerChanged",
    severity: "INFO",
    actor: "operator",
    from,
    to,
    reason
  })

/** A journal that holds these, the newest first, as the store reads it. */
const withHistory = start({
  records: [makeRecord(1), makeRecord(2)],
  journal: {
    list: ({ before = Infinity, limit, nodeId }) =>
      Effect.succeed(
        nodeId === uuid(2)
          ? []
          : [
              { id: 258, entry: entry(null, "power off", "power on") },
              { id: 7, entry: entry("It was asked for.") }
            ]
              .filter(({ id }) => id < before)
              .slice(0, limit)
      )
  }
})

describe("a node's history in Ironic's API", () => {
  it.effect("is its journal, oldest first", () =>
    Effect.gen(function* () {
      const client = yield* withHistory
      const links = (id: number) => [
        { href: `${client.base}/v1/nodes/n1/history/${eventUuid(id)}`, rel: "self" },
        { href: `${client.base}/nodes/n1/history/${eventUuid(id)}`, rel: "bookmark" }
      ]
      const event = (id: number, text: string) => ({
        uuid: eventUuid(id),
        created_at: "2026-11-22T19:05:38.341+00:00",
        severity: "INFO",
        event: text,
        links: links(id)
      })
      const [first, second] = [
        event(7, "PowerChanged: It was asked for."),
        event(258, "PowerChanged (power off to power on)")
      ]
      const more = { event_type: "PowerChanged", conductor: "conductor-1", user: "operator" }
      const get = (path: string) => Effect.map(client.get(`/v1/nodes/n1/history${path}`, newest), ({ body }) => body)
      expect(yield* get("")).toEqual({ history: [first, second] })
      expect(yield* get("?detail=True")).toEqual({
        history: [
          { ...first, ...more },
          { ...second, ...more }
        ]
      })
      expect(yield* get(`/${eventUuid(258)}`)).toEqual({ ...second, ...more })
      expect(yield* get("?limit=1")).toEqual({
        history: [first],
        next: `${client.base}/v1/nodes/n1/history?sort_key=id&sort_dir=asc&limit=1&marker=${eventUuid(7)}`
      })
      expect(yield* get(`?marker=${eventUuid(7)}`)).toEqual({ history: [second] })
    })
  )

  it.effect("is 404 for an event that isn't there or is another node's, and below 1.78", () =>
    Effect.gen(function* () {
      const client = yield* withHistory
      const status = (path: string, version = newest) =>
        Effect.map(client.get(`/v1/nodes/${path}`, version), ({ status }) => status)
      expect(yield* status(`n1/history/${eventUuid(8)}`)).toBe(404)
      expect(yield* status(`n2/history/${eventUuid(7)}`)).toBe(404)
      expect(yield* status("n1/history/7")).toBe(404)
      expect(yield* status(`n1/history?marker=${eventUuid(8)}`)).toBe(404)
      expect(yield* status("n1/history?detail=perhaps")).toBe(400)
      expect(yield* status("n1/history", at("1.77"))).toBe(404)
      expect(yield* status(`n1/history/${eventUuid(7)}`, at("1.77"))).toBe(404)
    })
  )

  it("names events by uuids that lead back to their numbers", () => {
    for (const id of [1, 255, 2 ** 40]) expect(eventNumber(eventUuid(id))).toBe(id)
    expect(eventUuid(255)).toBe("00000000-0000-8000-8000-0000000000ff")
    expect(eventNumber(uuid(1))).toBeNull()
  })
})

describe("a diagnostic interrupt in Ironic's API", () => {
  it.live("is sent once, from 1.29", () =>
    Effect.gen(function* () {
      const { bmcs, send } = yield* serving("ipmi")
      const path = "/v1/nodes/n1/management/inject_nmi"
      expect((yield* send("PUT", path, {}, at("1.28"))).status).toBe(404)
      expect((yield* send("PUT", path, { now: true })).status).toBe(400)
      expect(bmcs.commands()).toEqual([])
      const sent = yield* send("PUT", path, {})
      expect([sent.status, sent.text]).toEqual([204, ""])
      expect(bmcs.commands()).toEqual([{ nodeId: uuid(1), command: "nmi" }])
    })
  )
})

describe("a boot device in Ironic's API", () => {
  it.live("is refused where it is none", () =>
    Effect.gen(function* () {
      const { send } = yield* serving("ipmi")
      const path = "/v1/nodes/n1/management/boot_device"
      expect((yield* send("GET", `${path}/supported`)).body).toEqual({
        supported_boot_devices: ["pxe", "disk", "cdrom", "bios", "safe"]
      })
      for (const body of [{}, { boot_device: "floppy" }, { boot_device: "pxe", persistent: "perhaps" }, []]) {
        expect((yield* send("PUT", path, body)).status).toBe(400)
      }
      const unknown = yield* send("PUT", path, { boot_device: "pxe", forever: true })
      expect([unknown.status, faultstring(unknown)]).toEqual([400, "Unexpected arguments: forever"])
    })
  )

  it.live("of a BMC that does not answer is a failure that names the node and what was asked", () =>
    Effect.gen(function* () {
      const { bmcs, send } = yield* serving("ipmi")
      bmcs.fail(uuid(1), "Unreachable", { message: "no answer" })
      const path = "/v1/nodes/n1/management/boot_device"
      const read = yield* send("GET", path)
      expect([read.status, faultstring(read)]).toEqual([
        500,
        "Asking node n1 for its boot device failed: Unreachable: no answer"
      ])
      const set = yield* send("PUT", path, { boot_device: "pxe" })
      expect([set.status, faultstring(set)]).toEqual([
        500,
        "Setting the boot device of node n1 failed: Unreachable: no answer"
      ])
    })
  )
})

describe("what no driver of Tutti can do", () => {
  it.effect("is empty where it is read, and refused where it is to change", () =>
    Effect.gen(function* () {
      const client = yield* start({ records: [makeRecord(1)] })
      const send = (method: string, path: string, version = newest) =>
        client.send(method, `/v1/nodes/n1/${path}`, { headers: version })
      expect((yield* send("GET", "vifs")).body).toEqual({ vifs: [] })
      expect((yield* send("GET", "bios")).body).toEqual({ bios: [] })
      expect((yield* send("GET", "vendor_passthru/methods")).body).toEqual({})
      for (const path of ["states/boot_mode", "states/secure_boot", "states/raid", "states/console"]) {
        const refused = yield* send("PUT", path)
        expect([refused.status, faultstring(refused)]).toEqual([
          400,
          expect.stringMatching(/^Driver ipmi does not support \w+ \(disabled or not implemented\)\.$/)
        ])
      }
      expect((yield* send("PUT", "states/boot_mode", at("1.75"))).status).toBe(404)
    })
  )
})
