/**
 * Nodes, and what was last observed of each, apart: the first changes when somebody wants something, the second with
 * every poll. The second is narrow and leaves room on its pages, so that an update moves no index entry (HOT).
 */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

export const nodes = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    create table nodes (
      id uuid primary key,
      created_order bigint generated always as identity unique,
      name text,
      driver text not null,
      settings jsonb not null,
      secrets jsonb not null,
      credential_version integer not null,
      properties jsonb not null,
      extra jsonb not null,
      conductor_group text not null,
      owner text,
      description text,
      resource_class text,
      provision_state text not null,
      desired_power text,
      pending_action text,
      pending_since timestamptz,
      disable_power_off boolean not null,
      operator_maintenance boolean not null,
      maintenance_reason text,
      fault text,
      fault_reason text,
      fault_at timestamptz,
      last_error text,
      version integer not null,
      created_at timestamptz not null,
      updated_at timestamptz,
      constraint nodes_name_key unique (name) deferrable initially immediate
    ) with (fillfactor = 85)`
  yield* sql`comment on column nodes.secrets is 'sealed one by one, see Secrets.ts'`
  yield* sql`
    comment on constraint nodes_name_key on nodes is 'checked at the end of a statement, so that two nodes can swap names'`
  yield* sql`
    create table node_observations (
      node_id uuid primary key references nodes (id) on delete cascade,
      power text,
      observed_at timestamptz,
      failures integer not null
    ) with (fillfactor = 50)`
})
