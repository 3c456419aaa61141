import { describe, expect, it } from "@effect/vitest"
import { DateTime, Effect, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { HttpApiClient, OpenApi } from "effect/http-api"
import { TuttiApi } from "../../src/api/TuttiApi.ts"
import { ConductorError, NodeLocked, NoSuchNode } from "../../src/conductor/ConductorError.ts"
import { JournalEntry } from "../../src/domain/JournalEntry.ts"
import type { RunRecord } from "../../src/periodics/PeriodicWorker.ts"
import type { NodeChange } from "../../src/store/NodeStore.ts"
import { type Doubles, makeRecord, start, uuid } from "../server/support/Doubles.ts"

const connect = (doubles: Doubles) =>
  Effect.gen(function* () {
    const { base } = yield* start(doubles)
    return yield* HttpApiClient.make(TuttiApi, { baseUrl: base })
  })

describe("a client made from the contract", () => {
  it.effect("reads nodes, and knows what may go wrong by its tag", () =>
    Effect.gen(function* () {
      const locked = new NodeLocked({ node: "n1", holder: "c", purpose: "rebooting" })
      const client = yield* connect({
        records: [makeRecord(1, {}, { power: "power on", observedAtMillis: -2500 })],
        power: {
          request: (ident) =>
            ident === "n1"
              ? Effect.fail(new ConductorError({ reason: locked }))
              : Effect.fail(new ConductorError({ reason: new NoSuchNode({ ident }) }))
        }
      })
      const { nodes } = yield* client.nodes.list({ query: { maintenance: false } })
      expect(nodes).toMatchObject([{ uuid: uuid(1), power_state: "power on", age_seconds: 2.5 }])
      expect((yield* client.nodes.show({ params: { ident: "n1" } })).driver_info["ipmi_password"]).toBe("******")
      const request = (ident: string) => client.nodes.power({ params: { ident }, payload: { action: "power on" } })
      const error = yield* Effect.flip(request("n1"))
      expect(error).toMatchObject({ _tag: "NodeLockedProblem", detail: locked.message, purpose: "rebooting" })
      expect(yield* Effect.flip(request("n2"))).toMatchObject({
        _tag: "NodeNotFoundProblem",
        message: "Node n2 could not be found."
      })
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.effect("imports and exports text", () =>
    Effect.gen(function* () {
      const client = yield* connect({
        records: [makeRecord(1)],
        enrolment: { importNodes: (nodes) => Effect.succeed({ created: nodes.length, updated: 0, errors: [] }) }
      })
      const text = yield* client.nodes.export()
      expect(text).toContain(uuid(1))
      expect(yield* client.nodes.import({ query: {}, payload: text })).toEqual({ created: 1, updated: 0, errors: [] })
      const rejected = yield* Effect.flip(client.nodes.import({ query: { update: true }, payload: "x" }))
      expect(rejected).toMatchObject({ _tag: "ImportRejectedProblem", errors: [{ line: 1, field: null }] })
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.effect("follows what happens", () =>
    Effect.gen(function* () {
      const record = makeRecord(1, {}, { power: "power on", observedAtMillis: 0 })
      const changes: ReadonlyArray<NodeChange> = [
        { _tag: "NodesUpserted", records: [makeRecord(1, { description: "as stored" })] },
        { _tag: "NodesDeleted", ids: [uuid(9)] }
      ]
      const entry = new JournalEntry({
        nodeId: uuid(1),
        at: DateTime.makeUnsafe(0),
        kind: "PowerChanged",
        severity: "INFO",
        actor: "operator",
        from: "power off",
        to: "power on",
        reason: null
      })
      const run: RunRecord = {
        task: "sync_power_states",
        dueAtMillis: 0,
        queuedAtMillis: 0,
        startedAtMillis: 0,
        finishedAtMillis: 9,
        latenessMillis: 0,
        latenessCause: null,
        kind: "triggered",
        outcome: "success",
        error: null
      }
      const client = yield* connect({
        records: [record],
        store: { changes: Stream.fromIterable(changes) },
        entries: Stream.succeed(entry),
        periodics: { runs: Stream.succeed(run) }
      })
      const events = yield* Stream.runCollect(Stream.take(yield* client.service.events(), 4))
      // Three sources: only the order within each is told.
      expect(Array.from(events).toSorted((a, b) => a.type.localeCompare(b.type))).toMatchObject([
        { type: "journal", entry: { node_name: "n1", kind: "PowerChanged", to: "power on" } },
        { type: "node", node: { uuid: uuid(1), power_state: "power on" } },
        { type: "node-deleted", uuid: uuid(9) },
        { type: "run", run: { task: "sync_power_states", kind: "triggered" } }
      ])
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )
})

describe("the OpenAPI document", () => {
  it("names every path once, each operation with what it answers", () => {
    const { info, paths } = OpenApi.fromApi(TuttiApi)
    expect(info).toMatchObject({ title: "Tutti", version: "1" })
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods ?? {}).map((method) => `${method.toUpperCase()} ${path}`)
    )
    expect(operations.toSorted()).toEqual([
      "DELETE /v1/tutti/nodes/{ident}",
      "DELETE /v1/tutti/power-jobs/{id}",
      "DELETE /v1/tutti/settings/{name}",
      "GET /healthz",
      "GET /metrics",
      "GET /metrics/sensors",
      "GET /v1/tutti/events",
      "GET /v1/tutti/export",
      "GET /v1/tutti/incidents",
      "GET /v1/tutti/journal",
      "GET /v1/tutti/nodes",
      "GET /v1/tutti/nodes/{ident}",
      "GET /v1/tutti/nodes/{ident}/inventory",
      "GET /v1/tutti/nodes/{ident}/sensors",
      "GET /v1/tutti/periodics",
      "GET /v1/tutti/power-jobs",
      "GET /v1/tutti/power-jobs/{id}",
      "GET /v1/tutti/power-jobs/{id}/nodes",
      "GET /v1/tutti/settings",
      "GET /v1/tutti/settings/{name}",
      "GET /v1/tutti/status",
      "PATCH /v1/tutti/nodes/{ident}",
      "POST /v1/tutti/nodes",
      "POST /v1/tutti/nodes/import",
      "POST /v1/tutti/nodes/{ident}/power",
      "POST /v1/tutti/nodes/{ident}/power-read",
      "POST /v1/tutti/nodes/{ident}/provision",
      "POST /v1/tutti/nodes/{ident}/retry",
      "POST /v1/tutti/periodics/{name}/pause",
      "POST /v1/tutti/periodics/{name}/resume",
      "POST /v1/tutti/periodics/{name}/trigger",
      "POST /v1/tutti/power-jobs",
      "POST /v1/tutti/power-jobs/preview",
      "PUT /v1/tutti/nodes/{ident}/maintenance",
      "PUT /v1/tutti/periodics/{name}/spacing",
      "PUT /v1/tutti/settings/{name}"
    ])
  })

  it.effect("is served", () =>
    Effect.gen(function* () {
      const client = yield* start()
      const { body, status } = yield* client.get("/openapi.json")
      expect([status, body]).toEqual([200, JSON.parse(JSON.stringify(OpenApi.fromApi(TuttiApi)))])
    })
  )
})
