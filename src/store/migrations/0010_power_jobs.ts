/**
 * Power jobs and each node's part of them. A part has no foreign key to its node: it tells what was done also when the
 * node is gone.
 */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

export const powerJobs = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    create table power_jobs (
      id uuid primary key,
      number bigint generated always as identity,
      action text not null,
      selection text not null,
      options jsonb not null,
      actor text not null,
      nodes integer not null,
      state text not null,
      requested_at timestamptz not null,
      ended_at timestamptz
    )`
  yield* sql`
    create table power_job_parts (
      job_id uuid not null references power_jobs (id) on delete cascade,
      position integer not null,
      node_id uuid not null,
      node text not null,
      state text not null,
      detail text,
      begun_at timestamptz,
      ended_at timestamptz,
      primary key (job_id, position)
    ) with (fillfactor = 70)`
})
