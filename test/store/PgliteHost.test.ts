/** The embedded database behind its thread: connections that share one session, and a thread that ends. */
import { expect, layer } from "@effect/vitest"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as PgConnection from "@effect/sql-pg/PgConnection"
import { Deferred, Effect, Exit, Fiber, Queue, Schedule } from "effect"
import { TestClock } from "effect/testing"
import * as SqlClient from "effect/sql/SqlClient"
import { asStoreError } from "../../src/store/SqlFailure.ts"
import { layerClient } from "../support/pglite.ts"

const crashing = layerClient(new URL("../support/crashingWorker.ts", import.meta.url))

layer(crashing, { timeout: "60 seconds", excludeTestServices: true })("The embedded database", (it) => {
  it.effect("keeps statements of others out of a transaction, and lets them go on after it", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`create table apart (value integer)`
      // two connections that are open already
      yield* Effect.scoped(Effect.all([sql.reserve, sql.reserve]))
      const inside = yield* Deferred.make<void>()
      const goOn = yield* Deferred.make<void>()
      const transaction = yield* sql`insert into apart values (1)`.pipe(
        Effect.andThen(Deferred.succeed(inside, undefined)),
        Effect.andThen(Deferred.await(goOn)),
        Effect.andThen(sql`select 'after the statement of the other was sent'`),
        Effect.andThen(Effect.fail("rolled back")),
        sql.withTransaction,
        Effect.exit,
        Effect.forkChild
      )
      yield* Deferred.await(inside)
      const other = yield* Effect.forkChild(sql`insert into apart values (2)`, { startImmediately: true })
      yield* Effect.promise(() => new Promise(setImmediate))
      yield* Deferred.succeed(goOn, undefined)
      expect(yield* Fiber.join(transaction)).toEqual(Exit.fail("rolled back"))
      yield* Fiber.join(other)
      expect(yield* sql`select value from apart`).toEqual([{ value: 2 }])
    })
  )

  it.effect("rolls back what a connection left open when it ended", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* sql`create table left_open (value integer)`
      yield* Effect.gen(function* () {
        const connection = yield* PgConnection.make(sql.config)
        yield* connection.query("begin")
        yield* connection.query("insert into left_open values (1)")
      }).pipe(Effect.scoped)
      expect(yield* sql`select value from left_open`).toEqual([])
    })
  )

  it.effect("rolls back a transaction whose fiber is interrupted", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`create table interrupted (value integer)`
      const inside = yield* Deferred.make<void>()
      const transaction = yield* sql`insert into interrupted values (1)`.pipe(
        Effect.andThen(Deferred.succeed(inside, undefined)),
        Effect.andThen(Effect.never),
        sql.withTransaction,
        Effect.forkChild
      )
      yield* Deferred.await(inside)
      yield* Fiber.interrupt(transaction)
      expect(yield* sql`select value from interrupted`).toEqual([])
    })
  )

  it.effect("fails one statement of many in flight alone", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const results = yield* Effect.forEach(
        Array.from({ length: 20 }, (_, index) => index),
        (index) => Effect.exit(index === 7 ? sql`select nothing from nowhere` : sql`select ${index} as value`),
        { concurrency: "unbounded" }
      )
      expect(results.flatMap((exit, index) => (Exit.isFailure(exit) ? [index] : []))).toEqual([7])
      expect(results[8]).toEqual(Exit.succeed([{ value: 8 }]))
    })
  )

  it.effect("delivers notifications to a listener on another connection", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const heard = yield* sql.listen("news")
      yield* sql.notify("news", "good")
      expect(yield* Queue.take(heard)).toMatchObject({ channel: "news", payload: "good" })
    })
  )

  it.effect("answers with more than a megabyte", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const [row] = yield* sql<{ text: string }>`select repeat('x', 3000000) as text`
      expect(row?.text).toHaveLength(3_000_000)
    })
  )

  it.effect(
    "fails what is in flight when its thread ends, and is there again soon",
    () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const failed = yield* Effect.flip(asStoreError(sql`select 'crash please'`))
        expect(failed).toMatchObject({ reason: { _tag: "Unavailable" }, isRetryable: true })
        const meanwhile = yield* Effect.flip(asStoreError(sql`select 1 as value`))
        expect(meanwhile).toMatchObject({ reason: { _tag: "Unavailable" } })
        const again = Effect.retry(
          sql`select 1 as value`,
          Schedule.spaced("100 millis").pipe(Schedule.upTo({ times: 200 }))
        )
        expect(yield* again).toEqual([{ value: 1 }])
      }),
    { timeout: 30_000 }
  )
})

layer(crashing, { timeout: "60 seconds" })("The embedded database, its thread hanging", (it) => {
  it.effect(
    "is ended after four pings without an answer, and started again",
    () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`select 1`
        const hanging = yield* Effect.forkChild(Effect.flip(sql`select 'hang please'`), { startImmediately: true })
        // the pings count from the thread's last word, which may come between two
        yield* TestClock.adjust("90 seconds")
        expect(hanging.pollUnsafe()).toBeUndefined()
        yield* TestClock.adjust("60 seconds")
        expect(yield* Fiber.join(hanging)).toMatchObject({ reason: { _tag: "ConnectionError" } })
        let answer: ReadonlyArray<unknown> = []
        while (answer.length === 0) {
          yield* TestClock.adjust("1 second")
          yield* Effect.promise(() => new Promise(setImmediate))
          answer = yield* Effect.orElseSucceed(sql`select 1 as value`, () => [])
        }
        expect(answer).toEqual([{ value: 1 }])
      }),
    { timeout: 30_000 }
  )
})
