import { expect, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as SqlClient from "effect/sql/SqlClient"
import * as Database from "../../src/store/Database.ts"
import { layerStores } from "../support/pglite.ts"

layer(layerStores, { timeout: "60 seconds", excludeTestServices: true })("An embedded database", (it) => {
  it.effect("is vacuumed once an hour", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* Layer.build(Database.layerUpkeep)
      // -1 until a vacuum counted the rows
      const counted = Effect.map(sql`select reltuples from pg_class where relname = 'nodes'`, ([row]) => row)
      yield* TestClock.adjust("59 minutes")
      expect(yield* counted).toEqual({ reltuples: -1 })
      yield* TestClock.adjust("1 minute")
      expect(yield* Effect.repeat(counted, { until: (row) => row?.["reltuples"] !== -1 })).toEqual({ reltuples: 0 })
    }).pipe(Effect.provide(TestClock.layer()))
  )
})
