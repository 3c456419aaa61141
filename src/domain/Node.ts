/**
 * A node: one server and its BMC, as the conductor knows it.
 *
 * What an operator set and what is wanted of the node is here; what was last *observed* is a `PowerObservation`
 * of its own, since it changes thousands of times as often.
 */
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { FailureReason, Fault } from "./Failure.ts"
import { PowerAction, PowerState } from "./PowerState.ts"

/** A lower-case UUID in its canonical form. */
export const NodeId = Schema.String.check(
  Schema.isPattern(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, { expected: "a UUID" })
).pipe(Schema.brand("NodeId"))
export type NodeId = typeof NodeId.Type

/** Host-name characters as Ironic takes them, at most 255; never the form of a UUID, so that a path can be either. */
export const NodeName = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9._~-]{1,255}$/, { expected: "1 to 255 of the characters A-Z a-z 0-9 . _ ~ -" })
).pipe(Schema.brand("NodeName"))
export type NodeName = typeof NodeName.Type

/** The driver decides which client talks to the BMC: `ipmi` ours, `ipmitool` the program, `fake-hardware` none. */
export const Driver = Schema.Literals(["ipmi", "ipmitool", "fake-hardware"])
export type Driver = typeof Driver.Type

/** The states of Ironic's `provision_state` that a node of Tutti can be in; `Provision` has the moves between them. */
export const ProvisionState = Schema.Literals([
  "enroll",
  "verifying",
  "manageable",
  "available",
  "inspecting",
  "inspect wait",
  "inspect failed",
  "adopting",
  "adopt failed",
  "cleaning",
  "clean wait",
  "clean failed",
  "deploying",
  "deploy wait",
  "deploy failed",
  "active",
  "deleting",
  "error"
])
export type ProvisionState = typeof ProvisionState.Type

/** A lower-case UUID of something that is no node. */
export const Uuid = Schema.String.check(
  Schema.isPattern(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, { expected: "a UUID" })
)

const JsonObject = Schema.Record(Schema.String, Schema.Json)

/**
 * How to reach the BMC: Ironic's `driver_info`, with what is secret kept apart.
 * `settings` may be shown to anybody; `secrets` (`ipmi_password`, `ipmi_hex_kg_key`) are sealed in the database.
 */
export class DriverInfo extends Schema.Class<DriverInfo>("DriverInfo")({
  settings: JsonObject,
  secrets: Schema.Record(Schema.String, Schema.Redacted(Schema.String))
}) {}

/** A power action that was accepted and is not finished; kept in the database before the BMC is touched. */
export class PendingPower extends Schema.Class<PendingPower>("PendingPower")({
  action: PowerAction,
  requestedAt: Schema.DateTimeUtc
}) {}

export class Node extends Schema.Class<Node>("Node")({
  id: NodeId,
  name: Schema.NullOr(NodeName),
  driver: Driver,
  driverInfo: DriverInfo,
  /** Counts up with every change of `driver`, `settings` or `secrets`: a new credential gets new tries. */
  credentialVersion: Schema.Int,
  /** `rack` has a meaning: nodes of a rack fail together. */
  properties: JsonObject,
  extra: JsonObject,
  conductorGroup: Schema.String,
  owner: Schema.NullOr(Schema.String),
  description: Schema.NullOr(Schema.String),
  resourceClass: Schema.NullOr(Schema.String),
  chassisId: Schema.NullOr(Uuid),
  traits: Schema.Array(Schema.String),
  /** Set by an operator: the node can't be deleted, nor taken from whom it serves. */
  protected: Schema.Boolean,
  protectedReason: Schema.NullOr(Schema.String),
  /** Set by an operator: the node is not to be made available again. */
  retired: Schema.Boolean,
  retiredReason: Schema.NullOr(Schema.String),
  provisionState: ProvisionState,
  /** Where the move under way is to end; null when none is. */
  targetProvisionState: Schema.NullOr(ProvisionState),
  /** When `provisionState` changed last. */
  provisionUpdatedAt: Schema.NullOr(Schema.DateTimeUtc),
  inspectionStartedAt: Schema.NullOr(Schema.DateTimeUtc),
  inspectionFinishedAt: Schema.NullOr(Schema.DateTimeUtc),
  /** The recorded power state: what the machine should be in. Null until first observed, and after a fault. */
  desiredPower: Schema.NullOr(PowerState),
  /** The action in flight, Ironic's `target_power_state`. */
  pendingPower: Schema.NullOr(PendingPower),
  disablePowerOff: Schema.Boolean,
  /** Set by an operator, and cleared by an operator only. */
  operatorMaintenance: Schema.Boolean,
  maintenanceReason: Schema.NullOr(Schema.String),
  /** Set and cleared by the conductor. */
  fault: Schema.NullOr(Fault),
  faultReason: Schema.NullOr(FailureReason),
  faultAt: Schema.NullOr(Schema.DateTimeUtc),
  lastError: Schema.NullOr(Schema.String),
  /** Counts up with every change of this record; an update may ask for the version it read. */
  version: Schema.Int,
  createdAt: Schema.DateTimeUtc,
  updatedAt: Schema.NullOr(Schema.DateTimeUtc)
}) {}

/** What nobody set yet of a new node's fields. */
export const unsetFields = {
  chassisId: null,
  traits: [],
  protected: false,
  protectedReason: null,
  retired: false,
  retiredReason: null,
  targetProvisionState: null,
  provisionUpdatedAt: null,
  inspectionStartedAt: null,
  inspectionFinishedAt: null,
  desiredPower: null,
  pendingPower: null,
  operatorMaintenance: false,
  maintenanceReason: null,
  fault: null,
  faultReason: null,
  faultAt: null,
  lastError: null
} as const

/** Ironic's `maintenance`: true when an operator said so, or a fault holds. */
export const inMaintenance = (node: Node): boolean => node.operatorMaintenance || node.fault !== null

/** `properties.rack`, where it is a text. */
export const rackOf = (node: Pick<Node, "properties">): string | null => {
  const rack = node.properties["rack"]
  return typeof rack === "string" ? rack : null
}

/** A node's name, or its id where it has none: for messages. */
export const label = (node: Pick<Node, "id" | "name">): string => node.name ?? node.id

/** What was last read from a node's BMC; one a node, replaced at every read, times in ms since 1970 (wall clock). */
export interface PowerObservation {
  readonly nodeId: NodeId
  /** The last state that was read; stays when later reads fail. */
  readonly power: PowerState | null
  readonly observedAtMillis: number | null
  /** Passes in a row that did not end well: the read failed, or showed another state than the recorded one. */
  readonly failures: number
}

/** The observation of a node that was never read. */
export const neverObserved = (nodeId: NodeId): PowerObservation => ({
  nodeId,
  power: null,
  observedAtMillis: null,
  failures: 0
})

/** A node with what was observed of it. */
export interface NodeRecord {
  readonly node: Node
  readonly observation: PowerObservation
}

/** Age of an observation in milliseconds at the wall-clock time `nowMillis`; null if never observed. */
export const ageMillis = (observation: PowerObservation, nowMillis: number): number | null =>
  observation.observedAtMillis === null ? null : Math.max(0, nowMillis - observation.observedAtMillis)

/** ISO 8601 in UTC, as every API body shows times. */
export const formatMillis = (millis: number): string => DateTime.formatIso(DateTime.makeUnsafe(millis))
