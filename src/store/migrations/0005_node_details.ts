/** What a node is beside its power: chassis, traits, protection, retirement, and the times of its provisioning. */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

export const nodeDetails = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    alter table nodes
      add column chassis_id uuid,
      add column traits jsonb not null default '[]',
      add column protected boolean not null default false,
      add column protected_reason text,
      add column retired boolean not null default false,
      add column retired_reason text,
      add column target_provision_state text,
      add column provision_updated_at timestamptz,
      add column inspection_started_at timestamptz,
      add column inspection_finished_at timestamptz`
})
