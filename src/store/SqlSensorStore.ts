/** `SensorStore` in PostgreSQL, real or embedded. */
import * as PgTypes from "@effect/sql-pg/PgTypes"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { CompactValues } from "../domain/CompactValues.ts"
import { NodeId } from "../domain/Node.ts"
import { SensorDefinition } from "../domain/SensorData.ts"
import { type NewNodeValues, type NodeValues, type SensorSheet, SensorStore } from "./SensorStore.ts"
import { asStoreError } from "./SqlFailure.ts"
import * as SqlText from "./SqlText.ts"
import { causeText } from "./StartError.ts"
import { StoreError, Unreadable } from "./StoreError.ts"

const { text, timestamptz, uuid } = PgTypes.OID

const Sheet = Schema.Array(SensorDefinition)
const SheetRow = Schema.Struct({ id: Schema.String, sheet: Sheet })
const ValuesRow = Schema.Struct({ nodeId: NodeId, readAt: Schema.Date, sheetId: Schema.String, values: CompactValues })
const WholeRow = Schema.Struct({ ...ValuesRow.fields, sheet: Sheet })
const decodeSheetRow = Schema.decodeUnknownOption(SheetRow)
const decodeValuesRow = Schema.decodeUnknownOption(ValuesRow)
const decodeWholeRow = Schema.decodeUnknownResult(WholeRow)

const toValues = ({ nodeId, readAt, sheetId, values }: typeof ValuesRow.Type): NodeValues => ({
  nodeId,
  readAtMillis: readAt.getTime(),
  sheetId,
  values
})

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  const insertSheets = (batch: ReadonlyArray<NewNodeValues>): Effect.Effect<unknown, SqlError> => {
    const sheets = new Map(batch.flatMap(({ sheet, sheetId }) => (sheet === null ? [] : [[sheetId, sheet] as const])))
    if (sheets.size === 0) return Effect.void
    return sql`
      insert into sensor_sheets (id, sheet)
      select v.id, v.sheet::jsonb
      from unnest(${SqlText.array([...sheets.keys()], text)}, ${SqlText.array([...sheets.values()].map(SqlText.json), text)})
        as v (id, sheet)
      order by v.id
      on conflict (id) do nothing`
  }

  const insertValues = (batch: ReadonlyArray<NewNodeValues>) => {
    const column = (of: (values: NewNodeValues) => unknown, oid: number) => SqlText.array(batch.map(of), oid)
    return sql<{ readonly nodeId: NodeId }>`
      insert into sensor_values (node_id, read_at, sheet_id, reading)
      select n.id, v.read_at, s.id, v.reading::json
      from unnest(
        ${column(({ nodeId }) => nodeId, uuid)},
        ${column(({ readAtMillis }) => new Date(readAtMillis), timestamptz)},
        ${column(({ sheetId }) => sheetId, text)},
        ${column(({ values }) => SqlText.json(values), text)}
      ) as v (node_id, read_at, sheet_id, reading)
      join nodes n on n.id = v.node_id
      join sensor_sheets s on s.id = v.sheet_id
      for key share of n, s
      on conflict (node_id) do update
        set read_at = excluded.read_at, sheet_id = excluded.sheet_id, reading = excluded.reading
        where sensor_values.read_at <= excluded.read_at
      returning node_id as "nodeId"`
  }

  return SensorStore.of({
    record: Effect.fn("SensorStore.record")(function* (batch) {
      if (batch.length === 0) return new Set<NodeId>()
      const rows = yield* sql.withTransaction(Effect.andThen(insertSheets(batch), insertValues(batch)))
      return new Set(rows.map(({ nodeId }) => nodeId))
    }, asStoreError),

    get: Effect.fn("SensorStore.get")(function* (nodeId) {
      const [row] = yield* sql`
        select v.node_id as "nodeId", v.read_at as "readAt", v.sheet_id as "sheetId", v.reading as "values", s.sheet
        from sensor_values v join sensor_sheets s on s.id = v.sheet_id where v.node_id = ${nodeId}`
      if (row === undefined) return Option.none()
      const decoded = decodeWholeRow(row)
      if (Result.isFailure(decoded)) {
        const message = `Stored sensor values can't be understood: ${causeText(decoded.failure)}`
        return yield* new StoreError({ reason: new Unreadable({ message }) })
      }
      return Option.some({ ...toValues(decoded.success), sheet: decoded.success.sheet })
    }, asStoreError),

    list: Effect.fn("SensorStore.list")(function* ({ after, limit }) {
      const rows = yield* sql`
        select node_id as "nodeId", read_at as "readAt", sheet_id as "sheetId", reading as "values" from sensor_values
        where ${after === null ? sql`true` : sql`node_id > ${after}`} order by node_id limit ${limit}`
      return rows.flatMap((row) => Option.toArray(Option.map(decodeValuesRow(row), toValues)))
    }, asStoreError),

    sheets: Effect.fn("SensorStore.sheets")(function* (ids) {
      const rows = yield* sql`select id, sheet from sensor_sheets where id = any(${SqlText.array(ids, text)})`
      return new Map<string, SensorSheet>(
        rows.flatMap((row) => Option.toArray(Option.map(decodeSheetRow(row), ({ id, sheet }) => [id, sheet] as const)))
      )
    }, asStoreError),

    summary: Effect.fn("SensorStore.summary")(function* (freshSinceMillis) {
      const [row] = yield* sql<{ readonly nodes: number; readonly fresh: number; readonly oldest: Date | null }>`
        select count(*)::int as nodes, count(*) filter (where read_at >= ${new Date(freshSinceMillis)})::int as fresh,
          min(read_at) as oldest
        from sensor_values`
      return { nodes: row?.nodes ?? 0, fresh: row?.fresh ?? 0, oldestReadAtMillis: row?.oldest?.getTime() ?? null }
    }, asStoreError),

    forgetSheets: sql`
      delete from sensor_sheets s where not exists (select from sensor_values v where v.sheet_id = s.id) returning id`.pipe(
      Effect.map((gone) => gone.length),
      asStoreError,
      Effect.withSpan("SensorStore.forgetSheets")
    )
  })
})

export const layer: Layer.Layer<SensorStore, never, SqlClient.SqlClient> = Layer.effect(SensorStore, make)
