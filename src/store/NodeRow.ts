/**
 * A node as a row of the table: the columns, in one place, and the way there and back. Secrets are sealed on the way
 * there, each at its place (node and field), and opened on the way back.
 */
import * as PgTypes from "@effect/sql-pg/PgTypes"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Record from "effect/Record"
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { SqlClient } from "effect/sql/SqlClient"
import type { Fragment } from "effect/sql/Statement"
import { Driver, DriverInfo, Node, NodeId, NodeName, PendingPower, ProvisionState, Uuid } from "../domain/Node.ts"
import type { NodeRecord, PowerObservation } from "../domain/Node.ts"
import { FailureReason, Fault } from "../domain/Failure.ts"
import { PowerAction, PowerState } from "../domain/PowerState.ts"
import { open, seal } from "./Secrets.ts"
import type { KeyRing } from "./Secrets.ts"
import { array, json, text } from "./SqlText.ts"
import { causeText } from "./StartError.ts"
import { StoreError, Unreadable } from "./StoreError.ts"

const { bool, int4, text: textOid, timestamptz, uuid } = PgTypes.OID

interface Column {
  readonly name: string
  readonly oid: number
  readonly isJson?: true
  readonly of: (node: Node, ring: KeyRing) => unknown
}

const textOrNull = (value: string | null) => (value === null ? null : text(value))
const dateOrNull = (value: DateTime.Utc | null) => (value === null ? null : DateTime.toDateUtc(value))

const sealAll = (ring: KeyRing, owner: string, secrets: Record<string, Redacted.Redacted>) =>
  Record.map(secrets, (secret, field) => seal(ring, { owner, field }, secret))

const columns: ReadonlyArray<Column> = [
  { name: "id", oid: uuid, of: (node) => node.id },
  { name: "name", oid: textOid, of: (node) => node.name },
  { name: "driver", oid: textOid, of: (node) => node.driver },
  { name: "settings", oid: textOid, isJson: true, of: (node) => json(node.driverInfo.settings) },
  {
    name: "secrets",
    oid: textOid,
    isJson: true,
    of: (node, ring) => json(sealAll(ring, node.id, node.driverInfo.secrets))
  },
  { name: "credential_version", oid: int4, of: (node) => node.credentialVersion },
  { name: "properties", oid: textOid, isJson: true, of: (node) => json(node.properties) },
  { name: "extra", oid: textOid, isJson: true, of: (node) => json(node.extra) },
  { name: "conductor_group", oid: textOid, of: (node) => text(node.conductorGroup) },
  { name: "owner", oid: textOid, of: (node) => textOrNull(node.owner) },
  { name: "description", oid: textOid, of: (node) => textOrNull(node.description) },
  { name: "resource_class", oid: textOid, of: (node) => textOrNull(node.resourceClass) },
  { name: "chassis_id", oid: uuid, of: (node) => node.chassisId },
  { name: "traits", oid: textOid, isJson: true, of: (node) => json(node.traits) },
  { name: "protected", oid: bool, of: (node) => node.protected },
  { name: "protected_reason", oid: textOid, of: (node) => textOrNull(node.protectedReason) },
  { name: "retired", oid: bool, of: (node) => node.retired },
  { name: "retired_reason", oid: textOid, of: (node) => textOrNull(node.retiredReason) },
  { name: "provision_state", oid: textOid, of: (node) => node.provisionState },
  { name: "target_provision_state", oid: textOid, of: (node) => node.targetProvisionState },
  { name: "provision_updated_at", oid: timestamptz, of: (node) => dateOrNull(node.provisionUpdatedAt) },
  { name: "inspection_started_at", oid: timestamptz, of: (node) => dateOrNull(node.inspectionStartedAt) },
  { name: "inspection_finished_at", oid: timestamptz, of: (node) => dateOrNull(node.inspectionFinishedAt) },
  { name: "desired_power", oid: textOid, of: (node) => node.desiredPower },
  { name: "pending_action", oid: textOid, of: (node) => node.pendingPower?.action ?? null },
  { name: "pending_since", oid: timestamptz, of: (node) => dateOrNull(node.pendingPower?.requestedAt ?? null) },
  { name: "disable_power_off", oid: bool, of: (node) => node.disablePowerOff },
  { name: "operator_maintenance", oid: bool, of: (node) => node.operatorMaintenance },
  { name: "maintenance_reason", oid: textOid, of: (node) => textOrNull(node.maintenanceReason) },
  { name: "fault", oid: textOid, of: (node) => node.fault },
  { name: "fault_reason", oid: textOid, of: (node) => node.faultReason },
  { name: "fault_at", oid: timestamptz, of: (node) => dateOrNull(node.faultAt) },
  { name: "last_error", oid: textOid, of: (node) => textOrNull(node.lastError) },
  { name: "version", oid: int4, of: (node) => node.version },
  { name: "created_at", oid: timestamptz, of: (node) => dateOrNull(node.createdAt) },
  { name: "updated_at", oid: timestamptz, of: (node) => dateOrNull(node.updatedAt) }
]

const names = columns.map(({ name }) => name).join(", ")
const values = columns.map(({ name, isJson }) => (isJson ? `v.${name}::jsonb` : `v.${name}`)).join(", ")
const assignments = columns
  .filter(({ name }) => name !== "id")
  .map(({ name, isJson }) => `${name} = v.${name}${isJson ? "::jsonb" : ""}`)
  .join(", ")

const unnested = (sql: SqlClient, ring: KeyRing, nodes: ReadonlyArray<Node>) =>
  sql`unnest(${sql.csv(
    columns.map(
      ({ oid, of }) =>
        sql`${array(
          nodes.map((node) => of(node, ring)),
          oid
        )}`
    )
  )})`

/** Stores new nodes, in this order, each never observed. */
export const insert = (sql: SqlClient, ring: KeyRing, nodes: ReadonlyArray<Node>) =>
  Effect.andThen(
    sql`
      insert into nodes (${sql.literal(names)})
      select ${sql.literal(values)}
      from ${unnested(sql, ring, nodes)} with ordinality as v (${sql.literal(names)}, position)
      order by v.position`,
    sql`
      insert into node_observations (node_id, failures)
      select unnest(${array(
        nodes.map(({ id }) => id),
        uuid
      )}), 0`
  )

/** Replaces stored nodes, all columns of each. */
export const replace = (sql: SqlClient, ring: KeyRing, nodes: ReadonlyArray<Node>) => sql`
  update nodes set ${sql.literal(assignments)}
  from ${unnested(sql, ring, nodes)} as v (${sql.literal(names)})
  where nodes.id = v.id`

const Row = Schema.Struct({
  id: NodeId,
  name: Schema.NullOr(NodeName),
  driver: Driver,
  settings: Schema.Record(Schema.String, Schema.Json),
  secrets: Schema.Record(Schema.String, Schema.String),
  credential_version: Schema.Int,
  properties: Schema.Record(Schema.String, Schema.Json),
  extra: Schema.Record(Schema.String, Schema.Json),
  conductor_group: Schema.String,
  owner: Schema.NullOr(Schema.String),
  description: Schema.NullOr(Schema.String),
  resource_class: Schema.NullOr(Schema.String),
  chassis_id: Schema.NullOr(Uuid),
  traits: Schema.Array(Schema.String),
  protected: Schema.Boolean,
  protected_reason: Schema.NullOr(Schema.String),
  retired: Schema.Boolean,
  retired_reason: Schema.NullOr(Schema.String),
  provision_state: ProvisionState,
  target_provision_state: Schema.NullOr(ProvisionState),
  provision_updated_at: Schema.NullOr(Schema.DateTimeUtcFromDate),
  inspection_started_at: Schema.NullOr(Schema.DateTimeUtcFromDate),
  inspection_finished_at: Schema.NullOr(Schema.DateTimeUtcFromDate),
  desired_power: Schema.NullOr(PowerState),
  pending_action: Schema.NullOr(PowerAction),
  pending_since: Schema.NullOr(Schema.DateTimeUtcFromDate),
  disable_power_off: Schema.Boolean,
  operator_maintenance: Schema.Boolean,
  maintenance_reason: Schema.NullOr(Schema.String),
  fault: Schema.NullOr(Fault),
  fault_reason: Schema.NullOr(FailureReason),
  fault_at: Schema.NullOr(Schema.DateTimeUtcFromDate),
  last_error: Schema.NullOr(Schema.String),
  version: Schema.Int,
  created_at: Schema.DateTimeUtcFromDate,
  updated_at: Schema.NullOr(Schema.DateTimeUtcFromDate),
  created_order: Schema.BigInt,
  observed_power: Schema.NullOr(PowerState),
  observed_at: Schema.NullOr(Schema.Date),
  failures: Schema.Int
})
const decodeRow = Schema.decodeUnknownResult(Row)

/** A stored node, and its place in the order of creation. */
export interface StoredNode {
  readonly record: NodeRecord
  readonly createdOrder: bigint
}

const unreadable = (message: string) => new StoreError({ reason: new Unreadable({ message }) })

const openAll = (ring: KeyRing, owner: string, sealed: Record<string, string>) => {
  const secrets: Record<string, Redacted.Redacted> = {}
  for (const [field, text] of Object.entries(sealed)) {
    const secret = open(ring, { owner, field }, text)
    if (secret === undefined) return Result.fail(unreadable(`No key opens ${field} of node ${owner}.`))
    secrets[field] = secret
  }
  return Result.succeed(secrets)
}

const decode = (ring: KeyRing, raw: unknown): Result.Result<StoredNode, StoreError> => {
  const decoded = decodeRow(raw)
  if (Result.isFailure(decoded)) {
    return Result.fail(unreadable(`A stored node can't be understood: ${causeText(decoded.failure)}`))
  }
  const row = decoded.success
  return Result.map(openAll(ring, row.id, row.secrets), (secrets) => {
    const node = new Node(
      {
        id: row.id,
        name: row.name,
        driver: row.driver,
        driverInfo: new DriverInfo({ settings: row.settings, secrets }, { disableChecks: true }),
        credentialVersion: row.credential_version,
        properties: row.properties,
        extra: row.extra,
        conductorGroup: row.conductor_group,
        owner: row.owner,
        description: row.description,
        resourceClass: row.resource_class,
        chassisId: row.chassis_id,
        traits: row.traits,
        protected: row.protected,
        protectedReason: row.protected_reason,
        retired: row.retired,
        retiredReason: row.retired_reason,
        provisionState: row.provision_state,
        targetProvisionState: row.target_provision_state,
        provisionUpdatedAt: row.provision_updated_at,
        inspectionStartedAt: row.inspection_started_at,
        inspectionFinishedAt: row.inspection_finished_at,
        desiredPower: row.desired_power,
        pendingPower:
          row.pending_action === null || row.pending_since === null
            ? null
            : new PendingPower({ action: row.pending_action, requestedAt: row.pending_since }),
        disablePowerOff: row.disable_power_off,
        operatorMaintenance: row.operator_maintenance,
        maintenanceReason: row.maintenance_reason,
        fault: row.fault,
        faultReason: row.fault_reason,
        faultAt: row.fault_at,
        lastError: row.last_error,
        version: row.version,
        createdAt: row.created_at,
        updatedAt: row.updated_at
      },
      { disableChecks: true }
    )
    const observation: PowerObservation = {
      nodeId: row.id,
      power: row.observed_power,
      observedAtMillis: row.observed_at === null ? null : row.observed_at.getTime(),
      failures: row.failures
    }
    return { record: { node, observation }, createdOrder: row.created_order }
  })
}

/** Reads the nodes that the rest of the statement (`where …`, `order by …`) asks for; `n` is the node. */
export const select = (sql: SqlClient, ring: KeyRing, rest: Fragment) =>
  Effect.flatMap(
    sql`
      select n.*, o.power as observed_power, o.observed_at, o.failures
      from nodes n join node_observations o on o.node_id = n.id
      ${rest}`,
    (rows) => Effect.fromResult(Result.all(rows.map((row) => decode(ring, row))))
  )
