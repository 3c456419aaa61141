/** `ProfileStore` in PostgreSQL, real or embedded. */
import * as PgTypes from "@effect/sql-pg/PgTypes"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import { ProfileStore, ProfileStoreError } from "../bmc/ProfileStore.ts"
import { BmcProfile } from "../domain/BmcProfile.ts"
import { NodeId } from "../domain/Node.ts"
import { asStoreError } from "./SqlFailure.ts"
import type { StoreError } from "./StoreError.ts"
import * as SqlText from "./SqlText.ts"

const Row = Schema.Struct({ nodeId: NodeId, profile: BmcProfile })
const decodeRow = Schema.decodeUnknownOption(Row)
const encodeProfile = Schema.encodeSync(BmcProfile)

const asProfileStoreError = <A>(operation: Effect.Effect<A, StoreError>): Effect.Effect<A, ProfileStoreError> =>
  Effect.mapError(operation, ({ message }) => new ProfileStoreError({ message }))

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return ProfileStore.of({
    all: sql`select node_id as "nodeId", profile from bmc_profiles`.pipe(
      Effect.map((rows) => rows.flatMap((row) => Option.toArray(decodeRow(row)))),
      asStoreError,
      asProfileStoreError
    ),
    save: Effect.fn("ProfileStore.save")((profiles) => {
      const ids = SqlText.array(
        profiles.map(({ nodeId }) => nodeId),
        PgTypes.OID.uuid
      )
      const texts = profiles.map(({ profile }) => SqlText.json(encodeProfile(profile)))
      return sql`
        insert into bmc_profiles (node_id, profile)
        select n.id, v.profile::jsonb
        from unnest(${ids}, ${SqlText.array(texts, PgTypes.OID.text)}) as v (node_id, profile)
        join nodes n on n.id = v.node_id
        for key share of n
        on conflict (node_id) do update set profile = excluded.profile`.pipe(
        Effect.asVoid,
        asStoreError,
        asProfileStoreError
      )
    })
  })
})

export const layer: Layer.Layer<ProfileStore, never, SqlClient.SqlClient> = Layer.effect(ProfileStore, make)
