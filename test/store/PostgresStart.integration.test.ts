/** Starting on a PostgreSQL server: what keeps Tutti from it, in one line each, and who owns a database. */
import * as fs from "node:fs"
import { expect, layer } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer, Logger, Option, Redacted, References, Schedule } from "effect"
import { DriverInfo } from "../../src/domain/Node.ts"
import { knownVersion } from "../../src/store/DatabaseSchema.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import { OwnerLock } from "../../src/store/OwnerLock.ts"
import type { StartError } from "../../src/store/StartError.ts"
import * as Store from "../../src/store/Store.ts"
import { newNode } from "../suites/storeNodes.ts"
import { scratchFolder, writeKeyFile } from "../support/keyFile.ts"
import { postgresServer } from "../support/postgres.ts"
import type { PostgresServer } from "../support/postgres.ts"

class Server extends Context.Service<Server, PostgresServer & { readonly folder: string }>()("test/Server") {
  static readonly layer = Layer.effect(
    Server,
    Effect.gen(function* () {
      return Server.of({ ...(yield* postgresServer), folder: yield* scratchFolder })
    })
  )
}

interface Given {
  readonly url?: Redacted.Redacted
  /** The bytes of the keys; the first seals. */
  readonly keys?: ReadonlyArray<number>
}

const stores = Effect.fnUntraced(function* (database: string, { url, keys = [1] }: Given = {}) {
  const server = yield* Server
  const keyFile = yield* writeKeyFile(server.folder, ...keys)
  return Store.layerPostgres({ url: url ?? server.url(database), poolSize: 3, keyFile })
})

/** Starts, and stops again at once. */
const startOnce = Effect.fnUntraced(function* (database: string, given: Given = {}) {
  yield* Effect.scoped(Layer.build(yield* stores(database, given)))
})

const reasonOf = <A, R>(effect: Effect.Effect<A, StartError, R>) =>
  Effect.map(Effect.flip(effect), (error) => {
    expect(error.message).not.toContain("\n")
    expect(error.message).toBe(error.reason.message)
    return error.reason
  })

const soon = Schedule.spaced("100 millis").pipe(Schedule.upTo({ duration: "20 seconds" }))

/** Starts once the owner before is gone: a server frees a lock a moment after its connection was closed. */
const whenFree = <A, R>(effect: Effect.Effect<A, StartError, R>) =>
  Effect.retry(effect, { schedule: soon, while: ({ reason }) => reason._tag === "OwnedByAnother" })

layer(Server.layer, { timeout: "60 seconds", excludeTestServices: true })("Starting on a PostgreSQL server", (it) => {
  const timed = { timeout: 60_000 }

  it.effect(
    "names a second owner's predecessor, and lets it in once that is gone",
    () =>
      Effect.gen(function* () {
        const server = yield* Server
        yield* server.createDatabase("owned")
        yield* Effect.gen(function* () {
          const { owner } = yield* OwnerLock
          expect(yield* reasonOf(startOnce("owned"))).toMatchObject({
            _tag: "OwnedByAnother",
            what: `The database at tutti@127.0.0.1:${server.port}/owned`,
            host: owner.host,
            pid: process.pid,
            since: owner.since
          })
        }).pipe(Effect.provide(yield* stores("owned")))
        yield* whenFree(startOnce("owned"))
      }),
    timed
  )

  it.effect(
    "takes its lock again after a restart of the server",
    () =>
      Effect.gen(function* () {
        const server = yield* Server
        yield* server.createDatabase("again")
        yield* Effect.gen(function* () {
          const lock = yield* OwnerLock
          const lost = yield* Effect.forkChild(lock.lost)
          yield* server.kill
          yield* server.start
          const held = Effect.filterOrFail(
            server.query("select count(*) from pg_locks where locktype = 'advisory'", "again"),
            (count) => count === "1"
          )
          yield* Effect.retry(held, soon)
          expect(yield* reasonOf(startOnce("again"))).toMatchObject({ _tag: "OwnedByAnother" })
          expect(lost.pollUnsafe()).toBeUndefined()
        }).pipe(Effect.provide(yield* stores("again")))
      }),
    timed
  )

  it.effect(
    "tells when another took the database over",
    () =>
      Effect.gen(function* () {
        const server = yield* Server
        yield* server.createDatabase("lost")
        yield* Effect.gen(function* () {
          const lock = yield* OwnerLock
          yield* server.query("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'", "lost")
          const other = yield* whenFree(Layer.build(yield* stores("lost")))
          expect(yield* lock.lost).toEqual(Context.get(other, OwnerLock).owner)
        }).pipe(Effect.provide(yield* stores("lost")))
      }),
    timed
  )

  it.effect(
    "waits for a server that is not there yet, with a warning that holds no password",
    () =>
      Effect.gen(function* () {
        const server = yield* Server
        yield* server.createDatabase("late")
        yield* server.kill
        const warned = yield* Deferred.make<string>()
        const logger = Logger.make(({ message, fiber }) => {
          const annotations = JSON.stringify(fiber.getRef(References.CurrentLogAnnotations))
          Deferred.doneUnsafe(warned, Effect.succeed(`${String(message)} ${annotations}`))
        })
        const start = yield* Effect.forkChild(Effect.provide(startOnce("late"), Logger.layer([logger])))
        const warning = yield* Deferred.await(warned)
        expect(warning).toMatch(/The database can't be reached; trying again .*127\.0\.0\.1.*ECONNREFUSED/)
        expect(warning).not.toContain("secret")
        expect(start.pollUnsafe()).toBeUndefined()
        yield* server.start
        yield* Fiber.join(start)
      }),
    timed
  )

  it.effect("tells a refused password and a missing database, and never prints the password", () =>
    Effect.gen(function* () {
      const { port } = yield* Server
      const wrong = Redacted.make(`postgres://tutti:not-the-password@127.0.0.1:${port}/postgres`)
      const refused = yield* reasonOf(startOnce("", { url: wrong }))
      expect(refused).toMatchObject({ _tag: "DatabaseRefused", location: `tutti@127.0.0.1:${port}/postgres` })
      expect(refused.message).toMatch(/password authentication failed/)
      expect(JSON.stringify(refused)).not.toContain("not-the-password")
      const missing = yield* reasonOf(startOnce("nowhere"))
      expect(missing).toMatchObject({ _tag: "DatabaseRefused" })
      expect(missing.message).toMatch(/nowhere/)
    })
  )

  it.effect("refuses a URL that is none", () =>
    Effect.gen(function* () {
      for (const url of ["127.0.0.1:5432", "mysql://u:hidden@h/d", "postgres://127.0.0.1/d"]) {
        const reason = yield* reasonOf(startOnce("", { url: Redacted.make(url) }))
        expect(reason._tag).toBe("AddressInvalid")
        expect(reason.message).not.toContain("hidden")
      }
    })
  )

  it.effect("refuses a schema that a newer build made, and leaves it as it is", () =>
    Effect.gen(function* () {
      const server = yield* Server
      yield* server.createDatabase("newer")
      yield* startOnce("newer")
      yield* server.query("insert into tutti_migrations (migration_id, name) values (99, 'of_tomorrow')", "newer")
      const reason = yield* reasonOf(whenFree(startOnce("newer")))
      expect(reason).toMatchObject({ _tag: "NewerSchema", found: 99, known: knownVersion })
      expect(reason.message).toContain("99")
      expect(reason.message).toContain(`${knownVersion}`)
      expect(yield* server.query("select max(migration_id) from tutti_migrations", "newer")).toBe("99")
    })
  )

  it.effect("refuses a wrong key, a key open to others, and no key", () =>
    Effect.gen(function* () {
      const server = yield* Server
      yield* server.createDatabase("keyed")
      yield* startOnce("keyed", { keys: [1] })
      const wrong = yield* reasonOf(whenFree(startOnce("keyed", { keys: [2] })))
      expect(wrong).toMatchObject({ _tag: "WrongKey" })
      expect(wrong.message).toContain(`${server.folder}/key-2`)

      const open = yield* writeKeyFile(server.folder, 1)
      fs.chmodSync(open, 0o644)
      const options = { url: server.url("keyed"), poolSize: 1 }
      const built = (keyFile: string | null) => Effect.scoped(Layer.build(Store.layerPostgres({ ...options, keyFile })))
      expect((yield* reasonOf(built(open))).message).toMatch(/open to others: run "chmod 600/)
      expect((yield* reasonOf(built(`${server.folder}/nothing`))).message).toMatch(/can't be read: ENOENT/)
      expect((yield* reasonOf(built(null))).message).toMatch(/TUTTI_SECRET_KEY_FILE/)
      fs.chmodSync(open, 0o600)
    })
  )

  it.effect("seals everything anew with a new first key, so that the old one can go", () =>
    Effect.gen(function* () {
      const server = yield* Server
      yield* server.createDatabase("rotated")
      const password = Redacted.make("kept through it all")
      const node = newNode({ driverInfo: new DriverInfo({ settings: {}, secrets: { ipmi_password: password } }) })
      const importNode = Effect.flatMap(NodeStore, (nodes) => nodes.importAll([node], { update: false }))
      yield* Effect.provide(importNode, yield* stores("rotated", { keys: [1] }))
      const sealed = yield* server.query("select secrets from nodes", "rotated")
      yield* whenFree(startOnce("rotated", { keys: [2, 1] }))
      expect(yield* server.query("select secrets from nodes", "rotated")).not.toBe(sealed)
      const read = Effect.orDie(Effect.flatMap(NodeStore, (nodes) => nodes.find(node.id)))
      const record = yield* whenFree(Effect.provide(read, yield* stores("rotated", { keys: [2] })))
      expect(Option.getOrThrow(record).node).toMatchObject({ version: 1, credentialVersion: 1 })
      const secret = Option.getOrThrow(record).node.driverInfo.secrets["ipmi_password"]
      expect(secret === undefined ? undefined : Redacted.value(secret)).toBe("kept through it all")
      expect(yield* reasonOf(whenFree(startOnce("rotated", { keys: [1] })))).toMatchObject({ _tag: "WrongKey" })
    })
  )
})
