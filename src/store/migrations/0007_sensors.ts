/**
 * Sensors and event logs. Values change with every round, and are a narrow row a node that leaves room on its page; what
 * sensors are (names, units, thresholds) is the same for servers of a kind, and kept once for all of them.
 */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

export const sensors = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    create table sensor_sheets (
      id text primary key,
      sheet jsonb not null
    )`
  yield* sql`
    create table sensor_values (
      node_id uuid primary key references nodes (id) on delete cascade,
      read_at timestamptz not null,
      sheet_id text not null references sensor_sheets (id),
      reading json not null
    ) with (fillfactor = 50)`
  yield* sql`comment on column sensor_values.reading is 'see CompactValues.ts; jsonb would take twice the room'`
  yield* sql`
    create table sel_positions (
      node_id uuid primary key references nodes (id) on delete cascade,
      position jsonb not null,
      version integer not null
    )`
})
