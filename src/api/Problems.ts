/**
 * How Tutti's own API says no: RFC 9457 problems (`application/problem+json`), each with a status, a `type` that programs
 * can tell apart, and a `detail` for people that names what was wrong and, where there is one, the way out.
 * What a request's own form gets wrong (a query that is no number) is a `BadRequestProblem` of `type` `about:blank`.
 */
import { Problem } from "effect/http-api/HttpApiError"
import * as Schema from "effect/Schema"

export { BadRequestProblem } from "effect/http-api/HttpApiError"

/** What is wrong with one line of an import; `line` counts from 1, `field` is a path such as `driver_info.ipmi_port`. */
export const ImportLineError = Schema.Struct({
  line: Schema.Int,
  field: Schema.NullOr(Schema.String),
  message: Schema.String
})

export class NodeNotFoundProblem extends Problem<NodeNotFoundProblem>()(
  "NodeNotFoundProblem",
  { type: "urn:tutti:problem:node-not-found", status: 404, title: "Node not found" },
  { detail: Schema.String }
) {}

export class PowerJobNotFoundProblem extends Problem<PowerJobNotFoundProblem>()(
  "PowerJobNotFoundProblem",
  { type: "urn:tutti:problem:power-job-not-found", status: 404, title: "Power job not found" },
  { detail: Schema.String }
) {}

/** The node was never inspected. */
export class InventoryNotFoundProblem extends Problem<InventoryNotFoundProblem>()(
  "InventoryNotFoundProblem",
  { type: "urn:tutti:problem:inventory-not-found", status: 404, title: "Inventory not found" },
  { detail: Schema.String }
) {}

export class TaskNotFoundProblem extends Problem<TaskNotFoundProblem>()(
  "TaskNotFoundProblem",
  { type: "urn:tutti:problem:task-not-found", status: 404, title: "Periodic task not found" },
  { detail: Schema.String }
) {}

export class SettingNotFoundProblem extends Problem<SettingNotFoundProblem>()(
  "SettingNotFoundProblem",
  { type: "urn:tutti:problem:setting-not-found", status: 404, title: "Setting not found" },
  { detail: Schema.String }
) {}

/** Another action holds the node's lock; worth a retry once that is over. */
export class NodeLockedProblem extends Problem<NodeLockedProblem>()(
  "NodeLockedProblem",
  { type: "urn:tutti:problem:node-locked", status: 409, title: "Node locked" },
  { detail: Schema.String, holder: Schema.String, purpose: Schema.String }
) {}

/** The node is protected from what was asked; `tutti node set --no-protected` lifts that. */
export class NodeProtectedProblem extends Problem<NodeProtectedProblem>()(
  "NodeProtectedProblem",
  { type: "urn:tutti:problem:node-protected", status: 403, title: "Node protected" },
  { detail: Schema.String }
) {}

/** A name or id is taken. */
export class ConflictProblem extends Problem<ConflictProblem>()(
  "ConflictProblem",
  { type: "urn:tutti:problem:conflict", status: 409, title: "Conflict" },
  { detail: Schema.String }
) {}

/** Nothing was imported; `errors` says why, at most `MAX_REPORTED_ERRORS` of them. */
export class ImportRejectedProblem extends Problem<ImportRejectedProblem>()(
  "ImportRejectedProblem",
  { type: "urn:tutti:problem:import-rejected", status: 400, title: "Nothing was imported" },
  { detail: Schema.String, errors: Schema.Array(ImportLineError) }
) {}

/** Names or ids of the import are taken; nothing was imported. */
export class ImportConflictProblem extends Problem<ImportConflictProblem>()(
  "ImportConflictProblem",
  { type: "urn:tutti:problem:import-conflict", status: 409, title: "Nothing was imported" },
  { detail: Schema.String, errors: Schema.Array(ImportLineError) }
) {}

export class PayloadTooLargeProblem extends Problem<PayloadTooLargeProblem>()(
  "PayloadTooLargeProblem",
  { type: "urn:tutti:problem:payload-too-large", status: 413, title: "Payload too large" },
  { detail: Schema.String }
) {}

/** The database is away; nothing was done. */
export class StoreUnavailableProblem extends Problem<StoreUnavailableProblem>()(
  "StoreUnavailableProblem",
  { type: "urn:tutti:problem:store-unavailable", status: 503, title: "Database unavailable" },
  { detail: Schema.String }
) {}

/** As much is under way as may be, or the conductor stops; worth a retry. */
export class NoFreeWorkerProblem extends Problem<NoFreeWorkerProblem>()(
  "NoFreeWorkerProblem",
  { type: "urn:tutti:problem:no-free-worker", status: 503, title: "No worker is free" },
  { detail: Schema.String }
) {}

export class TooManyStreamsProblem extends Problem<TooManyStreamsProblem>()(
  "TooManyStreamsProblem",
  { type: "urn:tutti:problem:too-many-streams", status: 503, title: "Too many event streams" },
  { detail: Schema.String }
) {}
