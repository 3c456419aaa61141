/**
 * `OwnerLock` of a PostgreSQL database: an advisory lock on a connection of its own, which the server gives free when the
 * connection or its process is gone, and a row that says who has it.
 *
 * The connection is asked for a sign of life every few seconds. When it is lost, the lock is taken again as soon as the
 * database answers; only if the row then names another was it lost. The row's table is not the schema's: it must be
 * understood before the schema's version is known, by older and newer builds alike.
 */
import { randomUUID } from "node:crypto"
import { hostname } from "node:os"
import * as PgConnection from "@effect/sql-pg/PgConnection"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { ConnectionError, SqlError } from "effect/sql/SqlError"
import { ownedByAnother, OwnerLock } from "./OwnerLock.ts"
import type { Owner } from "./OwnerLock.ts"
import type { StartError } from "./StartError.ts"

/** "Tutt" and one: the number of the lock, one of the database's own. */
const lockKey = "1416983668, 1"

const checkEvery = Duration.seconds(5)
const checkWithin = Duration.seconds(5)
const retryAfter = Duration.seconds(1)

/** Tries after which a lock that tells no owner is somebody else's. */
const settleTries = 10

/** A server that lost its client without a word ends the session, and frees the lock, within 20 s. */
export const sessionParameters = {
  tcp_keepalives_idle: "5",
  tcp_keepalives_interval: "5",
  tcp_keepalives_count: "3"
}

const OwnerRow = Schema.Struct({
  token: Schema.String,
  host: Schema.String,
  pid: Schema.Int,
  since: Schema.DateTimeUtcFromDate
})
const decodeRow = Schema.decodeUnknownOption(OwnerRow)

const silent = new SqlError({
  reason: new ConnectionError({ cause: new Error("No sign of life"), message: "No sign of life", operation: "query" })
})

const ownerOf = (row: typeof OwnerRow.Type): Owner => ({
  host: row.host,
  pid: row.pid,
  since: DateTime.formatIso(row.since)
})

const unknownOwner: Owner = { host: "another machine", pid: 0, since: "an unknown time" }

/** Whose the database is after a try: nobody's name means that it is ours, `Unsettled` that it will soon tell. */
type Outcome =
  | { readonly _tag: "Owned" }
  | { readonly _tag: "Unsettled" }
  | { readonly _tag: "Taken"; readonly by: Owner }

/** Fails with `OwnedByAnother`, or with what keeps the database from being reached. */
export const make = Effect.fn("PostgresLock.make")(function* (
  config: PgConnection.Config,
  location: string
): Effect.fn.Return<OwnerLock["Service"], StartError | SqlError, Scope.Scope> {
  const token = randomUUID()
  const since = yield* DateTime.now
  const owner: Owner = { host: hostname(), pid: process.pid, since: DateTime.formatIso(since) }

  const readRow = Effect.fnUntraced(function* (connection: PgConnection.PgConnection) {
    const { rows: tables } = yield* connection.query("select 1 where to_regclass('database_owner') is not null")
    if (tables.length === 0) return undefined
    const { rows } = yield* connection.query("select token, host, pid, since from database_owner")
    return Option.getOrUndefined(decodeRow(rows[0]))
  })
  const writeRow = Effect.fnUntraced(function* (connection: PgConnection.PgConnection) {
    yield* connection.query(
      `create table if not exists database_owner (
         singleton boolean primary key default true check (singleton),
         token text not null, host text not null, pid integer not null, since timestamptz not null
       )`
    )
    yield* connection.query(
      `insert into database_owner (token, host, pid, since) values ($1, $2, $3, $4)
       on conflict (singleton) do update
       set token = excluded.token, host = excluded.host, pid = excluded.pid, since = excluded.since`,
      [token, owner.host, owner.pid, DateTime.toDateUtc(since)]
    )
  })

  const take = Effect.fnUntraced(function* (
    connection: PgConnection.PgConnection,
    first: boolean
  ): Effect.fn.Return<Outcome, SqlError> {
    const { rows } = yield* connection.query(`select pg_try_advisory_lock(${lockKey}) as locked`)
    const row = yield* readRow(connection)
    if (rows[0]?.["locked"] === true) {
      if (!first && row !== undefined && row.token !== token) return { _tag: "Taken", by: ownerOf(row) }
      yield* writeRow(connection)
      return { _tag: "Owned" }
    }
    if (row !== undefined && row.token !== token) return { _tag: "Taken", by: ownerOf(row) }
    if (row !== undefined) {
      // our own earlier session, whose end the server hasn't noticed
      yield* connection.query(
        `select pg_terminate_backend(pid) from pg_locks
         where locktype = 'advisory' and (classid, objid, objsubid) = (${lockKey}, 2)
           and database = (select oid from pg_database where datname = current_database())`
      )
    }
    return { _tag: "Unsettled" }
  })

  const owned = yield* Deferred.make<void, StartError | SqlError>()
  const lost = yield* Deferred.make<Owner | null>()

  /** One connection: until it breaks, or another has the database, whose name is the answer. */
  const session = (first: boolean): Effect.Effect<Owner, SqlError> =>
    Effect.gen(function* () {
      const connection = yield* PgConnection.make(config)
      let outcome = yield* take(connection, first)
      for (let tries = 1; outcome._tag === "Unsettled" && tries < settleTries; tries++) {
        yield* Effect.sleep(retryAfter)
        outcome = yield* take(connection, first)
      }
      if (outcome._tag !== "Owned") return outcome._tag === "Taken" ? outcome.by : unknownOwner
      yield* Deferred.succeed(owned, undefined)
      while (true) {
        yield* Effect.sleep(checkEvery)
        yield* connection
          .query("select 1")
          .pipe(Effect.timeoutOrElse({ duration: checkWithin, orElse: () => Effect.fail(silent) }))
      }
    }).pipe(Effect.scoped)

  const keep: Effect.Effect<void> = Effect.gen(function* () {
    let first = true
    while (true) {
      const end = yield* Effect.exit(session(first))
      if (!Deferred.isDoneUnsafe(owned)) {
        return yield* Effect.asVoid(
          Exit.isSuccess(end)
            ? Deferred.fail(owned, ownedByAnother(`The database at ${location}`, end.value))
            : Deferred.failCause(owned, end.cause)
        )
      }
      if (Exit.isSuccess(end)) return yield* Effect.asVoid(Deferred.succeed(lost, end.value))
      if (first) yield* Effect.logWarning("The connection that holds the database's lock broke; taking the lock again")
      first = false
      yield* Effect.sleep(retryAfter)
    }
  })
  yield* Effect.forkScoped(keep)
  yield* Deferred.await(owned)
  return OwnerLock.of({ owner, lost: Deferred.await(lost) })
})
