/**
 * The two ways to a database: a PostgreSQL server by its URL, or one that is embedded in this process and kept in a
 * folder. Either way it is owned by this process alone, its schema is what this build expects, and its secrets can be
 * opened, once the layer is built; and a single client speaks to it.
 *
 * A server that can't be reached at the start is tried again for as long as it takes, with a warning each time. One that
 * goes away later makes operations fail with `Unavailable`, and nothing else.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as DataFolder from "./DataFolder.ts"
import * as DatabaseSchema from "./DatabaseSchema.ts"
import * as FolderLock from "./FolderLock.ts"
import { OwnerLock } from "./OwnerLock.ts"
import * as PgliteHost from "./PgliteHost.ts"
import * as PostgresAddress from "./PostgresAddress.ts"
import * as PostgresLock from "./PostgresLock.ts"
import * as SecretKeyFile from "./SecretKeyFile.ts"
import type { SecretKey } from "./Secrets.ts"
import { asStoreError, brokenRollbackFails, failureFields, isPassing } from "./SqlFailure.ts"
import { DatabaseRefused, KeyUnusable, MigrationFailed, StartError } from "./StartError.ts"
import type { StoreError } from "./StoreError.ts"

/** Which database it is, for people. */
export class Database extends Context.Service<
  Database,
  {
    readonly kind: "embedded" | "postgres"
    /** The folder, or `USER@HOST:PORT/DATABASE`. */
    readonly location: string
    /** Asks the database for a sign of life. Fails with `Unavailable`. */
    readonly check: Effect.Effect<void, StoreError>
  }
>()("tutti/store/Database") {}

export type DatabaseServices = Database | OwnerLock | PgClient.PgClient | SecretKey | SqlClient.SqlClient

const slowestRetry = Duration.seconds(10)

/**
 * The password was refused (28), there is no such database (3D), or no right to it (42501); or it is a pooler that takes
 * no settings at the start (08P01), over which an advisory lock would not hold either.
 */
const refusing = /^(?:28|3D|42501|08P01)/

/** Tries again while the database can't be reached, for ever; anything else is why it can't be started. */
const whileUnreachable = <A, R>(
  location: string,
  effect: Effect.Effect<A, SqlError | StartError, R>
): Effect.Effect<A, StartError, R> => {
  const attempt = (delay: Duration.Duration): Effect.Effect<A, StartError, R> =>
    effect.pipe(
      brokenRollbackFails,
      Effect.catchTag("SqlError", (error): Effect.Effect<A, StartError, R> => {
        const { code, message: detail } = failureFields(error)
        if (error.reason._tag === "AuthenticationError" || refusing.test(code ?? "")) {
          return Effect.fail(new StartError({ reason: new DatabaseRefused({ location, detail }) }))
        }
        if (!isPassing(error)) return Effect.fail(new StartError({ reason: new MigrationFailed({ detail }) }))
        return Effect.logWarning("The database can't be reached; trying again").pipe(
          Effect.annotateLogs({ location, reason: detail, inSeconds: Duration.toSeconds(delay) }),
          Effect.andThen(Effect.sleep(delay)),
          Effect.andThen(attempt(Duration.min(Duration.times(delay, 2), slowestRetry)))
        )
      })
    )
  return attempt(Duration.seconds(1))
}

/** What comes last: the schema, then the service. */
const layerDatabase = (kind: "embedded" | "postgres", location: string) =>
  Layer.effect(
    Database,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* whileUnreachable(location, DatabaseSchema.prepare)
      return Database.of({ kind, location, check: sql`select 1`.pipe(Effect.asVoid, asStoreError) })
    })
  )

/** The longest statements of ours, a thousand nodes of an import or pruning a long journal, take some seconds. */
const statementTimeout = "30s"

/** To connect, sign in and be ready; an operation that finds no server fails after at most so long. */
const connectTimeout = Duration.seconds(5)

export interface PostgresOptions {
  readonly url: Redacted.Redacted
  /** Connections at most, beside the one that holds the owner's lock. */
  readonly poolSize: number
  /** Null fails with `KeyUnusable`: a key is not made up for a database that others keep. */
  readonly keyFile: string | null
}

export const layerPostgres = ({ url, poolSize, keyFile }: PostgresOptions): Layer.Layer<DatabaseServices, StartError> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const location = yield* PostgresAddress.describe(url)
      if (keyFile === null) {
        return yield* new StartError({ reason: new KeyUnusable({ detail: keyMissing }) })
      }
      const connection = { url, applicationName: "tutti", connectTimeout, keepAlive: Duration.seconds(10) }
      const client = PgClient.layer({
        ...connection,
        maxConnections: poolSize,
        startupParameters: { statement_timeout: statementTimeout, idle_in_transaction_session_timeout: "60s" }
      }).pipe(Layer.orDie) // a pool is made without a connection
      const lock = Layer.effect(
        OwnerLock,
        whileUnreachable(
          location,
          PostgresLock.make({ ...connection, startupParameters: PostgresLock.sessionParameters }, location)
        )
      )
      return layerDatabase("postgres", location).pipe(
        Layer.provideMerge(client),
        Layer.provideMerge(lock),
        Layer.provideMerge(SecretKeyFile.layer(keyFile))
      )
    })
  )

const keyMissing =
  "A database URL is given and no secrets key (TUTTI_SECRET_KEY_FILE): make one with " +
  '"(umask 077; openssl rand -hex 32 > FILE)" and keep a copy of it.'

/** PGlite runs no autovacuum. Once an hour keeps the space of deleted rows in use; 0.2 s for 10,000 nodes. */
const vacuumEvery = Duration.hours(1)

/** Vacuums an embedded database from time to time. */
export const layerUpkeep: Layer.Layer<never, never, SqlClient.SqlClient> = Layer.effectDiscard(
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const upkeep: Effect.Effect<void> = sql`vacuum (analyze)`.pipe(
      Effect.catch((error) =>
        Effect.logWarning("The embedded database could not be vacuumed").pipe(
          Effect.annotateLogs({ reason: failureFields(error).message })
        )
      ),
      Effect.delay(vacuumEvery),
      Effect.forever
    )
    yield* Effect.forkScoped(upkeep)
  })
)

export interface EmbeddedOptions {
  readonly dataDir: string
  /** The entry file of the worker; left out, it is found beside this code. */
  readonly workerUrl?: URL
  /** Left out or null, a key is made in the folder. */
  readonly keyFile?: string | null
}

export const layerEmbedded = ({
  dataDir,
  workerUrl = PgliteHost.defaultWorkerUrl,
  keyFile = null
}: EmbeddedOptions): Layer.Layer<DatabaseServices, StartError> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const folder = yield* DataFolder.prepare(dataDir)
      const key =
        keyFile === null
          ? SecretKeyFile.layerMade({ file: folder.keyFile, databaseFolder: folder.database })
          : SecretKeyFile.layer(keyFile)
      return layerUpkeep.pipe(
        Layer.provideMerge(layerDatabase("embedded", folder.path)),
        Layer.provideMerge(layerPglite({ folder: folder.database, template: null, workerUrl })),
        Layer.provideMerge(key),
        Layer.provideMerge(FolderLock.layer(folder))
      )
    })
  )

/** A client of an embedded database alone, with no lock, schema or key: for tests, which keep it in memory. */
export const layerPglite = (
  options: PgliteHost.PgliteOptions
): Layer.Layer<PgClient.PgClient | SqlClient.SqlClient, StartError> =>
  PgClient.layerFrom(
    Effect.flatMap(PgliteHost.make(options), ({ connect }) =>
      PgClient.make({
        stream: connect,
        username: "postgres",
        database: "postgres",
        // enough for statements to go on beside a transaction that is being prepared
        maxConnections: 4,
        // an interrupted statement is then let go, rather than cancelled, which an embedded database can't
        multiplex: true,
        // statements prepared on a connection would outlive it, since the session is shared; saves 0.05 ms each
        prepare: false,
        // a connection waits for the transaction of another
        connectTimeout: "30 seconds"
      }).pipe(Effect.orDie)
    )
  )
