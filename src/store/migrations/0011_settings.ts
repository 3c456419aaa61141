/** Options that were changed while the conductor ran. */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

export const settings = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    create table settings (
      name text primary key,
      value text not null,
      actor text not null,
      at timestamptz not null
    )`
})
