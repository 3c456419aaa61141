/**
 * Lateness of periodic tasks of which some hang, beside futurist's.
 *
 * Engines: `tutti`, ours; `fibers`, the other way to build it, a sleeping fiber for each task; `futurist`. Entry file.
 *
 * Every task runs each second, `aligned`, and sleeps 1 ms; the share that hangs sleeps 30 s. Measured from outside, by
 * the clock in the task itself against the grid on which it is due, the gap that is still open at the end included.
 */
import { spawn } from "node:child_process"
import { join } from "node:path"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as Schedule from "effect/Schedule"
import * as Semaphore from "effect/Semaphore"
import { monotonicMillis } from "../../src/periodics/DueSchedule.ts"
import { PeriodicTask, PeriodicWorker, WorkerPool } from "../../src/periodics/index.ts"
import { parseFlags, UsageError } from "./support/flags.ts"
import { percentile, round, startMeasuring } from "./support/measure.ts"
import { makeReport, type Report } from "./support/report.ts"

const defaults = {
  tasks: [1000],
  hang: [0, 10],
  seconds: 20,
  parking: "on",
  phases: "spread",
  engines: ["tutti", "futurist"],
  python: "/usr/bin/python3"
}

interface Load {
  readonly tasks: number
  readonly hang: number
  readonly seconds: number
  readonly parking: boolean
  /** `spread`: tasks are added over a second, as those of a service come to lie; `together`: all in one go. */
  readonly phases: string
}

const SPACING_MILLIS = 1000
const WARM_UP_MILLIS = 5000
const POOL_SIZE = 300
/** A start that much before its due time is still its own: plain timers fire a millisecond early, and the grid is ours. */
const EARLY_MILLIS = 3

/** What one task saw: when its grid starts, and when it was started. */
interface Seen {
  anchorMillis: number
  readonly starts: Array<number>
}

/** Spreads the hanging ones evenly among the tasks. */
const hangs = (load: Load, index: number) =>
  Math.floor(((index + 1) * load.hang) / 100) > Math.floor((index * load.hang) / 100)

const body = (load: Load, index: number, seen: Seen) =>
  Effect.flatMap(
    Effect.sync(() => seen.starts.push(performance.now())),
    () => Effect.sleep(hangs(load, index) ? "30 seconds" : "1 millis")
  )

/** One row, from what the healthy tasks saw in the window. */
const figures = (healthy: ReadonlyArray<Seen>, fromMillis: number, toMillis: number) => {
  const lateness: Array<number> = []
  let runs = 0
  for (const { anchorMillis, starts } of healthy) {
    let next = 0
    const first = Math.ceil((fromMillis - anchorMillis) / SPACING_MILLIS)
    for (let due = anchorMillis + first * SPACING_MILLIS; due < toMillis; due += SPACING_MILLIS) {
      while (next < starts.length && (starts[next] ?? 0) < due - EARLY_MILLIS) next++
      const start = starts[next] ?? toMillis
      lateness.push(Math.max(0, Math.min(start, toMillis) - due))
      if (start < due + SPACING_MILLIS && start < toMillis + SPACING_MILLIS && next < starts.length) runs++
    }
  }
  return {
    p50Millis: round(percentile(lateness, 0.5)),
    p99Millis: round(percentile(lateness, 0.99)),
    maxMillis: round(percentile(lateness, 1)),
    runs,
    expected: lateness.length
  }
}

/** Adds all tasks, warms up, and measures for `load.seconds`. */
const measure = <E, R>(
  engine: string,
  load: Load,
  report: Report,
  add: (index: number, seen: Seen) => Effect.Effect<void, E, R>,
  parked: Effect.Effect<number>
) =>
  Effect.gen(function* () {
    const all = Array.from({ length: load.tasks }, (): Seen => ({ anchorMillis: 0, starts: [] }))
    const began = performance.now()
    for (const [index, seen] of all.entries()) {
      const wait = load.phases === "spread" ? began + (index * SPACING_MILLIS) / load.tasks - performance.now() : 0
      if (wait >= 1) yield* Effect.sleep(wait)
      seen.anchorMillis = performance.now()
      yield* add(index, seen)
    }
    yield* Effect.sleep(WARM_UP_MILLIS)
    const from = performance.now()
    const spent = startMeasuring()
    yield* Effect.sleep(load.seconds * 1000)
    const { cpuShare } = spent()
    const to = performance.now()
    const parkedNow = yield* parked
    const rssBytes = process.memoryUsage().rss
    report.row({
      bench: "lateness",
      engine,
      ...load,
      // The last due times of the window may still be answered in time.
      ...(yield* Effect.delay(
        Effect.sync(() =>
          figures(
            all.filter((_, index) => !hangs(load, index)),
            from,
            to
          )
        ),
        "100 millis"
      )),
      parked: parkedNow,
      cpuShare: round(cpuShare, 3),
      rssBytes
    })
  })

const ours = (load: Load, report: Report) =>
  Effect.gen(function* () {
    const worker = yield* PeriodicWorker
    const pool = yield* WorkerPool
    const add = (index: number, seen: Seen) =>
      worker.add(
        PeriodicTask.make({
          name: `task-${index}`,
          spacing: SPACING_MILLIS,
          strategy: "aligned",
          jitter: 0,
          run: body(load, index, seen)
        })
      )
    yield* measure(
      "tutti",
      load,
      report,
      add,
      Effect.map(pool.stats, (stats) => stats.parked)
    )
    yield* worker.drain(Duration.zero)
  }).pipe(
    Effect.provide(
      PeriodicWorker.layer().pipe(
        Layer.provideMerge(WorkerPool.layer({ size: POOL_SIZE, ...(load.parking ? {} : { parkAfter: null }) }))
      )
    )
  )

/** The other way to build it: a sleeping fiber for each task, its run under a semaphore, its next due time by a grid. */
const fibers = (load: Load, report: Report) =>
  Effect.gen(function* () {
    const pool = yield* Semaphore.make(POOL_SIZE)
    const clock = yield* Clock.Clock
    const grid = Schedule.fromStep(
      Effect.sync(() => {
        let due = monotonicMillis(clock)
        return () =>
          Effect.sync((): [number, Duration.Duration] => {
            const now = monotonicMillis(clock)
            due += Math.max(1, Math.ceil((now - due) / SPACING_MILLIS)) * SPACING_MILLIS
            return [due, Duration.millis(due - now)]
          })
      })
    )
    const add = (index: number, seen: Seen) =>
      body(load, index, seen).pipe(pool.withPermits(1), Effect.schedule(grid), Effect.forkScoped, Effect.asVoid)
    yield* measure("fibers", load, report, add, Effect.succeed(0))
  }).pipe(Effect.scoped)

/** Futurist in a process of its own, with a thread pool of the same size, measured by the same rules. */
const futurist = (load: Load, python: string, report: Report): Promise<void> =>
  new Promise((resolve) => {
    const args = [load.tasks, load.hang, load.seconds, POOL_SIZE].map(String)
    const child = spawn(python, [join(import.meta.dirname, "futurist_lateness.py"), ...args], {
      stdio: ["ignore", "pipe", "pipe"]
    })
    let out = ""
    let complaint = ""
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()))
    const unavailable = (why: string) => {
      report.row({ bench: "lateness", engine: "futurist", ...load, unavailable: why })
      resolve()
    }
    child.on("error", (error) => unavailable(`${python}: ${error.message}`))
    child.on("close", (code) => {
      // It never ran: the error said so already.
      if (child.pid === undefined) return
      if (code !== 0) return unavailable(complaint.trim().split("\n").at(-1) ?? `${python} exited with ${code}`)
      // Our own script's one line of JSON.
      const measured = JSON.parse(out) as { readonly [key: string]: number }
      report.row({ bench: "lateness", engine: "futurist", ...load, phases: "together", ...measured })
      resolve()
    })
  })

/** Standard output is for results alone. */
const quietly = Effect.provideService(References.MinimumLogLevel, "None")

export const run = async (args: ReadonlyArray<string>): Promise<void> => {
  const flags = parseFlags(args, defaults)
  if (flags.parking !== "on" && flags.parking !== "off") throw new UsageError(`--parking is on or off`)
  if (flags.phases !== "spread" && flags.phases !== "together") throw new UsageError(`--phases is spread or together`)
  const report = makeReport(flags.json)
  for (const tasks of flags.tasks) {
    for (const hang of flags.hang) {
      const load = { tasks, hang, seconds: flags.seconds, parking: flags.parking === "on", phases: flags.phases }
      for (const engine of flags.engines) {
        if (engine === "tutti") await Effect.runPromise(quietly(ours(load, report)))
        else if (engine === "fibers") await Effect.runPromise(quietly(fibers(load, report)))
        else if (engine === "futurist") await futurist(load, flags.python, report)
        else throw new UsageError(`--engines ${engine} is none of tutti, fibers, futurist`)
      }
    }
  }
}

if (import.meta.main) await run(process.argv.slice(2))
