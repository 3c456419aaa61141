/**
 * The embedded database, seen from the main thread: a PGlite in a worker, and for every connection a Duplex that PgClient
 * takes for a socket. No port, no socket file.
 *
 * Whenever the worker ends, every Duplex is destroyed, so that no query waits for ever, and a new worker is started; in
 * between, connecting fails at once. A database that keeps failing is restarted ever more slowly, up to once a minute.
 * What all connections share, since the session behind them is one: `SET`, temporary tables, advisory locks.
 */
import { Buffer } from "node:buffer"
import { existsSync } from "node:fs"
import { Duplex } from "node:stream"
import { Worker } from "node:worker_threads"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { FromWorker, PgliteWorkerData, ToWorker } from "./PgliteMessages.ts"
import { frontendCutter } from "./PgliteProtocol.ts"
import { DatabaseBroken, StartError } from "./StartError.ts"

export interface PgliteOptions extends PgliteWorkerData {
  /** The worker's entry file. */
  readonly workerUrl: URL
}

export interface PgliteHost {
  /** A new connection, for `PgClientConfig.stream`. Destroyed at once while there is no worker. */
  readonly connect: () => Duplex
}

/** The worker's entry file; the build puts the built one's name here. */
export const defaultWorkerUrl = new URL("./PgliteWorker.ts", import.meta.url)

/** A statement of ours takes seconds at most: a worker that answers none of so many pings hangs, and is ended. */
const pingEvery = Duration.seconds(30)
const pingsUnanswered = 4

/** Closing writes a checkpoint: some ten milliseconds for a fleet, more on a slow disk. */
const closeWithin = Duration.seconds(15)

const slowestRestart = Duration.minutes(1)
/** A worker that lasted this long was sound: its end is followed by a quick restart. */
const soundAfter = Duration.minutes(10)

interface RunningWorker {
  readonly send: (message: ToWorker) => void
  readonly connect: () => Duplex
  readonly disconnectAll: (why: string) => void
  readonly terminate: Effect.Effect<void>
  /** Completes with the reason. */
  readonly ended: Deferred.Deferred<string>
  /** Pings sent since the last sign of life. */
  pings: number
}

/** One connection: bytes written to it become batches, and `close` is called once, however it ends. */
const makeConnection = (batch: (data: Uint8Array<ArrayBuffer>) => void, close: () => void): Duplex => {
  const cut = frontendCutter()
  const duplex = new Duplex({
    read() {},
    write(chunk: Uint8Array, _encoding, done) {
      for (const event of cut(chunk)) {
        if (event._tag === "Batch") batch(event.data)
        else if (event._tag === "SslRequest") duplex.push("N")
        else queueMicrotask(() => duplex.destroy())
      }
      done()
    },
    final(done) {
      duplex.destroy()
      done()
    },
    destroy(error, done) {
      close()
      done(error)
    }
  })
  return duplex.on("error", () => {})
}

const startWorker = ({ workerUrl, folder, template }: PgliteOptions): Effect.Effect<RunningWorker, string> =>
  Effect.callback((resume) => {
    const workerData: PgliteWorkerData = { folder, template }
    const worker = new Worker(workerUrl, { workerData })
    const connections = new Map<number, Duplex>()
    let lastConnection = 0
    let reason: string | undefined

    const running: RunningWorker = {
      send: (message) => worker.postMessage(message, message._tag === "Batch" ? [message.data.buffer] : []),
      connect: () => {
        const connection = ++lastConnection
        const duplex = makeConnection(
          (data) => running.send({ _tag: "Batch", connection, data }),
          () => {
            connections.delete(connection)
            running.send({ _tag: "Gone", connection })
          }
        )
        connections.set(connection, duplex)
        return duplex
      },
      disconnectAll: (why) => {
        for (const duplex of connections.values()) duplex.destroy(new Error(why))
      },
      terminate: Effect.promise(() => worker.terminate()),
      ended: Deferred.makeUnsafe(),
      pings: 0
    }

    worker.on("message", (message: FromWorker) => {
      running.pings = 0
      switch (message._tag) {
        case "Ready":
          return resume(Effect.succeed(running))
        case "Pong":
          return
        case "Failed":
          reason = message.message
          return
        case "Answer": {
          const { connection, askers, everybodys } = message
          if (everybodys.length > 0) for (const duplex of connections.values()) duplex.push(Buffer.from(everybodys))
          if (askers.length > 0) connections.get(connection)?.push(Buffer.from(askers.buffer))
        }
      }
    })
    worker.on("error", (error) => {
      reason = error instanceof Error ? error.message : String(error)
    })
    worker.on("exit", (code) => {
      const why = reason ?? `its thread ended with code ${code}`
      running.disconnectAll(`The embedded database stopped: ${why}`)
      Deferred.doneUnsafe(running.ended, Effect.succeed(why))
      resume(Effect.fail(why))
    })
    return running.terminate
  })

/** Ends a worker that hangs; completes when the worker has ended, with the reason. */
const watch = (worker: RunningWorker): Effect.Effect<string> =>
  Effect.gen(function* () {
    while (worker.pings < pingsUnanswered) {
      worker.pings++
      worker.send({ _tag: "Ping" })
      yield* Effect.sleep(pingEvery)
    }
    yield* worker.terminate
    return yield* Effect.never
  }).pipe(Effect.raceFirst(Deferred.await(worker.ended)))

const unconnected = (): Duplex =>
  makeConnection(
    () => {},
    () => {}
  ).destroy(new Error("The embedded database is being started again"))

/** Opens the database, making it first if need be (4 to 16 s), and keeps it open until the scope closes. */
export const make = Effect.fn("PgliteHost.make")(function* (
  options: PgliteOptions
): Effect.fn.Return<PgliteHost, StartError, Scope.Scope> {
  const isNew = options.folder !== null && !existsSync(`${options.folder}/PG_VERSION`)
  if (isNew) yield* Effect.logInfo("Creating the embedded database, once; this takes about 10 seconds")
  let current: RunningWorker | undefined = yield* startWorker(options).pipe(
    Effect.mapError((detail) => {
      const folder = options.folder ?? "memory"
      return new StartError({ reason: new DatabaseBroken({ folder, detail: detail.replace(/\s+/g, " ") }) })
    })
  )
  if (isNew) yield* Effect.logInfo("The embedded database was created")
  let closing = false

  const supervise: Effect.Effect<void> = Effect.gen(function* () {
    let delay = Duration.seconds(1)
    while (true) {
      const worker = current
      if (worker !== undefined) {
        const startedAt = yield* Clock.monotonicTimeNanos
        const reason = yield* watch(worker)
        current = undefined
        if (closing) return
        const lasted = Duration.nanos((yield* Clock.monotonicTimeNanos) - startedAt)
        if (Duration.isGreaterThan(lasted, soundAfter)) delay = Duration.seconds(1)
        yield* Effect.logError("The embedded database stopped; starting it again").pipe(Effect.annotateLogs({ reason }))
      }
      yield* Effect.sleep(delay)
      delay = Duration.min(Duration.times(delay, 2), slowestRestart)
      current = yield* startWorker(options).pipe(
        Effect.catch((reason) =>
          Effect.as(
            Effect.logError("The embedded database does not start; trying again").pipe(Effect.annotateLogs({ reason })),
            undefined
          )
        )
      )
    }
  })

  yield* Effect.forkScoped(supervise)
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      closing = true
      const worker = current
      if (worker === undefined) return Effect.void
      worker.disconnectAll("The embedded database is being closed")
      worker.send({ _tag: "Close" })
      return Deferred.await(worker.ended).pipe(
        Effect.timeoutOrElse({ duration: closeWithin, orElse: () => worker.terminate }),
        Effect.asVoid
      )
    })
  )
  return { connect: () => current?.connect() ?? unconnected() }
})
