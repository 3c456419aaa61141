/** `SettingsStore` in PostgreSQL, real or embedded. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import { SettingsStore } from "./SettingsStore.ts"
import { asStoreError } from "./SqlFailure.ts"
import { causeText } from "./StartError.ts"
import { StoreError, Unreadable } from "./StoreError.ts"

const Row = Schema.Struct({
  name: Schema.String,
  value: Schema.String,
  actor: Schema.String,
  at: Schema.DateTimeUtcFromDate
})
const decodeRows = Schema.decodeUnknownResult(Schema.Array(Row))

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return SettingsStore.of({
    all: Effect.gen(function* () {
      const decoded = decodeRows(yield* sql`select name, value, actor, at from settings order by name collate "C"`)
      if (Result.isSuccess(decoded)) return decoded.success
      const message = `A stored setting can't be understood: ${causeText(decoded.failure)}`
      return yield* new StoreError({ reason: new Unreadable({ message }) })
    }).pipe(asStoreError),

    put: Effect.fn("SettingsStore.put")(({ actor, at, name, value }) =>
      sql`
        insert into settings (name, value, actor, at) values (${name}, ${value}, ${actor}, ${DateTime.toDateUtc(at)})
        on conflict (name) do update set value = excluded.value, actor = excluded.actor, at = excluded.at`.pipe(
        Effect.asVoid,
        asStoreError
      )
    ),

    remove: Effect.fn("SettingsStore.remove")((name) =>
      sql`delete from settings where name = ${name}`.pipe(Effect.asVoid, asStoreError)
    )
  })
})

export const layer: Layer.Layer<SettingsStore, never, SqlClient.SqlClient> = Layer.effect(SettingsStore, make)
