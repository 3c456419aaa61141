import { describe, expect, it } from "@effect/vitest"
import { DateTime, Effect, Schema } from "effect"
import { PowerJob, PowerJobNode, PowerJobPreview } from "../../src/api/PowerJobsApi.ts"
import { type BulkRequest, type JobView, NoSuchJob } from "../../src/conductor/BulkPower.ts"
import { ConductorError, Conflict, NoFreeWorker } from "../../src/conductor/ConductorError.ts"
import { BulkJob, type BulkPart, countParts } from "../../src/domain/BulkPower.ts"
import { start, uuid } from "./support/Doubles.ts"

const json = { "content-type": "application/json" }
const decode = <S extends Schema.ConstraintDecoder<unknown>>(schema: S) =>
  Schema.decodeUnknownSync(schema, { onExcessProperty: "error" })

const view: JobView = {
  job: new BulkJob({
    id: uuid(99),
    action: "power on",
    selection: "rack r1",
    options: { pace: { per: "rack", perSecond: 2, atOnce: 10 }, timeoutSeconds: 30, fallback: null },
    actor: "operator",
    nodes: 3,
    state: "running",
    requestedAt: DateTime.makeUnsafe(0),
    endedAt: null
  }),
  counts: { ...countParts([]), waiting: 2, begun: 1 },
  remainingMillis: 1500.4
}
const shown = {
  id: uuid(99),
  action: "power on",
  selection: "rack r1",
  actor: "operator",
  state: "running",
  nodes: 3,
  counts: {
    waiting: 2,
    begun: 1,
    confirmed: 0,
    "already-there": 0,
    sent: 0,
    failed: 0,
    refused: 0,
    "not-begun": 0
  },
  pace: { per: "rack", per_second: 2, at_once: 10 },
  timeout_seconds: 30,
  fallback: null,
  requested_at: "1970-01-01T00:00:00.000Z",
  ended_at: null,
  remaining_seconds: 1.5
}
const part = (n: number, given: Partial<BulkPart>): BulkPart => ({
  position: n - 1,
  nodeId: uuid(n),
  node: `n${n}`,
  state: "waiting",
  detail: null,
  begunAtMillis: null,
  endedAtMillis: null,
  ...given
})

describe("power jobs over HTTP", () => {
  it.effect("a job is started with what the request says, and shown whole", () =>
    Effect.gen(function* () {
      const requests: Array<BulkRequest> = []
      const client = yield* start({
        bulkPower: { start: (request) => Effect.sync(() => requests.push(request)).pipe(Effect.as(view)) }
      })
      const body = {
        action: "soft power off",
        nodes: ["n1", "n2"],
        rack: "r1",
        power_state: null,
        skip_maintenance: true,
        pace: { per: "rack", per_second: 2, at_once: 10 },
        timeout_seconds: 30,
        fallback: "hard"
      }
      const started = yield* client.send("POST", "/v1/tutti/power-jobs", { headers: json, body })
      expect([started.status, started.body]).toEqual([201, shown])
      decode(PowerJob)(started.body)
      yield* client.send("POST", "/v1/tutti/power-jobs", {
        headers: json,
        body: { action: "power on", all: true, pace: { at_once: 5 } }
      })
      expect(requests).toEqual([
        {
          action: "soft power off",
          selection: { names: ["n1", "n2"], rack: "r1", power: null },
          skipMaintenance: true,
          options: { pace: { per: "rack", perSecond: 2, atOnce: 10 }, timeoutSeconds: 30, fallback: "hard" }
        },
        {
          action: "power on",
          selection: { all: true },
          skipMaintenance: false,
          options: { pace: { per: "job", perSecond: 0, atOnce: 5 }, timeoutSeconds: null, fallback: null }
        }
      ])
    })
  )

  it.effect("a request that does not fit is a 400 that names what is wrong", () =>
    Effect.gen(function* () {
      const client = yield* start()
      const detailOf = Effect.fnUntraced(function* (body: object) {
        const answer = yield* client.send("POST", "/v1/tutti/power-jobs", { headers: json, body })
        expect(answer.status).toBe(400)
        return (answer.body as { readonly detail: string }).detail
      })
      expect(yield* detailOf({ action: "nmi", all: true })).toContain("body.action")
      expect(yield* detailOf({ action: "power on", racks: "r1" })).toContain("body.racks: is not known here")
      expect(yield* detailOf({ action: "power on", all: true, pace: { per_second: -1 } })).toContain("per_second")
    })
  )

  it.effect("a preview tells what would be done and what would be refused", () =>
    Effect.gen(function* () {
      const client = yield* start({
        bulkPower: {
          preview: () =>
            Effect.succeed({
              selection: "rack r1",
              parts: [part(1, {}), part(2, { state: "refused", detail: "no" }), part(3, {})],
              limits: [{ per: "rack", of: "conductor", perSecond: 2, atOnce: 0 }],
              leastMillis: 500
            })
        }
      })
      const { body, status } = yield* client.send("POST", "/v1/tutti/power-jobs/preview", {
        headers: json,
        body: { action: "power on", rack: "r1" }
      })
      expect(status).toBe(200)
      expect(decode(PowerJobPreview)(body)).toEqual({
        action: "power on",
        selection: "rack r1",
        nodes: 2,
        first: ["n1", "n3"],
        refused: 1,
        refusals: [{ node: "n2", detail: "no" }],
        limits: [{ per: "rack", of: "conductor", per_second: 2, at_once: 0 }],
        least_seconds: 0.5
      })
    })
  )

  it.effect("jobs are listed, and the nodes of one come in pages and by state", () =>
    Effect.gen(function* () {
      const queries: Array<unknown> = []
      const client = yield* start({
        bulkPower: {
          list: Effect.succeed([view]),
          show: () => Effect.succeed(view),
          parts: (id, query) =>
            Effect.sync(() => {
              queries.push([id, query])
              return [part(1, { state: "failed", detail: "Busy", begunAtMillis: 1000, endedAtMillis: 2000 })]
            })
        }
      })
      expect((yield* client.get("/v1/tutti/power-jobs")).body).toEqual({ jobs: [shown] })
      expect((yield* client.get(`/v1/tutti/power-jobs/${uuid(99)}`)).body).toEqual(shown)
      const { body } = yield* client.get(`/v1/tutti/power-jobs/${uuid(99)}/nodes?state=failed&after=4&limit=10`)
      expect(body).toEqual({
        nodes: [
          {
            position: 0,
            uuid: uuid(1),
            node: "n1",
            state: "failed",
            detail: "Busy",
            begun_at: "1970-01-01T00:00:01.000Z",
            ended_at: "1970-01-01T00:00:02.000Z"
          }
        ]
      })
      decode(Schema.Struct({ nodes: Schema.Array(PowerJobNode) }))(body)
      yield* client.get(`/v1/tutti/power-jobs/${uuid(99)}/nodes`)
      expect(queries).toEqual([
        [uuid(99), { limit: 10, after: 4, states: ["failed"] }],
        [uuid(99), { limit: 1000 }]
      ])
    })
  )

  it.effect("says no with a problem of its own: not there, ended already, too many", () =>
    Effect.gen(function* () {
      const client = yield* start({
        bulkPower: {
          show: (id) => Effect.fail(new NoSuchJob({ id })),
          abort: () => Effect.fail(new ConductorError({ reason: new Conflict({ detail: "has ended already" }) })),
          start: () => Effect.fail(new ConductorError({ reason: new NoFreeWorker({ detail: "8 power jobs run" }) }))
        }
      })
      const type = (name: string) => ({ type: `urn:tutti:problem:${name}` })
      const missing = yield* client.get("/v1/tutti/power-jobs/x")
      expect([missing.status, missing.body]).toEqual([404, expect.objectContaining(type("power-job-not-found"))])
      const ended = yield* client.send("DELETE", `/v1/tutti/power-jobs/${uuid(1)}`)
      expect([ended.status, ended.body]).toEqual([409, expect.objectContaining(type("conflict"))])
      const full = yield* client.send("POST", "/v1/tutti/power-jobs", {
        headers: json,
        body: { action: "power on", all: true }
      })
      expect([full.status, full.body]).toEqual([503, expect.objectContaining(type("no-free-worker"))])
    })
  )
})
