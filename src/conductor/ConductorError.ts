/** Why the conductor does not do what it was asked, before any BMC was touched. */
import * as Schema from "effect/Schema"
import type { StoreError } from "../store/StoreError.ts"

export class NoSuchNode extends Schema.TaggedError<NoSuchNode>()("NoSuchNode", { ident: Schema.String }) {
  override readonly message = `Node ${this.ident} could not be found.`
}
/** Another action holds the node's lock. `holder` says who, `purpose` what for. */
export class NodeLocked extends Schema.TaggedError<NodeLocked>()("NodeLocked", {
  node: Schema.String,
  holder: Schema.String,
  purpose: Schema.String
}) {
  override readonly message = `Node ${this.node} is locked by host ${this.holder}, please retry after the current operation is completed.`
}
/** The request makes no sense, or not now: `detail` names what and what to do. */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", { detail: Schema.String }) {
  override readonly message = this.detail
}
/** An operator protects the node from what was asked. */
export class NodeProtected extends Schema.TaggedError<NodeProtected>()("NodeProtected", { node: Schema.String }) {
  override readonly message = `Node ${this.node} is protected and can not be undeployed, rebuilt or deleted.`
}
/** A name or id is taken. `errors`: of an import, the lines that name what is taken. */
export class Conflict extends Schema.TaggedError<Conflict>()("Conflict", {
  detail: Schema.String,
  errors: Schema.optionalKey(
    Schema.Array(Schema.Struct({ line: Schema.Int, field: Schema.NullOr(Schema.String), message: Schema.String }))
  )
}) {
  override readonly message = this.detail
}
/** As much is under way as may be, or the conductor stops; worth a retry. `detail` says which limit it is. */
export class NoFreeWorker extends Schema.TaggedError<NoFreeWorker>()("NoFreeWorker", { detail: Schema.String }) {
  override readonly message = this.detail
}
/** The database is away; nothing was done. */
export class StoreUnavailable extends Schema.TaggedError<StoreUnavailable>()("StoreUnavailable", {
  detail: Schema.String
}) {
  override readonly message = this.detail
}

export class ConductorError extends Schema.TaggedError<ConductorError>()("ConductorError", {
  reason: Schema.Union([
    NoSuchNode,
    NodeLocked,
    NodeProtected,
    InvalidRequest,
    Conflict,
    NoFreeWorker,
    StoreUnavailable
  ])
}) {
  override readonly message = this.reason.message
}

/** The store's failures in the words of those who asked the conductor. */
export const fromStore = (error: StoreError): ConductorError => {
  switch (error.reason._tag) {
    case "NodeNotFound":
      return new ConductorError({ reason: new NoSuchNode({ ident: error.reason.ident }) })
    case "Duplicate":
    case "VersionConflict":
    case "LeaseLost":
      return new ConductorError({ reason: new Conflict({ detail: error.message }) })
    case "AlreadyExists":
    case "ChassisNotEmpty":
    case "ChassisNotFound":
    case "PortNotFound":
      return new ConductorError({ reason: new InvalidRequest({ detail: error.message }) })
    case "Unavailable":
    case "Unreadable":
      return new ConductorError({ reason: new StoreUnavailable({ detail: error.message }) })
  }
}

export const invalid = (detail: string): ConductorError =>
  new ConductorError({ reason: new InvalidRequest({ detail }) })
export const noFreeWorker = (detail: string): ConductorError =>
  new ConductorError({ reason: new NoFreeWorker({ detail }) })
export const noSuchNode = (ident: string): ConductorError => new ConductorError({ reason: new NoSuchNode({ ident }) })
export const nodeProtected = (node: string): ConductorError =>
  new ConductorError({ reason: new NodeProtected({ node }) })
export const conflict = (detail: string, errors: NonNullable<Conflict["errors"]>): ConductorError =>
  new ConductorError({ reason: new Conflict({ detail, errors }) })
