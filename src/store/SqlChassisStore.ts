/** `ChassisStore` in PostgreSQL, real or embedded. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import { Chassis } from "../domain/Chassis.ts"
import { Uuid } from "../domain/Node.ts"
import { type ChassisSortKey, ChassisStore, type NewChassis } from "./ChassisStore.ts"
import { asStoreError, failureFields } from "./SqlFailure.ts"
import { selectPage } from "./SqlPage.ts"
import * as SqlText from "./SqlText.ts"
import { causeText } from "./StartError.ts"
import { AlreadyExists, ChassisNotEmpty, ChassisNotFound, StoreError, Unreadable } from "./StoreError.ts"

const Row = Schema.Struct({
  id: Uuid,
  description: Schema.NullOr(Schema.String),
  extra: Schema.Record(Schema.String, Schema.Json),
  created_at: Schema.DateTimeUtcFromDate,
  updated_at: Schema.NullOr(Schema.DateTimeUtcFromDate)
})
const decodeRow = Schema.decodeUnknownResult(Row)

const decode = (raw: unknown): Result.Result<Chassis, StoreError> => {
  const decoded = decodeRow(raw)
  if (Result.isFailure(decoded)) {
    const message = `A stored chassis can't be understood: ${causeText(decoded.failure)}`
    return Result.fail(new StoreError({ reason: new Unreadable({ message }) }))
  }
  const { created_at: createdAt, updated_at: updatedAt, ...row } = decoded.success
  return Result.succeed(new Chassis({ ...row, createdAt, updatedAt }, { disableChecks: true }))
}

const sortKeys: { readonly [K in ChassisSortKey]: string } = {
  id: "id::text",
  description: "description",
  updatedAt: "to_char(updated_at at time zone 'UTC', 'YYYYMMDDHH24MISSUS')"
}

const notFound = (id: string) => new StoreError({ reason: new ChassisNotFound({ id }) })

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  const one = (id: string, rows: ReadonlyArray<unknown>) =>
    rows.length === 0 ? Effect.fail(notFound(id)) : Effect.fromResult(decode(rows[0]))
  const textOf = ({ description }: Pick<NewChassis, "description">) =>
    description === null ? null : SqlText.text(description)

  return ChassisStore.of({
    create: Effect.fn("ChassisStore.create")(function* (chassis) {
      const { extra, id } = chassis
      const now = DateTime.toDateUtc(yield* DateTime.now)
      const rows = yield* sql`
        insert into chassis (id, description, extra, created_at)
        values (${id}, ${textOf(chassis)}, ${SqlText.json(extra)}::jsonb, ${now}) returning *`.pipe(
        Effect.mapError((error) =>
          error.reason._tag === "UniqueViolation"
            ? new StoreError({ reason: new AlreadyExists({ what: "chassis", field: "UUID", value: id }) })
            : error
        )
      )
      return yield* one(id, rows)
    }, asStoreError),

    get: Effect.fn("ChassisStore.get")(function* (id) {
      return yield* one(id, yield* sql`select * from chassis where id = ${id}`)
    }, asStoreError),

    list: Effect.fn("ChassisStore.list")(function* (query) {
      const rows = yield* selectPage(sql, "chassis", query, { keys: sortKeys, conditions: [], gone: notFound })
      return yield* Effect.fromResult(Result.all(rows.map(decode)))
    }, asStoreError),

    update: Effect.fn("ChassisStore.update")(function* (id, changes) {
      const now = DateTime.toDateUtc(yield* DateTime.now)
      const write = Effect.gen(function* () {
        const stored = yield* one(id, yield* sql`select * from chassis where id = ${id} for update`)
        const chassis = { ...stored, ...changes }
        const rows = yield* sql`
          update chassis set description = ${textOf(chassis)}, extra = ${SqlText.json(chassis.extra)}::jsonb,
            updated_at = ${now}
          where id = ${id} returning *`
        return yield* one(id, rows)
      })
      return yield* sql.withTransaction(write)
    }, asStoreError),

    remove: Effect.fn("ChassisStore.remove")(function* (id) {
      const gone = yield* sql`delete from chassis where id = ${id} returning id`.pipe(
        Effect.mapError((error) =>
          failureFields(error).code === "23503" ? new StoreError({ reason: new ChassisNotEmpty({ id }) }) : error
        )
      )
      if (gone.length === 0) return yield* notFound(id)
    }, asStoreError)
  })
})

export const layer: Layer.Layer<ChassisStore, never, SqlClient.SqlClient> = Layer.effect(ChassisStore, make)
