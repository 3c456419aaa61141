/** The journal: append-only, read newest first, by node or whole. */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

export const journal = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    create table journal (
      id bigint generated always as identity primary key,
      node_id uuid references nodes (id) on delete cascade,
      at timestamptz not null,
      kind text not null,
      severity text not null,
      actor text not null,
      from_value text,
      to_value text,
      reason text
    )`
  yield* sql`create index journal_node on journal (node_id, id)`
})
