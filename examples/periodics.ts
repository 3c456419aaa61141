/**
 * Periodic tasks on a bounded pool, of which one hangs and one fails: nobody else is late. Run it for ten seconds with
 * `npx node examples/periodics.ts`. In a project of your own, import from "tutti/periodics".
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Clock, Console, Cron, Duration, Effect, Layer, Random, Schedule } from "effect"
import { formatTable, neverAgain, PeriodicTask, PeriodicWorker, WorkerPool } from "../src/periodics/index.ts"

/** A task is a value. By a spacing, on a grid of its own; put off by up to 5 % so that equal spacings don't fire together. */
const poll = PeriodicTask.make({
  name: "poll",
  spacing: "500 millis",
  strategy: "aligned",
  run: Effect.asVoid(Effect.sleep("20 millis"))
})

/** What must not starve may use the share of the pool that other tasks can never take. */
const heartbeat = PeriodicTask.make({ name: "heartbeat", spacing: "1 second", reserved: true, run: Effect.void })

/** A run that hangs is interrupted at its timeout. Until then it only waits, so that its slot is another's. */
const hang = PeriodicTask.make({ name: "hang", spacing: "3 seconds", timeout: "2500 millis", run: Effect.never })

/** Any Effect `Schedule` will do. It is told how each run ended: this one backs off while its runs fail. */
const flaky = PeriodicTask.make({
  name: "flaky",
  runImmediately: true,
  schedule: Schedule.forever.pipe(
    Schedule.passthrough,
    Schedule.modifyDelay(({ input }) => Effect.succeed(Duration.seconds(input?.outcome === "failure" ? 2 : 0.2)))
  ),
  run: Effect.flatMap(Random.next, (random) => (random < 0.5 ? Effect.fail("no answer") : Effect.void))
})

/** By cron, on the wall clock. */
const onTheSecond = PeriodicTask.make({ name: "cron", cron: Cron.parseUnsafe("* * * * * *"), run: Effect.void })

/** Ends for ever, from within. */
const migrate = PeriodicTask.make({
  name: "migrate",
  spacing: "1 second",
  run: Effect.succeed(neverAgain("all rows are migrated"))
})

/** A run may fan out over the pool: each unit takes a slot of its own, in turn with everybody else's. */
const fanOut = Effect.map(WorkerPool, (pool) =>
  PeriodicTask.make({
    name: "fan out",
    spacing: "2 seconds",
    run: pool.forEach("fan out", Array.from({ length: 500 }), () => Effect.sleep("5 millis"), { concurrency: 16 })
  })
)

export const program = Effect.gen(function* () {
  const worker = yield* PeriodicWorker
  for (const task of [poll, heartbeat, hang, onTheSecond, migrate, yield* fanOut]) yield* worker.add(task)
  yield* worker.add(flaky)

  yield* Effect.sleep("5 seconds")
  // Everything can be steered while it runs; during a run, `trigger` joins that run.
  yield* worker.setSpacing("poll", Duration.millis(100))
  yield* worker.pause("cron")
  const { latenessMillis, outcome } = yield* worker.trigger("heartbeat")
  yield* Console.log(`heartbeat on demand: ${outcome}, ${latenessMillis.toFixed(2)} ms late\n`)

  yield* Effect.sleep("5 seconds")
  yield* Console.log(formatTable(yield* worker.list, yield* Clock.currentTimeMillis))
  yield* Console.log("\npool:", yield* (yield* WorkerPool).stats)
  yield* worker.drain(Duration.seconds(1))
})

export const layer = PeriodicWorker.layer({ onFailure: () => Effect.void }).pipe(
  Layer.provideMerge(WorkerPool.layer({ size: 20 }))
)

if (import.meta.main) NodeRuntime.runMain(Effect.provide(program, layer))
