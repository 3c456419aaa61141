/** `SelStore` in PostgreSQL, real or embedded. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import { SelPosition } from "../domain/SelEntry.ts"
import { SelStore } from "./SelStore.ts"
import { asStoreError } from "./SqlFailure.ts"
import { insertEntries } from "./SqlJournalRows.ts"
import * as SqlText from "./SqlText.ts"
import { causeText } from "./StartError.ts"
import { StoreError, Unreadable } from "./StoreError.ts"

const decodeRow = Schema.decodeUnknownResult(Schema.Struct({ position: SelPosition, version: Schema.Int }))
const encodePosition = Schema.encodeSync(SelPosition)

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return SelStore.of({
    progress: Effect.fn("SelStore.progress")(function* (nodeId) {
      const [row] = yield* sql`select position, version from sel_positions where node_id = ${nodeId}`
      if (row === undefined) return Option.none()
      const decoded = decodeRow(row)
      if (Result.isSuccess(decoded)) return Option.some(decoded.success)
      const message = `The position in a node's event log can't be understood: ${causeText(decoded.failure)}`
      return yield* new StoreError({ reason: new Unreadable({ message }) })
    }, asStoreError),

    advance: Effect.fn("SelStore.advance")(function* ({ entries, from, nodeId, position }) {
      const json = SqlText.json(encodePosition(position))
      const written =
        from === null
          ? sql`
            insert into sel_positions (node_id, position, version)
            select id, ${json}::jsonb, 1 from nodes where id = ${nodeId} for key share
            on conflict (node_id) do nothing returning version`
          : sql`
            update sel_positions set position = ${json}::jsonb, version = version + 1
            where node_id = ${nodeId} and version = ${from} returning version`
      const step = Effect.gen(function* () {
        if ((yield* written).length === 0) return false
        if (entries.length > 0) yield* insertEntries(sql, entries)
        return true
      })
      return yield* sql.withTransaction(step)
    }, asStoreError)
  })
})

export const layer: Layer.Layer<SelStore, never, SqlClient.SqlClient> = Layer.effect(SelStore, make)
