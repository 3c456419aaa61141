/** `PortStore` in PostgreSQL, real or embedded. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { NodeId, Uuid } from "../domain/Node.ts"
import { Port } from "../domain/Port.ts"
import { type NewPort, type PortSortKey, PortStore } from "./PortStore.ts"
import { asStoreError, failureFields } from "./SqlFailure.ts"
import { selectPage } from "./SqlPage.ts"
import * as SqlText from "./SqlText.ts"
import { causeText } from "./StartError.ts"
import { AlreadyExists, NodeNotFound, PortNotFound, StoreError, Unreadable } from "./StoreError.ts"

const JsonObject = Schema.Record(Schema.String, Schema.Json)

const Row = Schema.Struct({
  id: Uuid,
  node_id: NodeId,
  address: Schema.String,
  extra: JsonObject,
  local_link_connection: JsonObject,
  pxe_enabled: Schema.Boolean,
  physical_network: Schema.NullOr(Schema.String),
  is_smartnic: Schema.Boolean,
  created_at: Schema.DateTimeUtcFromDate,
  updated_at: Schema.NullOr(Schema.DateTimeUtcFromDate)
})
const decodeRow = Schema.decodeUnknownResult(Row)

const decode = (raw: unknown): Result.Result<Port, StoreError> => {
  const decoded = decodeRow(raw)
  if (Result.isFailure(decoded)) {
    const message = `A stored port can't be understood: ${causeText(decoded.failure)}`
    return Result.fail(new StoreError({ reason: new Unreadable({ message }) }))
  }
  const row = decoded.success
  return Result.succeed(
    new Port(
      {
        id: row.id,
        nodeId: row.node_id,
        address: row.address,
        extra: row.extra,
        localLinkConnection: row.local_link_connection,
        pxeEnabled: row.pxe_enabled,
        physicalNetwork: row.physical_network,
        isSmartnic: row.is_smartnic,
        createdAt: row.created_at,
        updatedAt: row.updated_at
      },
      { disableChecks: true }
    )
  )
}

const sortKeys: { readonly [K in PortSortKey]: string } = {
  id: "id::text",
  nodeId: "node_id::text",
  address: "address",
  physicalNetwork: "physical_network",
  updatedAt: "to_char(updated_at at time zone 'UTC', 'YYYYMMDDHH24MISSUS')"
}

const notFound = (id: string) => new StoreError({ reason: new PortNotFound({ id }) })

/** What a constraint says of the port that was to be stored. */
const refusal =
  ({ address, id, nodeId }: NewPort) =>
  (error: SqlError): SqlError | StoreError => {
    if (failureFields(error).code === "23503") return new StoreError({ reason: new NodeNotFound({ ident: nodeId }) })
    if (error.reason._tag !== "UniqueViolation") return error
    const taken =
      error.reason.constraint === "ports_address_key"
        ? ({ field: "MAC address", value: address } as const)
        : ({ field: "UUID", value: id } as const)
    return new StoreError({ reason: new AlreadyExists({ what: "port", ...taken }) })
  }

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  const columns = (port: NewPort) => ({
    node_id: port.nodeId,
    address: port.address,
    extra: sql`${SqlText.json(port.extra)}::jsonb`,
    local_link_connection: sql`${SqlText.json(port.localLinkConnection)}::jsonb`,
    pxe_enabled: port.pxeEnabled,
    physical_network: port.physicalNetwork === null ? null : SqlText.text(port.physicalNetwork),
    is_smartnic: port.isSmartnic
  })

  const one = (id: string, rows: ReadonlyArray<unknown>) =>
    rows.length === 0 ? Effect.fail(notFound(id)) : Effect.fromResult(decode(rows[0]))

  return PortStore.of({
    create: Effect.fn("PortStore.create")(function* (port) {
      const now = DateTime.toDateUtc(yield* DateTime.now)
      const { extra, local_link_connection, ...plain } = columns(port)
      const rows = yield* sql`
        insert into ports (id, node_id, address, extra, local_link_connection, pxe_enabled, physical_network, is_smartnic,
          created_at)
        values (${port.id}, ${plain.node_id}, ${plain.address}, ${extra}, ${local_link_connection},
          ${plain.pxe_enabled}, ${plain.physical_network}, ${plain.is_smartnic}, ${now})
        returning *`.pipe(Effect.mapError(refusal(port)))
      return yield* one(port.id, rows)
    }, asStoreError),

    get: Effect.fn("PortStore.get")(function* (id) {
      return yield* one(id, yield* sql`select * from ports where id = ${id}`)
    }, asStoreError),

    list: Effect.fn("PortStore.list")(function* (query) {
      const { address, nodeId } = query
      const rows = yield* selectPage(sql, "ports", query, {
        keys: sortKeys,
        conditions: [
          ...(nodeId === undefined ? [] : [sql`node_id = ${nodeId}`]),
          ...(address === undefined ? [] : [sql`address = ${address}`])
        ],
        gone: notFound
      })
      return yield* Effect.fromResult(Result.all(rows.map(decode)))
    }, asStoreError),

    update: Effect.fn("PortStore.update")(function* (id, changes) {
      const now = DateTime.toDateUtc(yield* DateTime.now)
      const write = Effect.gen(function* () {
        const stored = yield* one(id, yield* sql`select * from ports where id = ${id} for update`)
        const port = { ...stored, ...changes }
        const { extra, local_link_connection, ...plain } = columns(port)
        const rows = yield* sql`
          update ports set node_id = ${plain.node_id}, address = ${plain.address}, extra = ${extra},
            local_link_connection = ${local_link_connection}, pxe_enabled = ${plain.pxe_enabled},
            physical_network = ${plain.physical_network}, is_smartnic = ${plain.is_smartnic}, updated_at = ${now}
          where id = ${id} returning *`.pipe(Effect.mapError(refusal(port)))
        return yield* one(id, rows)
      })
      return yield* sql.withTransaction(write)
    }, asStoreError),

    remove: Effect.fn("PortStore.remove")(function* (id) {
      const gone = yield* sql`delete from ports where id = ${id} returning id`
      if (gone.length === 0) return yield* notFound(id)
    }, asStoreError)
  })
})

export const layer: Layer.Layer<PortStore, never, SqlClient.SqlClient> = Layer.effect(PortStore, make)
