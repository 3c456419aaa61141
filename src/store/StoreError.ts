/** How the store fails. One error, its `reason` says what happened; only `Unavailable` is worth a retry. */
import * as Schema from "effect/Schema"

/** The database can't be reached, or broke off. `message` never holds a credential. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", { message: Schema.String }) {
  readonly isRetryable = true
}
/** No node has this name or id. */
export class NodeNotFound extends Schema.TaggedError<NodeNotFound>()("NodeNotFound", { ident: Schema.String }) {
  readonly isRetryable = false
  override readonly message = `Node ${this.ident} could not be found.`
}
/** Another node has this name or id already. `index` is the position in the batch, where there is one. */
export class Duplicate extends Schema.TaggedError<Duplicate>()("Duplicate", {
  field: Schema.Literals(["name", "uuid"]),
  value: Schema.String,
  index: Schema.NullOr(Schema.Int)
}) {
  readonly isRetryable = false
  override readonly message = `A node with ${this.field} ${this.value} already exists.`
}
/** A port or a chassis has this already. */
export class AlreadyExists extends Schema.TaggedError<AlreadyExists>()("AlreadyExists", {
  what: Schema.Literals(["port", "chassis"]),
  field: Schema.Literals(["UUID", "MAC address"]),
  value: Schema.String
}) {
  readonly isRetryable = false
  override readonly message = `A ${this.what} with ${this.field} ${this.value} already exists.`
}
/** No port has this id. */
export class PortNotFound extends Schema.TaggedError<PortNotFound>()("PortNotFound", { id: Schema.String }) {
  readonly isRetryable = false
  override readonly message = `Port ${this.id} could not be found.`
}
/** No chassis has this id: it was asked for, or a node was to stand in it. */
export class ChassisNotFound extends Schema.TaggedError<ChassisNotFound>()("ChassisNotFound", { id: Schema.String }) {
  readonly isRetryable = false
  override readonly message = `Chassis ${this.id} could not be found.`
}
/** Nodes stand in the chassis. */
export class ChassisNotEmpty extends Schema.TaggedError<ChassisNotEmpty>()("ChassisNotEmpty", { id: Schema.String }) {
  readonly isRetryable = false
  override readonly message = `Chassis ${this.id} contains nodes: take them out of it, or delete them, first.`
}
/** The node changed since it was read. */
export class VersionConflict extends Schema.TaggedError<VersionConflict>()("VersionConflict", {
  ident: Schema.String
}) {
  readonly isRetryable = false
  override readonly message = `Node ${this.ident} was changed by someone else meanwhile.`
}
/** The lease under which the write was to be made has ended: somebody else may act on the node by now. */
export class LeaseLost extends Schema.TaggedError<LeaseLost>()("LeaseLost", { ident: Schema.String }) {
  readonly isRetryable = false
  override readonly message = `The lock of node ${this.ident} ended meanwhile.`
}
/** What is stored can't be understood: damaged, or sealed with another key; or the database refused what was to be stored. */
export class Unreadable extends Schema.TaggedError<Unreadable>()("Unreadable", { message: Schema.String }) {
  readonly isRetryable = false
}

export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", {
  reason: Schema.Union([
    Unavailable,
    NodeNotFound,
    Duplicate,
    AlreadyExists,
    PortNotFound,
    ChassisNotFound,
    ChassisNotEmpty,
    VersionConflict,
    LeaseLost,
    Unreadable
  ])
}) {
  override readonly message = this.reason.message
  readonly isRetryable = this.reason.isRetryable
}
