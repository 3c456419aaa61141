/** What the tests of the engine share: tasks that record their runs, and a worker on the test clock. */
import { Clock, Deferred, Effect, Layer, Logger, Schema } from "effect"
import { PeriodicWorker, type PeriodicWorkerOptions, type TaskStatus } from "../../src/periodics/PeriodicWorker.ts"
import { WorkerPool, type WorkerPoolOptions } from "../../src/periodics/WorkerPool.ts"

export const workerLayer = (options: PeriodicWorkerOptions = {}, pool: WorkerPoolOptions = {}) =>
  PeriodicWorker.layer(options).pipe(Layer.provideMerge(Layer.orDie(WorkerPool.layer(pool))))

/** What runs, and the times on the test clock, in milliseconds, at which it did. */
export const probe = <A = void, E = never>(then?: Effect.Effect<A, E>) => {
  const times: Array<number> = []
  const record = Effect.map(Clock.currentTimeMillis, (now) => void times.push(now))
  const run: Effect.Effect<A | void, E> = then === undefined ? record : Effect.andThen(record, then)
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

/** How a task fails in a test. */
export class NoRoute extends Schema.TaggedError<NoRoute>()("NoRoute", {}) {
  override readonly message = "no route to host"
}

/** No log is printed: for tests in which tasks fail on purpose. */
export const quiet = Logger.layer([])

/** The status of task `a`, which waits for its first run, but for what is given. */
export const taskStatus = (given: Partial<TaskStatus>): TaskStatus => ({
  name: "a",
  state: "waiting",
  paused: false,
  spacingMillis: 60_000,
  cron: null,
  strategy: "aligned",
  runs: { success: 0, failure: 0, timeout: 0, interrupted: 0, "never-again": 0 },
  refusals: 0,
  nextDueAtMillis: null,
  runningSinceMillis: null,
  lastRun: null,
  lastError: null,
  lateness: null,
  elapsed: null,
  waiting: null,
  elapsedTotalMillis: 0,
  waitingTotalMillis: 0,
  recent: [],
  ...given
})
