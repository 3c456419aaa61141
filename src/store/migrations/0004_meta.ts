/** Facts of the database as a whole, by name: the sealed canary. */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"

export const meta = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`create table meta (name text primary key, value text not null)`
})
