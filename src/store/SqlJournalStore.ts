/** `JournalStore` in PostgreSQL, real or embedded. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import type * as Statement from "effect/sql/Statement"
import { JournalEntry } from "../domain/JournalEntry.ts"
import { JournalStore } from "./JournalStore.ts"
import { asStoreError, failureFields } from "./SqlFailure.ts"
import { insertEntries } from "./SqlJournalRows.ts"
import { causeText } from "./StartError.ts"
import { StoreError, Unreadable } from "./StoreError.ts"

const Row = Schema.Struct({
  id: Schema.BigInt,
  nodeId: JournalEntry.fields.nodeId,
  at: Schema.DateTimeUtcFromDate,
  kind: JournalEntry.fields.kind,
  severity: JournalEntry.fields.severity,
  actor: JournalEntry.fields.actor,
  from: JournalEntry.fields.from,
  to: JournalEntry.fields.to,
  reason: JournalEntry.fields.reason
})
const decodeRows = Schema.decodeUnknownResult(Schema.Array(Row))

/** A node was deleted between the statement's look at it and its insert: at the next try it is left out. */
const foreignKeyViolation = "23503"

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  return JournalStore.of({
    append: Effect.fn("JournalStore.append")((entries) =>
      entries.length === 0
        ? Effect.void
        : insertEntries(sql, entries).pipe(
            Effect.retry({ times: 3, while: (error) => failureFields(error).code === foreignKeyViolation }),
            Effect.asVoid,
            asStoreError
          )
    ),

    list: Effect.fn("JournalStore.list")(function* ({ nodeId, before, limit }) {
      const rows = yield* sql`
        select id, node_id as "nodeId", at, kind, severity, actor, from_value as "from", to_value as "to", reason
        from journal
        where ${sql.and([
          sql`true`,
          ...(nodeId === undefined ? [] : [sql`node_id = ${nodeId}`]),
          ...(before === undefined ? [] : [sql`id < ${before}`])
        ])}
        order by id desc limit ${limit}`
      const decoded = decodeRows(rows)
      if (Result.isFailure(decoded)) {
        const message = `A journal entry can't be understood: ${causeText(decoded.failure)}`
        return yield* new StoreError({ reason: new Unreadable({ message }) })
      }
      return decoded.success.map(({ id, ...entry }) => ({
        id: Number(id),
        entry: new JournalEntry(entry, { disableChecks: true })
      }))
    }, asStoreError),

    prune: Effect.fn("JournalStore.prune")(function* ({ keepPerNode, limit }) {
      // Node by node along the index, and no further than the limit: the whole table is never sorted.
      const surplus = (whose: Statement.Fragment) =>
        sql`select id from (select id from journal where ${whose} order by id desc offset ${keepPerNode}) older
            order by id`
      const gone = yield* sql`
        delete from journal where id in (
          select id from (${surplus(sql`node_id is null`)}) of_none
          union all
          select older.id from nodes n cross join lateral (${surplus(sql`node_id = n.id`)}) older
          limit ${limit}
        ) returning id`
      return gone.length
    }, asStoreError)
  })
})

export const layer: Layer.Layer<JournalStore, never, SqlClient.SqlClient> = Layer.effect(JournalStore, make)
