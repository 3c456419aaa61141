/** What the last inspection of each node found out. */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

export const inventories = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    create table inventories (
      node_id uuid primary key references nodes (id) on delete cascade,
      inspected_at timestamptz not null,
      inventory jsonb not null
    )`
})
