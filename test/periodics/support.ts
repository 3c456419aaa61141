/** What the tests of the engine share: tasks that record their runs, and a worker on the test clock. */
import { Clock, Deferred, Effect, Layer, Logger } from "effect"
import { PeriodicWorker, type PeriodicWorkerOptions } from "../../src/periodics/PeriodicWorker.ts"
import { WorkerPool, type WorkerPoolOptions } from "../../src/periodics/WorkerPool.ts"

export const workerLayer = (options: PeriodicWorkerOptions = {}, pool: WorkerPoolOptions = {}) =>
  PeriodicWorker.layer(options).pipe(Layer.provideMerge(Layer.orDie(WorkerPool.layer(pool))))

/** The times on the test clock, in milliseconds, at which it ran. */
export const probe = <A = void, E = never, R = never>(
  then: Effect.Effect<A, E, R> = Effect.void as Effect.Effect<A>
) => {
  const times: Array<number> = []
  const run = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    times.push(now)
    return then
  })
  return { times, run }
}

/** A run that ends when told, once for each time that it was started. */
export const gate = () => {
  const open: Array<Deferred.Deferred<void>> = []
  let started = 0
  const run = Effect.suspend(() => {
    started++
    const deferred = Deferred.makeUnsafe<void>()
    open.push(deferred)
    return Deferred.await(deferred)
  })
  return {
    run,
    started: () => started,
    release: Effect.suspend(() => Effect.forEach(open.splice(0), (deferred) => Deferred.succeed(deferred, undefined)))
  }
}

/** What was logged, instead of printing it. */
export const captureLogs = () => {
  const lines: Array<string> = []
  const layer = Logger.layer([
    Logger.make(({ logLevel, message }) => {
      lines.push(`${logLevel}: ${Array.isArray(message) ? String(message[0]) : String(message)}`)
    })
  ])
  return { lines, layer }
}

/** No log is printed: for tests in which tasks fail on purpose. */
export const quiet = Logger.layer([])
