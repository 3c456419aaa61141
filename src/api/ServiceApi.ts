/** The service itself: is it well, what is it doing, what has happened. The contract only. */
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as Schema from "effect/Schema"
import { JournalKind } from "../domain/JournalEntry.ts"
import { NodeId, NodeName } from "../domain/Node.ts"
import { NodeSummary } from "./NodesApi.ts"
import { Overdue, Task, TaskRun } from "./PeriodicsApi.ts"
import { NodeNotFoundProblem, StoreUnavailableProblem, TooManyStreamsProblem } from "./Problems.ts"

/** Whether the database answered when last asked; asked at most once a second, so that a health check can't load it. */
export const DatabaseState = Schema.Struct({
  state: Schema.Literals(["up", "down"]),
  /** Null while it is up. */
  error: Schema.NullOr(Schema.String)
})
export type DatabaseState = typeof DatabaseState.Type

/** An outage of many BMCs at once. */
export const Incident = Schema.Struct({
  /** Counts up from the conductor's start. */
  number: Schema.Int,
  scopes: Schema.Array(Schema.Struct({ kind: Schema.Literals(["group", "rack", "subnet"]), name: Schema.String })),
  opened_at: Schema.String,
  /** Null while it is open. */
  closed_at: Schema.NullOr(Schema.String),
  /** The incident that it turned out to be a part of. */
  part_of: Schema.NullOr(Schema.Int),
  /** Nodes of its scopes, those that fail now, and the most that failed at once. */
  nodes: Schema.Int,
  failing: Schema.Int,
  worst: Schema.Int,
  /** Machines that came back in another state than recorded; their records followed them. */
  changed: Schema.Int
})
export type Incident = typeof Incident.Type

export const Health = Schema.Struct({ status: Schema.Literal("serving"), database: DatabaseState })

export const Status = Schema.Struct({
  version: Schema.String,
  conductor: Schema.String,
  /** Those that work or worked on this database, by name. */
  conductors: Schema.Array(
    Schema.Struct({
      hostname: Schema.String,
      version: Schema.String,
      alive: Schema.Boolean,
      /** The conductor groups whose nodes it takes; empty: of all. */
      groups: Schema.Array(Schema.String),
      drivers: Schema.Array(Schema.String),
      started_at: Schema.String,
      /** Its last sign of life, by the clock of the database. */
      heartbeat_at: Schema.String
    })
  ),
  uptime_seconds: Schema.Finite,
  database: DatabaseState,
  /** What waits to be written, since the database is slower or away, and what was given up. */
  unwritten: Schema.Struct({
    observations: Schema.Int,
    journal_entries: Schema.Int,
    observations_lost: Schema.Int,
    journal_entries_lost: Schema.Int
  }),
  nodes: Schema.Struct({
    total: Schema.Int,
    power_on: Schema.Int,
    power_off: Schema.Int,
    never_observed: Schema.Int,
    maintenance: Schema.Int,
    fault: Schema.Int,
    /** Power actions under way. */
    acting: Schema.Int
  }),
  freshness: Schema.Struct({
    max_age_seconds: Schema.Finite,
    /** Of all nodes, those within the maximum age of their conductor group: 0 to 1, and 1 for an empty fleet. */
    share_within: Schema.Finite,
    oldest_age_seconds: Schema.NullOr(Schema.Finite),
    /** By conductor group, the least fresh first; at most 100. */
    groups: Schema.Array(
      Schema.Struct({
        group: Schema.String,
        nodes: Schema.Int,
        max_age_seconds: Schema.Finite,
        share_within: Schema.Finite
      })
    )
  }),
  /** How old the stored sensor values are; null where no node has any, or the database can't say. */
  sensors: Schema.NullOr(
    Schema.Struct({
      nodes: Schema.Int,
      max_age_seconds: Schema.Finite,
      /** Of the nodes with values, those read within `max_age_seconds`: 0 to 1. */
      share_within: Schema.Finite,
      oldest_age_seconds: Schema.Finite
    })
  ),
  /** Outages of many BMCs at once that are open. */
  incidents: Schema.Array(Incident),
  /** The periodic task that polls the fleet; null before it is added. */
  power_sync: Schema.NullOr(Task),
  /** Alarms: periodic tasks that should have run and did not. */
  overdue_tasks: Schema.Array(Overdue),
  /** Periodic tasks that somebody paused. */
  paused_tasks: Schema.Array(Schema.String),
  /** Power reads at this moment: due, under way, and of these waiting for longer than a second. */
  polling: Schema.Struct({ due: Schema.Int, reading: Schema.Int, parked: Schema.Int }),
  /** The newest pass over the fleet of which every answer came; null before the first. */
  last_pass: Schema.NullOr(
    Schema.Struct({
      number: Schema.Int,
      started_at: Schema.String,
      duration_seconds: Schema.Finite,
      nodes: Schema.Int,
      /** Left out, since they were still due or being read from before. */
      skipped: Schema.Int,
      /** Reads by outcome: `ok`, `timeout`, `auth`, `busy`, `protocol`, `skipped`. */
      outcomes: Schema.Record(Schema.String, Schema.Int)
    })
  )
})
export type Status = typeof Status.Type

/** An entry as it is made: it gets its number once it is in the database. */
export const JournalEvent = Schema.Struct({
  node_uuid: Schema.NullOr(NodeId),
  node_name: Schema.NullOr(NodeName),
  at: Schema.String,
  kind: JournalKind,
  severity: Schema.Literals(["INFO", "WARNING", "ERROR"]),
  actor: Schema.String,
  from: Schema.NullOr(Schema.String),
  to: Schema.NullOr(Schema.String),
  reason: Schema.NullOr(Schema.String)
})
export type JournalEvent = typeof JournalEvent.Type

export const JournalItem = Schema.Struct({ id: Schema.Int, ...JournalEvent.fields })
export type JournalItem = typeof JournalItem.Type

export const JournalPage = Schema.Struct({
  /** Newest first. */
  entries: Schema.Array(JournalItem),
  /** The `before` of the next page; null on the last. */
  next_before: Schema.NullOr(Schema.Int)
})

/** What happens, as it happens. A reader that can't keep up misses the oldest, and reads the list again. */
export const LiveEvent = Schema.Union([
  Schema.Struct({ type: Schema.Literal("journal"), entry: JournalEvent }),
  Schema.Struct({ type: Schema.Literal("node"), node: NodeSummary }),
  Schema.Struct({ type: Schema.Literal("node-deleted"), uuid: NodeId }),
  Schema.Struct({ type: Schema.Literal("run"), run: TaskRun })
])
export type LiveEvent = typeof LiveEvent.Type

export class ServiceApi extends HttpApiGroup.make("service").add(
  HttpApiEndpoint.get("health", "/healthz", { success: Health }),
  HttpApiEndpoint.get("metrics", "/metrics", {
    success: Schema.String.pipe(HttpApiSchema.asText({ contentType: "text/plain; version=0.0.4; charset=utf-8" }))
  }),
  HttpApiEndpoint.get("status", "/v1/tutti/status", { success: Status }),
  // Open ones, then those that closed last, at most 50 of them.
  HttpApiEndpoint.get("incidents", "/v1/tutti/incidents", {
    success: Schema.Struct({ incidents: Schema.Array(Incident) })
  }),
  HttpApiEndpoint.get("journal", "/v1/tutti/journal", {
    query: {
      node: Schema.optionalKey(Schema.String),
      before: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
      // 1,000 as in Ironic's lists; 100 when absent.
      limit: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 })))
    },
    success: JournalPage,
    error: [NodeNotFoundProblem, StoreUnavailableProblem]
  }),
  HttpApiEndpoint.get("events", "/v1/tutti/events", {
    success: HttpApiSchema.StreamSse({ data: LiveEvent }),
    error: TooManyStreamsProblem
  })
) {}
