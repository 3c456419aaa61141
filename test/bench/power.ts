/**
 * One power job over a whole fleet: what it costs the conductor and the database.
 * Every machine is switched off and then on by `POST /v1/tutti/power-jobs`, without budgets unless flags say otherwise, so that
 * the conductor's own pace is seen; PostgreSQL of its own, BMCs simulated over UDP. `controls` is what the BMCs accepted, by
 * their own count. CPU, memory and commits are those of the job alone: power sync reads each node once in ten minutes.
 *
 * Flags: `--nodes 1000,10000 --per-second 0 --at-once 0 --port 10000`. Entry file.
 */
import * as Effect from "effect/Effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import {
  type Conductor,
  cpuMicrosOf,
  importFleet,
  makeWorld,
  rssBytesOf,
  startConductor,
  type World
} from "./support/conductor.ts"
import { parseFlags } from "./support/flags.ts"
import { round } from "./support/measure.ts"
import { makeReport, type Report } from "./support/report.ts"

const defaults = { nodes: [1000, 10_000], perSecond: 0, atOnce: 0, port: 10_000 }
type Flags = Pick<ReturnType<typeof parseFlags<typeof defaults>>, keyof typeof defaults>

/** What of a job the bench looks at. */
interface Job {
  readonly id: string
  readonly state: string
  readonly counts: Readonly<Record<string, number>>
}

const ask = async (url: string, init?: RequestInit): Promise<Job> => {
  const answer = await fetch(url, init)
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  // What the conductor's own API answers.
  return (await answer.json()) as Job
}

const commitsOf = (world: World) =>
  Effect.map(
    Effect.orDie(
      world.database`select xact_commit::int as commits from pg_stat_database where datname = current_database()`
    ),
    ([row]) => Number(row?.["commits"])
  )

const runJob = Effect.fnUntraced(function* (world: World, conductor: Conductor, action: string) {
  // PostgreSQL counts a connection's commits within a second or so of its last.
  const settled = Effect.sleep("3 seconds")
  yield* settled
  const commits = yield* commitsOf(world)
  const { controls } = yield* world.simulator.counters
  const cpuMicros = cpuMicrosOf(conductor)
  const rssBefore = rssBytesOf(conductor)
  const began = performance.now()
  const { id } = yield* Effect.promise(() =>
    ask(`${conductor.url}/v1/tutti/power-jobs`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ action, all: true })
    })
  )
  let rssMost = rssBefore
  for (;;) {
    const job = yield* Effect.promise(() => ask(`${conductor.url}/v1/tutti/power-jobs/${id}`))
    rssMost = Math.max(rssMost, rssBytesOf(conductor))
    if (job.state !== "running") {
      const seconds = (performance.now() - began) / 1000
      const spent = cpuMicrosOf(conductor) - cpuMicros
      yield* settled
      return {
        action,
        confirmed: job.counts["confirmed"] ?? 0,
        failed: job.counts["failed"] ?? 0,
        seconds: round(seconds, 1),
        cpuMicrosPerNode: spent,
        commits: (yield* commitsOf(world)) - commits,
        controls: (yield* world.simulator.counters).controls - controls,
        rssGrowthMegabytes: round((rssMost - rssBefore) / 2 ** 20, 1)
      }
    }
    yield* Effect.sleep("200 millis")
  }
})

const measure = Effect.fnUntraced(function* (nodes: number, flags: Flags, report: Report) {
  const { atOnce, perSecond, port } = flags
  const env = {
    TUTTI_SYNC_POWER_STATE_INTERVAL: "10m",
    TUTTI_POWER_ON_PER_SECOND: `${perSecond}`,
    TUTTI_POWER_ON_AT_ONCE: `${atOnce}`,
    TUTTI_POWER_ON_PER_SECOND_PER_RACK: "0",
    TUTTI_POWER_ON_AT_ONCE_PER_RACK: "0"
  }
  const world = yield* makeWorld(nodes, { port })
  yield* importFleet(world, {}, nodes)
  const conductor = yield* startConductor(world, env)
  yield* Effect.sleep("5 seconds")
  for (const action of ["power off", "power on"]) {
    const { cpuMicrosPerNode, ...figures } = yield* runJob(world, conductor, action)
    if (figures.controls !== figures.confirmed) {
      report.note(`the BMCs accepted ${figures.controls} commands for ${figures.confirmed} confirmed nodes`)
    }
    report.row({
      bench: "power",
      nodes,
      perSecond,
      atOnce,
      ...figures,
      nodesPerSecond: round(nodes / figures.seconds, 0),
      cpuMicrosPerNode: round(cpuMicrosPerNode / nodes, 0),
      commitsPerNode: round(figures.commits / nodes, 3)
    })
  }
}, Effect.scoped)

export const run = async (args: ReadonlyArray<string>): Promise<void> => {
  const flags = parseFlags(args, defaults)
  const report = makeReport(flags.json)
  for (const nodes of flags.nodes) {
    await Effect.runPromise(Effect.provide(measure(nodes, flags, report), Reactivity.layer))
  }
}
