/**
 * Nodes in Tutti's own API: what Ironic's bodies have no place for (observed beside desired power, the age of what was
 * observed, why a node is at fault) and what they do in many requests (imports, waiting for a power action).
 * Ignores microversions. Times are ISO 8601 in UTC. The contract only.
 */
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as Schema from "effect/Schema"
import { FailureReason, Fault } from "../domain/Failure.ts"
import { Driver, NodeId, NodeName, ProvisionState } from "../domain/Node.ts"
import { PowerAction, PowerState } from "../domain/PowerState.ts"
import {
  ConflictProblem,
  ImportConflictProblem,
  ImportLineError,
  ImportRejectedProblem,
  NodeLockedProblem,
  NodeNotFoundProblem,
  NodeProtectedProblem,
  NoFreeWorkerProblem,
  PayloadTooLargeProblem,
  StoreUnavailableProblem
} from "./Problems.ts"

const JsonObject = Schema.Record(Schema.String, Schema.Json)

const summaryFields = {
  uuid: NodeId,
  name: Schema.NullOr(NodeName),
  driver: Driver,
  /** The last state that was read, whatever has happened since: see `observed_at`. */
  power_state: Schema.NullOr(PowerState),
  /** The recorded state, which power sync holds the node to. */
  desired_power_state: Schema.NullOr(PowerState),
  /** The action that is under way. */
  target_power_state: Schema.NullOr(PowerAction),
  observed_at: Schema.NullOr(Schema.String),
  age_seconds: Schema.NullOr(Schema.Finite),
  /** True when an operator said so or a fault holds. */
  maintenance: Schema.Boolean,
  maintenance_reason: Schema.NullOr(Schema.String),
  fault: Schema.NullOr(Fault),
  fault_reason: Schema.NullOr(FailureReason),
  last_error: Schema.NullOr(Schema.String),
  provision_state: ProvisionState,
  /** `properties.rack`, where it is a text. */
  rack: Schema.NullOr(Schema.String),
  conductor_group: Schema.String
}

export const NodeSummary = Schema.Struct(summaryFields)
export type NodeSummary = typeof NodeSummary.Type

/** What the governor of the node's BMC knows; null where the BMC is not attached. */
export const GovernorView = Schema.Struct({
  breaker: Schema.Literals(["closed", "open", "half-open"]),
  next_probe_at: Schema.NullOr(Schema.String),
  consecutive_failures: Schema.Int,
  last_failure: Schema.NullOr(FailureReason),
  authentication_failures: Schema.Int,
  /** True once the credential was given up on: until it changes, or somebody asks for a retry. */
  quiet: Schema.Boolean,
  in_flight: Schema.Int,
  waiting: Schema.Int,
  cipher_suite: Schema.NullOr(Schema.Literals([17, 3])),
  /** What is done otherwise for this maker's BMCs, by name. */
  quirks: Schema.Array(Schema.String),
  round_trip_millis: Schema.NullOr(Schema.Finite)
})

export const NodeDetail = Schema.Struct({
  ...summaryFields,
  /** Secrets are shown as `******`. */
  driver_info: JsonObject,
  properties: JsonObject,
  extra: JsonObject,
  owner: Schema.NullOr(Schema.String),
  description: Schema.NullOr(Schema.String),
  resource_class: Schema.NullOr(Schema.String),
  chassis_uuid: Schema.NullOr(Schema.String),
  traits: Schema.Array(Schema.String),
  /** MAC addresses, at most 1,000; null while the database is away. */
  ports: Schema.NullOr(Schema.Array(Schema.String)),
  /** The node can't be deleted, nor undeployed. */
  protected: Schema.Boolean,
  protected_reason: Schema.NullOr(Schema.String),
  /** The node is not to be made available again. */
  retired: Schema.Boolean,
  retired_reason: Schema.NullOr(Schema.String),
  disable_power_off: Schema.Boolean,
  operator_maintenance: Schema.Boolean,
  fault_at: Schema.NullOr(Schema.String),
  /** Reads failed since the last good one. */
  read_failures: Schema.Int,
  /** When the action that is under way was asked for. */
  target_requested_at: Schema.NullOr(Schema.String),
  /** Where the move that is under way, or has failed, leads to. */
  target_provision_state: Schema.NullOr(ProvisionState),
  provision_updated_at: Schema.NullOr(Schema.String),
  inspection_started_at: Schema.NullOr(Schema.String),
  inspection_finished_at: Schema.NullOr(Schema.String),
  /** Who acts on the node just now, and what for: a power action, or the name of a task. It ends by itself at `expires`. */
  lock: Schema.NullOr(
    Schema.Struct({ holder: Schema.String, purpose: Schema.String, since: Schema.String, expires: Schema.String })
  ),
  governor: Schema.NullOr(GovernorView),
  /** What comes next, by time. */
  next: Schema.Array(Schema.Struct({ what: Schema.String, at: Schema.String })),
  /** What does not happen, and why; `until` is null where no time ends it. */
  blocked: Schema.Array(Schema.Struct({ what: Schema.String, by: Schema.String, until: Schema.NullOr(Schema.String) })),
  version: Schema.Int,
  credential_version: Schema.Int,
  created_at: Schema.String,
  updated_at: Schema.NullOr(Schema.String)
})
export type NodeDetail = typeof NodeDetail.Type

export const NodeList = Schema.Struct({ nodes: Schema.Array(NodeSummary) })

/** A query argument that says yes or no. */
const Flag = Schema.optionalKey(Schema.Boolean)

export const ImportResult = Schema.Struct({
  created: Schema.Int,
  updated: Schema.Int,
  /** Lines that were left out; with `partial` only. */
  errors: Schema.Array(ImportLineError)
})

export const PatchDocument = Schema.Array(
  Schema.Struct({
    op: Schema.Literals(["add", "replace", "remove"]),
    path: Schema.String,
    value: Schema.optionalKey(Schema.Json)
  })
)

/** The longest wait for a power action in one request, in seconds; a client that wants more asks the node again. */
export const MAX_WAIT_SECONDS = 240

export const PowerOutcome = Schema.Struct({
  /**
   * - `accepted`: it goes on; nobody waited, or not long enough
   * - `confirmed`: a read after the action showed the wanted state
   * - `already-there`: the node was in that state; nothing was sent
   * - `sent`: the BMC took it, and no read can tell whether it happened
   * - `failed`: `error` says why
   */
  outcome: Schema.Literals(["accepted", "confirmed", "already-there", "sent", "failed"]),
  /** Of `confirmed`: by a hard power off, since the soft one was not followed in time. */
  forced: Schema.optionalKey(Schema.Literal(true)),
  power_state: Schema.NullOr(PowerState),
  error: Schema.NullOr(Schema.String)
})
export type PowerOutcome = typeof PowerOutcome.Type

export const PowerReading = Schema.Struct({
  power_state: Schema.NullOr(PowerState),
  /** Why the BMC could not be read. */
  error: Schema.NullOr(Schema.String)
})

/** A uuid or a name. */
const ident = { ident: Schema.String }

const changeErrors = [
  NodeNotFoundProblem,
  NodeLockedProblem,
  NodeProtectedProblem,
  ConflictProblem,
  NoFreeWorkerProblem,
  StoreUnavailableProblem
] as const

export class NodesApi extends HttpApiGroup.make("nodes").add(
  HttpApiEndpoint.get("list", "/v1/tutti/nodes", {
    query: {
      /** `power failure` for any fault, or the reason of one. */
      fault: Schema.optionalKey(Schema.Union([Fault, FailureReason])),
      maintenance: Flag,
      rack: Schema.optionalKey(Schema.String),
      group: Schema.optionalKey(Schema.String),
      /** A `*` stands for any characters. */
      name: Schema.optionalKey(Schema.String)
    },
    success: NodeList
  }),
  HttpApiEndpoint.get("show", "/v1/tutti/nodes/:ident", {
    params: ident,
    success: NodeDetail,
    error: NodeNotFoundProblem
  }),
  HttpApiEndpoint.post("create", "/v1/tutti/nodes", {
    payload: JsonObject,
    success: NodeDetail.pipe(HttpApiSchema.status(201)),
    error: [...changeErrors]
  }),
  HttpApiEndpoint.patch("update", "/v1/tutti/nodes/:ident", {
    params: ident,
    payload: PatchDocument,
    success: NodeDetail,
    error: [...changeErrors]
  }),
  HttpApiEndpoint.delete("remove", "/v1/tutti/nodes/:ident", {
    params: ident,
    success: HttpApiSchema.NoContent,
    error: [...changeErrors]
  }),
  HttpApiEndpoint.put("setMaintenance", "/v1/tutti/nodes/:ident/maintenance", {
    params: ident,
    payload: Schema.Struct({ maintenance: Schema.Boolean, reason: Schema.NullOr(Schema.String) }),
    success: HttpApiSchema.NoContent,
    error: [...changeErrors]
  }),
  HttpApiEndpoint.post("retry", "/v1/tutti/nodes/:ident/retry", {
    params: ident,
    success: HttpApiSchema.NoContent,
    error: [...changeErrors]
  }),
  HttpApiEndpoint.post("power", "/v1/tutti/nodes/:ident/power", {
    params: ident,
    payload: Schema.Struct({
      action: PowerAction,
      /** How long to wait for the outcome; 0 or absent: until the request is accepted. */
      wait_seconds: Schema.optionalKey(
        Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: MAX_WAIT_SECONDS }))
      ),
      /** After how long the action has failed; absent: the conductor's own limit. */
      timeout_seconds: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 1, maximum: 86_400 }))),
      /**
       * Of soft actions: a hard power off when the machine is not seen off in time. `timeout_seconds` is then how long
       * the operating system is given.
       */
      fallback: Schema.optionalKey(Schema.Literal("hard"))
    }),
    success: PowerOutcome,
    error: [...changeErrors]
  }),
  HttpApiEndpoint.post("readPower", "/v1/tutti/nodes/:ident/power-read", {
    params: ident,
    success: PowerReading,
    error: [...changeErrors]
  }),
  // The body is a JSON array or JSON Lines; which one is seen from its first character.
  HttpApiEndpoint.post("import", "/v1/tutti/nodes/import", {
    query: { update: Flag, partial: Flag },
    payload: Schema.String.pipe(HttpApiSchema.asText({ contentType: "application/x-ndjson" })),
    success: ImportResult,
    error: [ImportRejectedProblem, ImportConflictProblem, PayloadTooLargeProblem, StoreUnavailableProblem]
  }),
  // Import lines, without the secrets: they are never shown.
  HttpApiEndpoint.get("export", "/v1/tutti/export", {
    success: Schema.String.pipe(HttpApiSchema.asText({ contentType: "application/x-ndjson" }))
  })
) {}
