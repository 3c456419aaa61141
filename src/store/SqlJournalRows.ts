/** How journal entries are written, by whoever writes them in a transaction of its own. */
import * as PgTypes from "@effect/sql-pg/PgTypes"
import * as DateTime from "effect/DateTime"
import type * as SqlClient from "effect/sql/SqlClient"
import type { JournalEntry } from "../domain/JournalEntry.ts"
import * as SqlText from "./SqlText.ts"

const { text, timestamptz, uuid } = PgTypes.OID

/** In one statement; an entry of a node that is gone is left out. */
export const insertEntries = (sql: SqlClient.SqlClient, entries: ReadonlyArray<JournalEntry>) => {
  const column = (of: (entry: JournalEntry) => unknown, oid: number) => SqlText.array(entries.map(of), oid)
  const textColumn = (of: (entry: JournalEntry) => string | null) =>
    column((entry) => {
      const value = of(entry)
      return value === null ? null : SqlText.text(value)
    }, text)
  return sql`
    insert into journal (node_id, at, kind, severity, actor, from_value, to_value, reason)
    select v.node_id, v.at, v.kind, v.severity, v.actor, v.from_value, v.to_value, v.reason
    from unnest(
      ${column(({ nodeId }) => nodeId, uuid)},
      ${column(({ at }) => DateTime.toDateUtc(at), timestamptz)},
      ${column(({ kind }) => kind, text)},
      ${column(({ severity }) => severity, text)},
      ${textColumn(({ actor }) => actor)},
      ${textColumn(({ from }) => from)},
      ${textColumn(({ to }) => to)},
      ${textColumn(({ reason }) => reason)}
    ) with ordinality as v (node_id, at, kind, severity, actor, from_value, to_value, reason, position)
    where v.node_id is null or exists (select from nodes where id = v.node_id)
    order by v.position`
}
