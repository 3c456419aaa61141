/**
 * Brings the database to what this build expects, at every start: refuses one that a newer build wrote, migrates an older
 * one, and makes sure that the secrets key is the one it was sealed with. Each step changes all it has to, or nothing.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Migrator from "effect/sql/Migrator"
import * as SqlClient from "effect/sql/SqlClient"
import { isSqlError } from "effect/sql/SqlError"
import type { SqlError } from "effect/sql/SqlError"
import { nodes } from "./migrations/0001_nodes.ts"
import { journal } from "./migrations/0002_journal.ts"
import { bmcProfiles } from "./migrations/0003_bmc_profiles.ts"
import { meta } from "./migrations/0004_meta.ts"
import { nodeDetails } from "./migrations/0005_node_details.ts"
import { leases } from "./migrations/0006_leases.ts"
import { sensors } from "./migrations/0007_sensors.ts"
import { portsAndChassis } from "./migrations/0008_ports_and_chassis.ts"
import { inventories } from "./migrations/0009_inventories.ts"
import { powerJobs } from "./migrations/0010_power_jobs.ts"
import { settings } from "./migrations/0011_settings.ts"
import { open, seal, sealedWith, SecretKey } from "./Secrets.ts"
import { sealAnew } from "./SecretRotation.ts"
import { MigrationFailed, NewerSchema, StartError, WrongKey } from "./StartError.ts"

const migrations = {
  "0001_nodes": nodes,
  "0002_journal": journal,
  "0003_bmc_profiles": bmcProfiles,
  "0004_meta": meta,
  "0005_node_details": nodeDetails,
  "0006_leases": leases,
  "0007_sensors": sensors,
  "0008_ports_and_chassis": portsAndChassis,
  "0009_inventories": inventories,
  "0010_power_jobs": powerJobs,
  "0011_settings": settings
}

/** The schema's version that this build reads and writes: the number of its last migration. */
export const knownVersion = Math.max(...Object.keys(migrations).map((name) => Number.parseInt(name, 10)))

const table = "tutti_migrations"

const foundVersion = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [exists] = yield* sql`select 1 where to_regclass(${table}) is not null`
  if (exists === undefined) return 0
  const [row] = yield* sql<{ readonly found: number | null }>`
    select max(migration_id) as found from ${sql(table)}`
  return row?.found ?? 0
})

/** Migrates, or fails with `NewerSchema`; never migrates down. */
const migrate = Effect.gen(function* () {
  const found = yield* foundVersion
  if (found > knownVersion) {
    return yield* new StartError({ reason: new NewerSchema({ found, known: knownVersion }) })
  }
  const done = yield* Migrator.make({})({ loader: Migrator.fromRecord(migrations), table })
  if (Arr.isReadonlyArrayNonEmpty(done)) {
    yield* Effect.logInfo("The database's schema was brought up to date").pipe(
      Effect.annotateLogs({ from: found, to: knownVersion })
    )
  }
}).pipe(
  Effect.catchTag("MigrationError", (error) =>
    Effect.fail(
      isSqlError(error.cause) ? error.cause : new StartError({ reason: new MigrationFailed({ detail: error.message }) })
    )
  )
)

const canary = { owner: "database", field: "canary" }

/** Fails with `WrongKey` when no key opens the canary; seals everything anew when not the first key sealed it. */
const checkKey = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const ring = yield* SecretKey
  const write = sql`
    insert into meta (name, value) values (${canary.field}, ${seal(ring, canary, Redacted.make("sings"))})
    on conflict (name) do update set value = excluded.value`
  const [stored] = yield* sql<{ readonly value: string }>`select value from meta where name = ${canary.field}`
  if (stored === undefined) {
    yield* write
  } else if (open(ring, canary, stored.value) === undefined) {
    return yield* new StartError({ reason: new WrongKey({ keyFile: ring.file }) })
  } else if (sealedWith(ring, stored.value) !== ring.keys[0]) {
    const count = yield* sql.withTransaction(Effect.tap(sealAnew, write))
    yield* Effect.logInfo("All secrets were sealed anew with the first key of the key file").pipe(
      Effect.annotateLogs({ nodes: count })
    )
  }
})

/** Safe to be done again when the database goes away in between. */
export const prepare: Effect.Effect<void, StartError | SqlError, SqlClient.SqlClient | SecretKey> = Effect.andThen(
  migrate,
  checkKey
)
