/**
 * Who may act on which node until when, and the conductors with their last signs of life. A lease's token comes from one
 * sequence for all nodes, so that none is ever given twice, whatever is deleted.
 */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

export const leases = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`create sequence lease_fences`
  yield* sql`
    create table node_leases (
      node_id uuid primary key references nodes (id) on delete cascade,
      holder text not null,
      purpose text not null,
      since timestamptz not null,
      expires_at timestamptz not null,
      fence bigint not null
    ) with (fillfactor = 70)`
  yield* sql`
    create table conductors (
      hostname text primary key,
      version text not null,
      groups jsonb not null,
      drivers jsonb not null,
      created_at timestamptz not null,
      started_at timestamptz not null,
      heartbeat_at timestamptz not null,
      online boolean not null
    )`
})
