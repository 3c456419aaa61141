import { describe, expect, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Task } from "../../src/api/PeriodicsApi.ts"
import { JournalPage, Status } from "../../src/api/ServiceApi.ts"
import { JournalEntry } from "../../src/domain/JournalEntry.ts"
import { InvalidTask, PeriodicsError, TaskNotFound } from "../../src/periodics/PeriodicsError.ts"
import type { RunRecord, TaskStatus } from "../../src/periodics/PeriodicWorker.ts"
import { StoreError, Unavailable, Unreadable } from "../../src/store/StoreError.ts"
import { makeRecord, start, uuid } from "./support/Doubles.ts"

const exactly = <S extends Schema.ConstraintDecoder<unknown>>(schema: S) =>
  Schema.decodeUnknownSync(schema, { onExcessProperty: "error" })

const run: RunRecord = {
  task: "sync_power_states",
  dueAtMillis: 1000,
  queuedAtMillis: 1001,
  startedAtMillis: 1002,
  finishedAtMillis: 3000,
  latenessMillis: 2.0004999,
  latenessCause: null,
  kind: "periodic",
  outcome: "success",
  error: null
}
const runBody = {
  task: "sync_power_states",
  kind: "periodic",
  outcome: "success",
  due_at: "1970-01-01T00:00:01.000Z",
  queued_at: "1970-01-01T00:00:01.001Z",
  started_at: "1970-01-01T00:00:01.002Z",
  finished_at: "1970-01-01T00:00:03.000Z",
  lateness_millis: 2,
  lateness_cause: null,
  error: null
}
const summary = { averageMillis: 1.2345678, p50Millis: 2, p99Millis: 3, maxMillis: 4 }
const task: TaskStatus = {
  name: "sync_power_states",
  state: "waiting",
  paused: false,
  spacingMillis: 30_000,
  cron: null,
  strategy: "aligned",
  runs: { success: 5, failure: 1, timeout: 0, interrupted: 0, "never-again": 0 },
  refusals: 2,
  nextDueAtMillis: 31_000,
  runningSinceMillis: null,
  lastRun: run,
  lastError: "E",
  lateness: summary,
  elapsed: null,
  waiting: summary,
  elapsedTotalMillis: 7,
  waitingTotalMillis: 8,
  recent: [run]
}
const summaryBody = { average_millis: 1.235, p50_millis: 2, p99_millis: 3, max_millis: 4 }
const taskBody = {
  name: "sync_power_states",
  state: "waiting",
  paused: false,
  spacing_seconds: 30,
  cron: null,
  strategy: "aligned",
  runs: { success: 5, failure: 1, timeout: 0, interrupted: 0, "never-again": 0 },
  refusals: 2,
  next_due_at: "1970-01-01T00:00:31.000Z",
  running_since: null,
  overdue: null,
  last_run: runBody,
  last_error: "E",
  lateness: summaryBody,
  elapsed: null,
  waiting: summaryBody,
  recent: [runBody]
}

describe("periodic tasks", () => {
  it.effect("are listed whole", () =>
    Effect.gen(function* () {
      const client = yield* start({ periodics: { list: Effect.succeed([task]) } })
      const { body } = yield* client.get("/v1/tutti/periodics")
      expect(body).toEqual({ periodics: [taskBody] })
      exactly(Schema.Struct({ periodics: Schema.Array(Task) }))(body)
    })
  )

  it.effect("are run now, paused, resumed and given another spacing", () =>
    Effect.gen(function* () {
      const asked: Array<unknown> = []
      const note =
        (what: string) =>
        (...args: ReadonlyArray<unknown>) =>
          Effect.sync(() => void asked.push([what, ...args]))
      const client = yield* start({
        periodics: {
          trigger: (name) => Effect.as(note("trigger")(name), run),
          pause: note("pause"),
          resume: note("resume"),
          setSpacing: note("spacing")
        }
      })
      const path = "/v1/tutti/periodics/sync_power_states"
      const triggered = yield* client.send("POST", `${path}/trigger`)
      expect([triggered.status, triggered.body]).toEqual([200, runBody])
      expect((yield* client.send("POST", `${path}/pause`)).status).toBe(204)
      expect((yield* client.send("POST", `${path}/resume`)).status).toBe(204)
      const headers = { "content-type": "application/json" }
      const spacing = (body: unknown) =>
        Effect.map(client.send("PUT", `${path}/spacing`, { headers, body }), ({ status }) => status)
      expect(yield* spacing({ seconds: 2.5 })).toBe(204)
      for (const body of [{ seconds: 0 }, { seconds: -1 }, { seconds: "30s" }, { seconds: 1e12 }, {}, 7]) {
        expect(yield* spacing(body), JSON.stringify(body)).toBe(400)
      }
      expect(asked).toEqual([
        ["trigger", "sync_power_states"],
        ["pause", "sync_power_states"],
        ["resume", "sync_power_states"],
        ["spacing", "sync_power_states", Duration.millis(2500)]
      ])
    })
  )

  it.effect("that are not there are 404, and what can't be is 400", () =>
    Effect.gen(function* () {
      const client = yield* start({
        periodics: {
          pause: (task) => Effect.fail(new PeriodicsError({ reason: new TaskNotFound({ task }) })),
          resume: (task) => Effect.fail(new PeriodicsError({ reason: new InvalidTask({ task, detail: "no." }) }))
        }
      })
      const missing = yield* client.send("POST", "/v1/tutti/periodics/x/pause")
      expect([missing.status, missing.body]).toEqual([
        404,
        {
          type: "urn:tutti:problem:task-not-found",
          title: "Periodic task not found",
          status: 404,
          detail: "There is no periodic task x."
        }
      ])
      expect((yield* client.send("POST", "/v1/tutti/periodics/x/resume")).status).toBe(400)
    })
  )
})

describe("GET /v1/tutti/status", () => {
  it.effect("counts the fleet and says how fresh it is, whole", () =>
    Effect.gen(function* () {
      const client = yield* start({
        records: [
          makeRecord(1, {}, { power: "power on", observedAtMillis: 0 }),
          makeRecord(2, {}, { power: "power off", observedAtMillis: -100_000 }),
          makeRecord(3, { operatorMaintenance: true })
        ],
        power: { inFlight: () => [uuid(1)] },
        lastPass: {
          number: 4,
          startedAtMillis: 2000,
          durationMillis: 1500.0001,
          nodes: 3,
          skipped: 0,
          outcomes: { ok: 2, timeout: 1, auth: 0, busy: 0, protocol: 0, skipped: 0 }
        },
        overdue: [{ task: "sync_power_states", cause: "hangs", sinceMillis: 3000 }],
        periodics: { list: Effect.succeed([{ ...task, name: "other", paused: true }, task]) }
      })
      yield* TestClock.adjust("5 seconds")
      const { body } = yield* client.get("/v1/tutti/status")
      const overdue = { task: "sync_power_states", cause: "hangs", since: "1970-01-01T00:00:03.000Z" }
      expect(body).toEqual({
        version: "0.0.0-test",
        conductor: "conductor-1",
        conductors: [
          {
            hostname: "conductor-1",
            version: "1.2.3",
            alive: true,
            groups: [],
            drivers: ["ipmi", "ipmitool", "fake-hardware"],
            started_at: "1970-01-01T00:00:01.000Z",
            heartbeat_at: "1970-01-01T00:00:02.000Z"
          }
        ],
        uptime_seconds: 5,
        database: { state: "up", error: null },
        unwritten: { observations: 3, journal_entries: 2, observations_lost: 4, journal_entries_lost: 1 },
        nodes: { total: 3, power_on: 1, power_off: 1, never_observed: 1, maintenance: 1, fault: 0, acting: 1 },
        freshness: {
          max_age_seconds: 60,
          share_within: 1 / 3,
          oldest_age_seconds: 105,
          groups: [{ group: "", nodes: 3, max_age_seconds: 60, share_within: 1 / 3 }]
        },
        sensors: null,
        incidents: [],
        power_sync: { ...taskBody, overdue },
        overdue_tasks: [overdue],
        paused_tasks: ["other"],
        polling: { due: 1, reading: 2, parked: 0 },
        last_pass: {
          number: 4,
          started_at: "1970-01-01T00:00:02.000Z",
          duration_seconds: 1.5,
          nodes: 3,
          skipped: 0,
          outcomes: { ok: 2, timeout: 1, auth: 0, busy: 0, protocol: 0, skipped: 0 }
        }
      })
      exactly(Status)(body)
    })
  )

  it.effect("calls an empty fleet fresh", () =>
    Effect.gen(function* () {
      const client = yield* start()
      expect((yield* client.get("/v1/tutti/status")).body).toMatchObject({
        freshness: { share_within: 1, oldest_age_seconds: null },
        power_sync: null,
        last_pass: null
      })
    })
  )
})

describe("GET /healthz", () => {
  it.effect("is 200 with the database down, says so, and asks it once a second at most", () =>
    Effect.gen(function* () {
      let asked = 0
      let answer: Effect.Effect<[], StoreError> = Effect.succeed([])
      const client = yield* start({
        store: { list: () => Effect.suspend(() => (asked++, answer)) }
      })
      const health = Effect.map(client.get("/healthz"), ({ body, status }) => [status, body])
      expect(yield* health).toEqual([200, { status: "serving", database: { state: "up", error: null } }])
      answer = Effect.fail(new StoreError({ reason: new Unavailable({ message: "Connection refused." }) }))
      expect(yield* health).toEqual([200, { status: "serving", database: { state: "up", error: null } }])
      yield* TestClock.adjust("1 second")
      expect(yield* health).toEqual([
        200,
        { status: "serving", database: { state: "down", error: "Connection refused." } }
      ])
      expect(asked).toBe(2)
    })
  )
})

describe("GET /metrics", () => {
  it.effect("adds the fleet at this moment to what was counted", () =>
    Effect.gen(function* () {
      const client = yield* start({ records: [makeRecord(1, {}, { power: "power on", observedAtMillis: -2000 })] })
      const { headers, text } = yield* client.get("/metrics")
      expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8")
      const lines = text.split("\n")
      expect(lines).toContain('tutti_power_observation_age_seconds_bucket{le="1"} 0')
      expect(lines).toContain('tutti_power_observation_age_seconds_bucket{le="5"} 1')
      expect(lines).toContain("tutti_power_observation_age_seconds_count 1")
      expect(lines).toContain('tutti_nodes{power_state="power on"} 1')
      expect(lines).toContain("tutti_nodes_never_observed 0")
      expect(lines).toContain('tutti_lost_writes_total{what="observations"} 4')
      expect(text).not.toContain(uuid(1))
    })
  )
})

describe("GET /v1/tutti/journal", () => {
  const entry = (n: number) => ({
    id: n,
    entry: new JournalEntry({
      nodeId: n === 1 ? null : uuid(n),
      at: DateTime.makeUnsafe(n * 1000),
      kind: "PowerChanged",
      severity: "INFO",
      actor: "operator",
      from: "power off",
      to: "power on",
      reason: null
    })
  })

  it.effect("is read page by page, newest first", () =>
    Effect.gen(function* () {
      const asked: Array<unknown> = []
      const client = yield* start({
        records: [makeRecord(2)],
        journal: {
          list: (query) =>
            Effect.sync(() => {
              asked.push(query)
              return [3, 2, 1]
                .filter((n) => n < (query.before ?? 9))
                .slice(0, query.limit)
                .map(entry)
            })
        }
      })
      const first = yield* client.get("/v1/tutti/journal?limit=2")
      const body = (n: number) => ({
        id: n,
        node_uuid: n === 1 ? null : uuid(n),
        node_name: n === 2 ? "n2" : null,
        at: `1970-01-01T00:00:0${n}.000Z`,
        kind: "PowerChanged",
        severity: "INFO",
        actor: "operator",
        from: "power off",
        to: "power on",
        reason: null
      })
      expect(first.body).toEqual({ entries: [body(3), body(2)], next_before: 2 })
      exactly(JournalPage)(first.body)
      expect((yield* client.get("/v1/tutti/journal?limit=2&before=2")).body).toEqual({
        entries: [body(1)],
        next_before: null
      })
      yield* client.get("/v1/tutti/journal?node=n2")
      expect(asked).toEqual([{ limit: 3 }, { limit: 3, before: 2 }, { limit: 101, nodeId: uuid(2) }])
    })
  )

  it.effect("refuses what makes no sense", () =>
    Effect.gen(function* () {
      const client = yield* start()
      for (const query of ["limit=0", "limit=1001", "limit=x", "before=0", "before=-1", "since=1"]) {
        expect((yield* client.get(`/v1/tutti/journal?${query}`)).status, query).toBe(400)
      }
      expect((yield* client.get("/v1/tutti/journal?node=nope")).status).toBe(404)
    })
  )

  it.effect("is 503 without its database, and 500 when that can't be understood", () =>
    Effect.gen(function* () {
      const status = (reason: StoreError["reason"]) =>
        Effect.gen(function* () {
          const client = yield* start({ journal: { list: () => Effect.fail(new StoreError({ reason })) } })
          return (yield* client.get("/v1/tutti/journal")).status
        })
      expect(yield* status(new Unavailable({ message: "Away." }))).toBe(503)
      expect(yield* status(new Unreadable({ message: "Damaged." }))).toBe(500)
    })
  )
})
