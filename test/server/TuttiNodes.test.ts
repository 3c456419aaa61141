import { describe, expect, it } from "@effect/vitest"
import { DateTime, Deferred, Duration, Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import { NodeDetail, NodeList } from "../../src/api/NodesApi.ts"
import {
  ConductorError,
  InvalidRequest,
  NodeLocked,
  NoSuchNode,
  StoreUnavailable
} from "../../src/conductor/ConductorError.ts"
import type { PowerOutcome } from "../../src/conductor/PowerControl.ts"
import { PendingPower } from "../../src/domain/Node.ts"
import { healthyGovernor, makePort, makeRecord, start, uuid } from "./support/Doubles.ts"

const json = { "content-type": "application/json" }
const decodeDetail = Schema.decodeUnknownSync(Schema.toCodecJson(NodeDetail), { onExcessProperty: "error" })
const decodeList = Schema.decodeUnknownSync(Schema.toCodecJson(NodeList), { onExcessProperty: "error" })

const busy = makeRecord(
  1,
  {
    properties: { rack: "r1" },
    conductorGroup: "east",
    desiredPower: "power on",
    pendingPower: new PendingPower({ action: "rebooting", requestedAt: DateTime.makeUnsafe(-3000) }),
    fault: "power failure",
    faultReason: "Unreachable",
    faultAt: DateTime.makeUnsafe(-60_000),
    lastError: "No answer.",
    updatedAt: DateTime.makeUnsafe(-1000)
  },
  { power: "power off", observedAtMillis: -1500, failures: 2 }
)

const summary = {
  uuid: uuid(1),
  name: "n1",
  driver: "ipmi",
  power_state: "power off",
  desired_power_state: "power on",
  target_power_state: "rebooting",
  observed_at: "1969-12-31T23:59:58.500Z",
  age_seconds: 1.5,
  maintenance: true,
  maintenance_reason: "No answer.",
  fault: "power failure",
  fault_reason: "Unreachable",
  last_error: "No answer.",
  provision_state: "available",
  rack: "r1",
  conductor_group: "east"
}

describe("GET /v1/tutti/nodes", () => {
  it.effect("tells observed, desired and wanted power apart, whole", () =>
    Effect.gen(function* () {
      const client = yield* start({ records: [busy, makeRecord(2)] })
      const { body } = yield* client.get("/v1/tutti/nodes")
      expect(body).toEqual({
        nodes: [
          summary,
          {
            uuid: uuid(2),
            name: "n2",
            driver: "ipmi",
            power_state: null,
            desired_power_state: null,
            target_power_state: null,
            observed_at: null,
            age_seconds: null,
            maintenance: false,
            maintenance_reason: null,
            fault: null,
            fault_reason: null,
            last_error: null,
            provision_state: "available",
            rack: null,
            conductor_group: ""
          }
        ]
      })
      decodeList(body)
    })
  )

  it.effect.each([0, 1, 399, 400, 401, 800, 1201])("is whole for a fleet of %i", (size) =>
    Effect.gen(function* () {
      const client = yield* start({ records: Array.from({ length: size }, (_, index) => makeRecord(index)) })
      const { body, headers } = yield* client.get("/v1/tutti/nodes")
      expect(headers["content-type"]).toBe("application/json")
      expect(decodeList(body).nodes.map(({ uuid }) => uuid)).toEqual(
        Array.from({ length: size }, (_, index) => uuid(index))
      )
      const exported = yield* client.get("/v1/tutti/export")
      expect(exported.text.split("\n").length - 1).toBe(size)
    })
  )

  it.effect.each([
    ["fault=Unreachable", 1],
    ["fault=power%20failure", 1],
    ["maintenance=true", 1],
    ["maintenance=false", 1],
    ["rack=r1&group=east", 1],
    ["name=n*", 2],
    ["name=x", 0]
  ] as const)("answers ?%s", ([query, count]) =>
    Effect.gen(function* () {
      const client = yield* start({ records: [busy, makeRecord(2)] })
      const { body } = yield* client.get(`/v1/tutti/nodes?${query}`)
      expect(decodeList(body).nodes).toHaveLength(count)
    })
  )

  it.effect.each([
    ["falt=x", "query.falt: is not known here"],
    ["maintenance=perhaps", 'query.maintenance: Expected "true" | "false"'],
    ["fault=flood", "query.fault: Expected"]
  ] as const)("refuses ?%s and names the argument", ([query, detail]) =>
    Effect.gen(function* () {
      const client = yield* start()
      const answer = yield* client.get(`/v1/tutti/nodes?${query}`)
      expect(answer.status).toBe(400)
      expect(answer.headers["content-type"]).toBe("application/problem+json")
      expect(answer.body).toMatchObject({ status: 400, detail: expect.stringContaining(detail) })
    })
  )
})

const incident = {
  number: 1,
  scopes: [{ kind: "rack", name: "r1" }],
  openedAtMillis: 0,
  closedAtMillis: null,
  mergedInto: null,
  nodes: 20,
  failing: 19,
  worst: 20,
  changed: 0
} as const

describe("GET /v1/tutti/nodes/ID", () => {
  it.effect("shows everything, whole, and no secret", () =>
    Effect.gen(function* () {
      const client = yield* start({
        records: [busy],
        governor: {
          [uuid(1)]: {
            ...healthyGovernor,
            breaker: "open",
            nextProbeAtMillis: 4000,
            lastFailure: "Unreachable",
            consecutiveFailures: 3
          }
        },
        nextPoll: { atMillis: 5000 },
        ports: { list: () => Effect.succeed([makePort(1, { nodeId: uuid(1) })]) },
        incidentsOf: { [uuid(1)]: incident },
        locks: {
          [uuid(1)]: { holder: "conductor-1", purpose: "rebooting", sinceMillis: -3000, expiresAtMillis: 57_000 }
        }
      })
      const { body, text } = yield* client.get("/v1/tutti/nodes/n1")
      expect(body).toEqual({
        ...summary,
        driver_info: { ipmi_address: "10.0.0.1", ipmi_username: "admin", ipmi_password: "******" },
        properties: { rack: "r1" },
        extra: {},
        owner: null,
        description: null,
        resource_class: null,
        chassis_uuid: null,
        traits: [],
        ports: ["52:54:00:12:34:56"],
        protected: false,
        protected_reason: null,
        retired: false,
        retired_reason: null,
        disable_power_off: false,
        operator_maintenance: false,
        fault_at: "1969-12-31T23:59:00.000Z",
        read_failures: 2,
        target_requested_at: "1969-12-31T23:59:57.000Z",
        target_provision_state: null,
        provision_updated_at: null,
        inspection_started_at: null,
        inspection_finished_at: null,
        lock: {
          holder: "conductor-1",
          purpose: "rebooting",
          since: "1969-12-31T23:59:57.000Z",
          expires: "1970-01-01T00:00:57.000Z"
        },
        governor: {
          breaker: "open",
          next_probe_at: "1970-01-01T00:00:04.000Z",
          consecutive_failures: 3,
          last_failure: "Unreachable",
          authentication_failures: 0,
          quiet: false,
          in_flight: 0,
          waiting: 0,
          cipher_suite: 17,
          quirks: [],
          round_trip_millis: 1.5
        },
        next: [
          { what: "probe of the BMC", at: "1970-01-01T00:00:04.000Z" },
          { what: "power read", at: "1970-01-01T00:00:05.000Z" }
        ],
        blocked: [
          {
            what: "power reads",
            by: "the BMC did not answer 3 times, and is only probed",
            until: "1970-01-01T00:00:04.000Z"
          },
          { what: "acting on what is read", by: "the fault 'power failure' (Unreachable)", until: null },
          { what: "acting on what is read", by: "the power action 'rebooting'", until: null },
          { what: "acting on what is read", by: "rebooting, by conductor-1", until: "1970-01-01T00:00:57.000Z" },
          { what: "faults", by: "an incident of rack r1", until: null },
          {
            what: "switching the machine back",
            by: "an incident of rack r1; its record follows the machine",
            until: null
          }
        ],
        version: 1,
        credential_version: 1,
        created_at: "2026-11-22T19:05:38.341Z",
        updated_at: "1969-12-31T23:59:59.000Z"
      })
      decodeDetail(body)
      expect(text).not.toContain("never-shown")
      expect((yield* client.get(`/v1/tutti/nodes/${uuid(1)}`)).body).toEqual(body)
    })
  )

  it.effect("is 404 for a node that is not there", () =>
    Effect.gen(function* () {
      const client = yield* start()
      const answer = yield* client.get("/v1/tutti/nodes/nope")
      expect(answer.status).toBe(404)
      expect(answer.body).toEqual({
        type: "urn:tutti:problem:node-not-found",
        title: "Node not found",
        status: 404,
        detail: "Node nope could not be found."
      })
    })
  )
})

describe("changes of nodes", () => {
  it.effect("are handed to the conductor as they come", () =>
    Effect.gen(function* () {
      const asked: Array<unknown> = []
      const note =
        (what: string) =>
        (...args: ReadonlyArray<unknown>) =>
          Effect.sync(() => void asked.push([what, ...args]))
      const record = makeRecord(3)
      const client = yield* start({
        enrolment: {
          create: (...args) => Effect.as(note("create")(...args), record),
          patch: (...args) => Effect.as(note("patch")(...args), record),
          remove: (...args) => Effect.as(note("remove")(...args), uuid(3)),
          setMaintenance: note("maintenance"),
          retry: note("retry")
        },
        power: {
          readNow: (ident) => Effect.as(note("read")(ident), { power: null, error: "No answer." })
        }
      })
      const send = (method: string, path: string, body?: unknown) =>
        Effect.map(client.send(method, `/v1/tutti/nodes${path}`, { headers: json, body }), (answer) => [
          answer.status,
          answer.text === "" ? null : ((answer.body as { uuid?: string }).uuid ?? answer.body)
        ])
      const patch = [{ op: "replace", path: "/driver_info/ipmi_port", value: 624 }]
      expect(yield* send("POST", "", { name: "n3", driver: "ipmi" })).toEqual([201, uuid(3)])
      expect(yield* send("PATCH", "/n3", patch)).toEqual([200, uuid(3)])
      expect(yield* send("PUT", "/n3/maintenance", { maintenance: true, reason: "r" })).toEqual([204, null])
      expect(yield* send("POST", "/n3/retry")).toEqual([204, null])
      expect(yield* send("POST", "/n3/power-read")).toEqual([200, { power_state: null, error: "No answer." }])
      expect(yield* send("DELETE", "/n3")).toEqual([204, null])
      expect(asked).toEqual([
        ["create", { name: "n3", driver: "ipmi" }, { provisionState: "available" }],
        ["patch", "n3", patch],
        ["maintenance", "n3", true, "r"],
        ["retry", "n3"],
        ["read", "n3"],
        ["remove", "n3"]
      ])
    })
  )

  it.effect.each([
    ["POST", "", "{", "body: Expected a valid JSON body"],
    ["POST", "", "7", "body: Expected"],
    ["PATCH", "/n1", '{"op":"add"}', "body: Expected"],
    ["PATCH", "/n1", '[{"op":"test","path":"/name"}]', "body.0.op: Expected"],
    ["PATCH", "/n1", '[{"op":"add"}]', "body.0.path: is required"],
    ["PUT", "/n1/maintenance", '{"maintenance":"yes","reason":null}', "body.maintenance: Expected boolean"],
    ["PUT", "/n1/maintenance", '{"maintenance":true}', "body.reason: is required"],
    ["POST", "/n1/power", '{"action":"explode"}', "body.action: Expected"],
    ["POST", "/n1/power", '{"action":"power on","wait_seconds":9999}', "body.wait_seconds: Expected"],
    ["POST", "/n1/power", '{"action":"power on","wait":5}', "body.wait: is not known here"]
  ] as const)("refuse %s %s of %s and name what is wrong", ([method, path, body, detail]) =>
    Effect.gen(function* () {
      const client = yield* start({ records: [makeRecord(1)] })
      const answer = yield* client.send(method, `/v1/tutti/nodes${path}`, { headers: json, body })
      expect(answer.status, answer.text).toBe(400)
      expect((answer.body as { detail: string }).detail).toContain(detail)
    })
  )

  it.effect("say what the body must be, when it is of another kind or too large", () =>
    Effect.gen(function* () {
      const client = yield* start()
      const kind = yield* client.send("POST", "/v1/tutti/nodes", {
        headers: { "content-type": "text/plain" },
        body: "x"
      })
      expect(kind.body).toEqual({
        type: "about:blank",
        status: 415,
        title: "Unsupported Media Type",
        detail: "Send the body as application/json."
      })
      const size = yield* client.send("POST", "/v1/tutti/nodes", {
        headers: json,
        body: `{"a":"${"x".repeat(1 << 20)}"}`
      })
      expect([size.status, size.body]).toEqual([413, expect.objectContaining({ title: "Payload Too Large" })])
    })
  )

  it.effect.each([
    [new NoSuchNode({ ident: "n1" }), 404, "urn:tutti:problem:node-not-found", {}],
    [
      new NodeLocked({ node: "n1", holder: "c", purpose: "power on" }),
      409,
      "urn:tutti:problem:node-locked",
      { holder: "c", purpose: "power on" }
    ],
    [new InvalidRequest({ detail: "Not now." }), 400, "about:blank", {}],
    [new StoreUnavailable({ detail: "Away." }), 503, "urn:tutti:problem:store-unavailable", {}]
  ] as const)("tell why the conductor refused: %s", ([reason, status, type, extra]) =>
    Effect.gen(function* () {
      const client = yield* start({
        enrolment: { retry: () => Effect.fail(new ConductorError({ reason })) }
      })
      const answer = yield* client.send("POST", "/v1/tutti/nodes/n1/retry")
      expect(answer.status).toBe(status)
      expect(answer.body).toEqual({ type, status, title: expect.any(String), detail: reason.message, ...extra })
    })
  )

  it.effect("that fail for a reason of ours are logged, and told without it", () =>
    Effect.gen(function* () {
      const client = yield* start({ enrolment: { retry: () => Effect.die(new Error("the inside")) } })
      const answer = yield* client.send("POST", "/v1/tutti/nodes/n1/retry")
      expect(answer.status).toBe(500)
      expect(answer.body).toEqual({
        type: "about:blank",
        status: 500,
        title: "Internal Server Error",
        detail: "Something went wrong here; the service's log says more."
      })
    })
  )
})

describe("POST /v1/tutti/nodes/ID/power", () => {
  const record = makeRecord(1, {}, { power: "power off", observedAtMillis: 0 })
  const send = (outcome: Effect.Effect<PowerOutcome>, body: object) =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<unknown>()
      const client = yield* start({
        records: [record],
        power: {
          request: (...args) => Effect.as(Deferred.succeed(asked, args), outcome)
        }
      })
      const fiber = yield* Effect.forkChild(client.send("POST", "/v1/tutti/nodes/n1/power", { headers: json, body }))
      return { asked: yield* Deferred.await(asked), answer: Fiber.join(fiber) }
    })
  const accepted = { outcome: "accepted", power_state: "power off", error: null }

  it.effect("hands the wish for a hard power off on", () =>
    Effect.gen(function* () {
      const body = { action: "soft power off", timeout_seconds: 90, fallback: "hard" }
      const { answer, asked } = yield* send(Effect.never, body)
      const options = { actor: "operator", timeout: Duration.seconds(90), fallback: "hard" }
      expect(asked).toEqual(["n1", "soft power off", options])
      yield* answer
    })
  )

  it.effect("does not wait unless it is told to", () =>
    Effect.gen(function* () {
      const { answer, asked } = yield* send(Effect.never, { action: "power on", timeout_seconds: 90 })
      expect(asked).toEqual(["n1", "power on", { actor: "operator", timeout: Duration.seconds(90) }])
      expect((yield* answer).body).toEqual(accepted)
    })
  )

  it.effect.each([
    [
      { _tag: "Confirmed", power: "power on" },
      { outcome: "confirmed", power_state: "power on", error: null }
    ],
    [
      { _tag: "Confirmed", power: "power off", forced: true },
      { outcome: "confirmed", forced: true, power_state: "power off", error: null }
    ],
    [
      { _tag: "AlreadyThere", power: "power on" },
      { outcome: "already-there", power_state: "power on", error: null }
    ],
    [{ _tag: "Sent" }, { outcome: "sent", power_state: "power off", error: null }],
    [
      { _tag: "Failed", error: "No." },
      { outcome: "failed", power_state: "power off", error: "No." }
    ]
  ] as const)("waits for the outcome %j", ([outcome, body]) =>
    Effect.gen(function* () {
      const { answer } = yield* send(Effect.succeed(outcome), { action: "power on", wait_seconds: 60 })
      const { body: shown, status } = yield* answer
      expect([status, shown]).toEqual([200, body])
    })
  )

  it.effect("waits as long as it is told to and no longer", () =>
    Effect.gen(function* () {
      const { answer } = yield* send(Effect.never, { action: "power on", wait_seconds: 30 })
      const waiting = yield* Effect.forkChild(answer)
      // The server's own fiber sets the timer after it took the request over.
      while (waiting.pollUnsafe() === undefined) {
        yield* TestClock.adjust("30 seconds")
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      }
      expect((yield* Fiber.join(waiting)).body).toEqual(accepted)
    })
  )
})
