/** What was learned of each BMC by talking to it. */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

export const bmcProfiles = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    create table bmc_profiles (
      node_id uuid primary key references nodes (id) on delete cascade,
      profile jsonb not null
    )`
})
