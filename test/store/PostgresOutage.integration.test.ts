/** A server that goes away and comes back while Tutti runs, or isn't there yet when it starts. */
import { expect, layer } from "@effect/vitest"
import { Context, DateTime, Deferred, Effect, Exit, Fiber, Layer, Option, Schedule } from "effect"
import * as SqlClient from "effect/sql/SqlClient"
import { JournalEntry } from "../../src/domain/JournalEntry.ts"
import type { NodeId } from "../../src/domain/Node.ts"
import { Database } from "../../src/store/Database.ts"
import { JournalStore } from "../../src/store/JournalStore.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import { OwnerLock } from "../../src/store/OwnerLock.ts"
import { asStoreError } from "../../src/store/SqlFailure.ts"
import * as Store from "../../src/store/Store.ts"
import { newNode } from "../suites/storeNodes.ts"
import { scratchFolder, writeKeyFile } from "../support/keyFile.ts"
import { postgresServer } from "../support/postgres.ts"
import type { PostgresServer } from "../support/postgres.ts"

class Server extends Context.Service<Server, PostgresServer & { readonly keyFile: string }>()("test/Server") {
  static readonly layer = Layer.effect(
    Server,
    Effect.gen(function* () {
      const server = yield* postgresServer
      return Server.of({ ...server, keyFile: yield* writeKeyFile(yield* scratchFolder, 1) })
    })
  )
}

const stores = (server: Server["Service"], database: string) =>
  Store.layerPostgres({ url: server.url(database), poolSize: 4, keyFile: server.keyFile })

const entry = (nodeId: NodeId, reason: string) =>
  new JournalEntry({
    nodeId,
    at: DateTime.makeUnsafe("2026-11-22T10:11:12.345Z"),
    kind: "PowerChanged",
    severity: "INFO",
    actor: "operator",
    from: null,
    to: null,
    reason
  })

/** Once the effect succeeds; for what comes back by itself within seconds. */
const eventually = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.retry(effect, Schedule.spaced("100 millis").pipe(Schedule.upTo({ duration: "20 seconds" })))

layer(Server.layer, { timeout: "60 seconds", excludeTestServices: true })("A PostgreSQL server", (it) => {
  it.effect(
    "that is killed makes writes fail as unavailable at once, and takes them again when it is back",
    () =>
      Effect.gen(function* () {
        const server = yield* Server
        yield* server.createDatabase("outage")
        yield* Effect.gen(function* () {
          const nodes = yield* NodeStore
          const journal = yield* JournalStore
          const database = yield* Database
          const lock = yield* OwnerLock
          const node = newNode()
          yield* nodes.importAll([node], { update: false })
          const observe = (at: number) =>
            nodes.recordObservations([{ nodeId: node.id, power: "power on", observedAtMillis: at, failures: 0 }])
          const lost = yield* Effect.forkChild(lock.lost)

          yield* server.kill
          const startedAt = performance.now()
          for (const write of [
            observe(1),
            journal.append([entry(node.id, "lost")]),
            Effect.asVoid(nodes.update(node.id, { owner: "lost" })),
            database.check
          ]) {
            expect(yield* Effect.flip(write)).toMatchObject({
              _tag: "StoreError",
              isRetryable: true,
              reason: { _tag: "Unavailable" }
            })
          }
          expect(performance.now() - startedAt).toBeLessThan(5000)

          yield* server.start
          yield* eventually(observe(2))
          yield* eventually(journal.append([entry(node.id, "kept")]))
          yield* database.check
          const record = Option.getOrThrow(yield* nodes.find(node.id))
          expect(record.observation.observedAtMillis).toBe(2)
          expect(record.node.owner).toBeNull()
          expect((yield* journal.list({ nodeId: node.id, limit: 10 })).map((stored) => stored.entry.reason)).toEqual([
            "kept"
          ])
          expect(lost.pollUnsafe()).toBeUndefined()
        }).pipe(Effect.provide(stores(server, "outage")))
      }),
    { timeout: 60_000 }
  )

  it.effect(
    "that is killed within a transaction makes it fail, not die",
    () =>
      Effect.gen(function* () {
        const server = yield* Server
        yield* server.createDatabase("halfway")
        yield* Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          const killed = yield* Deferred.make<void>()
          const transaction = yield* sql`select 1`.pipe(
            Effect.andThen(Deferred.await(killed)),
            Effect.andThen(sql`select 2`),
            sql.withTransaction,
            asStoreError,
            Effect.exit,
            Effect.forkChild
          )
          yield* eventually(sql`select 1 / count(*) from pg_stat_activity where state = 'idle in transaction'`)
          yield* server.kill
          yield* Deferred.succeed(killed, undefined)
          const exit = yield* Fiber.join(transaction)
          expect(Exit.isFailure(exit) && exit.cause.reasons.map((reason) => reason._tag)).toEqual(["Fail"])
          yield* server.start
        }).pipe(Effect.provide(stores(server, "halfway")))
      }),
    { timeout: 60_000 }
  )
})
