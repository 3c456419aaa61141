/** A page of a table in PostgreSQL that has an `id` and a `created_order`, from after its marker on. */
import * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { Fragment } from "effect/sql/Statement"
import { limitOf, type PageQuery } from "./PageQuery.ts"
import type { StoreError } from "./StoreError.ts"

interface Place {
  readonly created_order: bigint
  readonly key: string | null
}

/** `keys`: what each sort key is in SQL, a text or null. `gone`: the failure when the marker is. */
export const selectPage = <Key extends string>(
  sql: SqlClient,
  table: string,
  query: PageQuery<Key>,
  options: {
    readonly keys: { readonly [K in Key]: string }
    readonly conditions: ReadonlyArray<Fragment>
    readonly gone: (marker: string) => StoreError
  }
): Effect.Effect<ReadonlyArray<object>, SqlError | StoreError> =>
  Effect.gen(function* () {
    const { descending = false, marker, sortBy } = query
    const key = sql.literal(sortBy === undefined ? "null::text" : `${options.keys[sortBy]} collate "C"`)
    const beyond = sql.literal(descending ? "<" : ">")
    const direction = sql.literal(descending ? "desc" : "asc")
    const conditions = [sql`true`, ...options.conditions]
    if (marker !== undefined) {
      const [place] = yield* sql<Place>`
        select created_order, ${key} as key from ${sql(table)} where id = ${marker}`
      if (place === undefined) return yield* options.gone(marker)
      conditions.push(
        sql`(${key} is null, coalesce(${key}, ''), created_order)
          ${beyond} (${place.key === null}::boolean, ${place.key ?? ""}::text, ${place.created_order}::bigint)`
      )
    }
    return yield* sql`
      select * from ${sql(table)} where ${sql.and(conditions)}
      order by ${key} is null ${direction}, coalesce(${key}, '') ${direction}, created_order ${direction}
      limit ${limitOf(query)}`
  })
