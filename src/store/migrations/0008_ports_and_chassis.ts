/**
 * Ports and chassis. A node that goes takes its ports along; a chassis that nodes stand in can't go. A page of either is read
 * in the order of creation, or sorted by another column.
 */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

export const portsAndChassis = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    create table chassis (
      id uuid primary key,
      created_order bigint generated always as identity unique,
      description text,
      extra jsonb not null,
      created_at timestamptz not null,
      updated_at timestamptz
    )`
  yield* sql`
    create table ports (
      id uuid primary key,
      created_order bigint generated always as identity unique,
      node_id uuid not null references nodes (id) on delete cascade,
      address text not null constraint ports_address_key unique,
      extra jsonb not null,
      local_link_connection jsonb not null,
      pxe_enabled boolean not null,
      physical_network text,
      is_smartnic boolean not null,
      created_at timestamptz not null,
      updated_at timestamptz
    )`
  yield* sql`create index ports_node on ports (node_id)`
  yield* sql`
    alter table nodes add constraint nodes_chassis_fkey foreign key (chassis_id) references chassis (id)`
  yield* sql`create index nodes_chassis on nodes (chassis_id) where chassis_id is not null`
})
