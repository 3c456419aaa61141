/**
 * Power jobs: one power action for many nodes, begun in paces; seen, previewed and aborted. Times are ISO 8601 in UTC.
 * The contract only.
 */
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as Schema from "effect/Schema"
import { JobState, mostNodes, PartState } from "../domain/BulkPower.ts"
import { FailureReason, Fault } from "../domain/Failure.ts"
import { NodeId } from "../domain/Node.ts"
import { PowerState, PowerTarget } from "../domain/PowerState.ts"
import {
  ConflictProblem,
  NodeLockedProblem,
  NodeNotFoundProblem,
  NodeProtectedProblem,
  NoFreeWorkerProblem,
  PowerJobNotFoundProblem,
  StoreUnavailableProblem
} from "./Problems.ts"

const Pace = Schema.Struct({
  /** Whose budget it is; default `job`, the whole job's. */
  per: Schema.optionalKey(Schema.Literals(["job", "rack", "group"])),
  /** Nodes begun in any second; 0 or absent: no limit. */
  per_second: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1000 }))),
  /** Nodes begun and not ended; 0 or absent: no limit. */
  at_once: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: mostNodes })))
})

/** Which nodes: by name, or all, and of these what every given criterion lets through. */
export const PowerJobRequest = Schema.Struct({
  action: PowerTarget,
  /** Names or uuids. */
  nodes: Schema.optionalKey(Schema.Array(Schema.String).check(Schema.isMaxLength(mostNodes))),
  /** Must be true where nothing else says which nodes. */
  all: Schema.optionalKey(Schema.Literal(true)),
  rack: Schema.optionalKey(Schema.String),
  group: Schema.optionalKey(Schema.String),
  owner: Schema.optionalKey(Schema.String),
  /** A `*` stands for any characters. */
  name: Schema.optionalKey(Schema.String),
  /** The state last read; null: never read. */
  power_state: Schema.optionalKey(Schema.NullOr(PowerState)),
  maintenance: Schema.optionalKey(Schema.Boolean),
  fault: Schema.optionalKey(Schema.Union([Fault, FailureReason])),
  /** Refuse nodes in maintenance, which hinders no power action otherwise. */
  skip_maintenance: Schema.optionalKey(Schema.Boolean),
  pace: Schema.optionalKey(Pace),
  timeout_seconds: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 1, maximum: 86_400 }))),
  /** Of soft actions: a hard power off where a machine is not seen off within `timeout_seconds`. */
  fallback: Schema.optionalKey(Schema.Literal("hard"))
})
export type PowerJobRequest = typeof PowerJobRequest.Type

const Counts = Schema.Struct({
  waiting: Schema.Int,
  begun: Schema.Int,
  confirmed: Schema.Int,
  "already-there": Schema.Int,
  sent: Schema.Int,
  failed: Schema.Int,
  refused: Schema.Int,
  "not-begun": Schema.Int
})

export const PowerJob = Schema.Struct({
  id: Schema.String,
  action: PowerTarget,
  /** Which nodes were asked for, in words. */
  selection: Schema.String,
  actor: Schema.String,
  state: JobState,
  nodes: Schema.Int,
  counts: Counts,
  /** The job's own; the conductor's budgets hold beside it. */
  pace: Schema.NullOr(
    Schema.Struct({ per: Schema.Literals(["job", "rack", "group"]), per_second: Schema.Finite, at_once: Schema.Int })
  ),
  timeout_seconds: Schema.NullOr(Schema.Finite),
  fallback: Schema.NullOr(Schema.Literal("hard")),
  requested_at: Schema.String,
  ended_at: Schema.NullOr(Schema.String),
  /** By its pace so far and by its budgets; null when it can't be told, or has ended. */
  remaining_seconds: Schema.NullOr(Schema.Finite)
})
export type PowerJob = typeof PowerJob.Type

export const PowerJobNode = Schema.Struct({
  /** Its place in the job. */
  position: Schema.Int,
  uuid: NodeId,
  /** What it was called when the job started. */
  node: Schema.String,
  state: PartState,
  /** Why, where it isn't as asked for. */
  detail: Schema.NullOr(Schema.String),
  begun_at: Schema.NullOr(Schema.String),
  ended_at: Schema.NullOr(Schema.String)
})
export type PowerJobNode = typeof PowerJobNode.Type

/** The most nodes of one answer. */
export const JOB_NODES_PAGE = 1000

export const PowerJobPreview = Schema.Struct({
  action: PowerTarget,
  selection: Schema.String,
  /** How many would be asked for, and the first `JOB_NODES_PAGE` of them, in their order. */
  nodes: Schema.Int,
  first: Schema.Array(Schema.String),
  /** How many would be refused, and why, of the first `JOB_NODES_PAGE`. */
  refused: Schema.Int,
  refusals: Schema.Array(Schema.Struct({ node: Schema.String, detail: Schema.NullOr(Schema.String) })),
  /** Budgets that would hold; `of`: options of the conductor, or what the request asks for. */
  limits: Schema.Array(
    Schema.Struct({
      per: Schema.Literals(["job", "rack", "group"]),
      of: Schema.Literals(["conductor", "job"]),
      per_second: Schema.Finite,
      at_once: Schema.Int
    })
  ),
  /** From the first start to the last, by the paces alone. */
  least_seconds: Schema.Finite
})
export type PowerJobPreview = typeof PowerJobPreview.Type

const id = { id: Schema.String }
const errors = [
  NodeNotFoundProblem,
  NodeLockedProblem,
  NodeProtectedProblem,
  ConflictProblem,
  NoFreeWorkerProblem,
  StoreUnavailableProblem
] as const

export class PowerJobsApi extends HttpApiGroup.make("powerJobs").add(
  // What a request would do; nothing is done.
  HttpApiEndpoint.post("preview", "/v1/tutti/power-jobs/preview", {
    payload: PowerJobRequest,
    success: PowerJobPreview,
    error: [...errors]
  }),
  HttpApiEndpoint.post("start", "/v1/tutti/power-jobs", {
    payload: PowerJobRequest,
    success: PowerJob.pipe(HttpApiSchema.status(201)),
    error: [...errors]
  }),
  HttpApiEndpoint.get("list", "/v1/tutti/power-jobs", {
    success: Schema.Struct({ jobs: Schema.Array(PowerJob) }),
    error: [...errors]
  }),
  HttpApiEndpoint.get("show", "/v1/tutti/power-jobs/:id", {
    params: id,
    success: PowerJob,
    error: [...errors, PowerJobNotFoundProblem]
  }),
  HttpApiEndpoint.get("nodes", "/v1/tutti/power-jobs/:id/nodes", {
    params: id,
    query: {
      state: Schema.optionalKey(PartState),
      /** Those after this position. */
      after: Schema.optionalKey(Schema.Int),
      limit: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: JOB_NODES_PAGE })))
    },
    success: Schema.Struct({ nodes: Schema.Array(PowerJobNode) }),
    error: [...errors, PowerJobNotFoundProblem]
  }),
  // Nothing new begins from now on; what is on the way ends.
  HttpApiEndpoint.delete("abort", "/v1/tutti/power-jobs/:id", {
    params: id,
    success: PowerJob,
    error: [...errors, PowerJobNotFoundProblem]
  })
) {}
