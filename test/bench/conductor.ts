/**
 * The whole conductor at work, as an operator has it: `tutti serve` in a process of its own, BMCs over UDP, real PostgreSQL.
 * Power sync every 30 s, sensors of a tenth of the nodes (1,000 of 10,000) every 60 s, 5 % of the BMCs dead and 1 %
 * coming and going; all else by default. Ages are sampled each second from `GET /v1/tutti/nodes`, of BMCs without a fault.
 *
 * `cpuShare` (in cores) and `rssBytes` are the conductor's process alone, by proc(5); what serving the samples costs is in
 * them. `databaseBytesPerSecond` is the WAL, `commitsPerSecond` the database's own count. The last row is what
 * a node costs: the difference between the largest and the smallest fleet, for each node more. Polls are held against the
 * simulator's count of answers, and against the rows that the database counted as written; on a machine too busy to answer
 * within a quarter of a second requests are sent again, and the first two disagree.
 *
 * Flags: `--nodes 1000,10000 --minutes 5 --dead 5 --flap 1 --database-url URL` (an empty database). Entry file.
 */
import { readFileSync, writeFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Reactivity from "effect/reactivity/Reactivity"
import { disagreement } from "./support/bmcs.ts"
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
import { percentile, round } from "./support/measure.ts"
import { makeReport, type Report } from "./support/report.ts"

const defaults = { nodes: [1000, 10_000], minutes: 5, dead: 5, flap: 1, databaseUrl: "" }
type Flags = Pick<ReturnType<typeof parseFlags<typeof defaults>>, keyof typeof defaults>

/** Nodes whose sensors are read, by their conductor group. */
const sensorGroup = "sensors"
const sensorShare = 0.1

const env = {
  TUTTI_SYNC_POWER_STATE_INTERVAL: "30s",
  TUTTI_SEND_SENSOR_DATA_BY_GROUP: `${sensorGroup}=true`,
  TUTTI_SEND_SENSOR_DATA_INTERVAL: "60s",
  TUTTI_SEND_SENSOR_DATA_WORKERS: "16"
}

/** Until the spread has settled and the breakers of dead BMCs are open: three spacings and some. */
const settleSeconds = 100

interface Counts {
  readonly atMillis: number
  readonly cpuMicros: number
  /** Polls that were answered, by the conductor's own count. */
  readonly polls: number
  /** Polls that were not, those that the governor withheld among them. */
  readonly failed: number
  readonly answered: number
  readonly sensorReadings: number
  readonly walBytes: number
  readonly commits: number
  readonly observationRows: number
}

interface Cost {
  readonly nodes: number
  readonly cpuMicrosPerSecond: number
  readonly rssBytes: number
  readonly databaseBytesPerSecond: number
}

const getJson = (conductor: Conductor, path: string) =>
  Effect.promise(async (): Promise<unknown> => (await fetch(conductor.url + path)).json())

const pollsOf = (conductor: Conductor) =>
  Effect.promise(async () => {
    const text = await (await fetch(`${conductor.url}/metrics`)).text()
    const byOutcome = Array.from(text.matchAll(/^tutti_power_polls_total\{outcome="(\w+)"\} (\d+)/gm))
    const sum = (counts: (outcome: string) => boolean) =>
      byOutcome.reduce((total, [, outcome = "", count]) => total + (counts(outcome) ? Number(count) : 0), 0)
    return { polls: sum((outcome) => outcome === "ok"), failed: sum((outcome) => outcome !== "ok") }
  })

const countsOf = Effect.fnUntraced(function* (world: World, conductor: Conductor) {
  const [row] = yield* world.database`
    select
      pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as wal,
      (select xact_commit from pg_stat_database where datname = current_database())::float8 as commits,
      (select n_tup_ins + n_tup_upd from pg_stat_user_tables where relname = 'node_observations')::float8 as rows`
  const { chassisStatusAnswered, commands } = yield* world.simulator.counters
  const counts: Counts = {
    atMillis: performance.now(),
    cpuMicros: cpuMicrosOf(conductor),
    ...(yield* pollsOf(conductor)),
    answered: chassisStatusAnswered,
    // Get Sensor Reading (IPMI 2.0 §35.14).
    sensorReadings: commands["04/2d"] ?? 0,
    walBytes: Number(row?.["wal"]),
    commits: Number(row?.["commits"]),
    observationRows: Number(row?.["rows"])
  }
  return counts
}, Effect.orDie)

/** Gives the first nodes of the import their group. */
const groupNodes = (world: World, count: number) => {
  const lines = readFileSync(world.importFile, "utf8").trimEnd().split("\n")
  const grouped = lines.map((line, index) =>
    index < count ? JSON.stringify({ ...JSON.parse(line), conductor_group: sensorGroup }) : line
  )
  writeFileSync(world.importFile, `${grouped.join("\n")}\n`)
}

const sampleAges = Effect.fnUntraced(function* (conductor: Conductor, healthy: ReadonlySet<string>, seconds: number) {
  const ages: Array<number> = []
  const begin = performance.now()
  for (let second = 1; second <= seconds; second++) {
    yield* Effect.sleep(Math.max(0, begin + second * 1000 - performance.now()))
    // The list's own schema is what the server encodes by.
    const { nodes } = (yield* getJson(conductor, "/v1/tutti/nodes")) as {
      readonly nodes: ReadonlyArray<{ readonly name: string; readonly age_seconds: number | null }>
    }
    for (const node of nodes) if (healthy.has(node.name)) ages.push(node.age_seconds ?? Infinity)
  }
  return ages
})

const latenessOf = Effect.fnUntraced(function* (conductor: Conductor) {
  const { periodics } = (yield* getJson(conductor, "/v1/tutti/periodics")) as {
    readonly periodics: ReadonlyArray<{
      readonly name: string
      readonly lateness: { readonly p99_millis: number } | null
    }>
  }
  return Object.fromEntries(
    periodics.flatMap(({ lateness, name }) =>
      lateness === null ? [] : [[name, round(lateness.p99_millis, 1)] as const]
    )
  )
})

const measure = Effect.fnUntraced(function* (nodes: number, flags: Flags, report: Report) {
  const { dead, flap, minutes } = flags
  const databaseUrl = flags.databaseUrl === "" ? null : Redacted.make(flags.databaseUrl)
  const world = yield* makeWorld(nodes, { faults: { dead, flap }, databaseUrl })
  const bmcs = yield* world.simulator.report("all")
  const healthy = new Set(bmcs.filter(({ fault }) => fault === null).map(({ name }) => name))
  const withSensors = Math.round(nodes * sensorShare)
  groupNodes(world, withSensors)
  report.note(`${nodes} nodes: importing`)
  yield* importFleet(world, env, healthy.size)

  const conductor = yield* startConductor(world, env)
  report.note(`${nodes} nodes: settling for ${settleSeconds} s, then ${minutes} minutes`)
  yield* Effect.sleep(settleSeconds * 1000)
  const before = yield* countsOf(world, conductor)
  const ages = yield* sampleAges(conductor, healthy, Math.round(minutes * 60))
  // The database's own counts are a second old at most.
  yield* Effect.sleep("2 seconds")
  const after = yield* countsOf(world, conductor)
  const seconds = (after.atMillis - before.atMillis) / 1000
  const each = (of: (counts: Counts) => number) => of(after) - of(before)

  const polls = each(({ polls }) => polls)
  // A failed poll writes a row as well while it still counts as one more.
  const rows = each(({ observationRows }) => observationRows)
  const written = Math.max(polls, Math.min(rows, polls + each(({ failed }) => failed)))
  for (const note of [
    disagreement(
      "polls",
      polls,
      each(({ answered }) => answered)
    ),
    disagreement("observations", written, rows)
  ]) {
    if (note !== null) report.note(note)
  }
  const cpuMicrosPerSecond = each(({ cpuMicros }) => cpuMicros) / seconds
  const rssBytes = rssBytesOf(conductor)
  const walPerSecond = each(({ walBytes }) => walBytes) / seconds
  const latenessP99Millis = yield* latenessOf(conductor)
  report.row({
    bench: "conductor",
    nodes,
    minutes,
    dead,
    flap,
    sensorNodes: withSensors,
    p50AgeSeconds: round(percentile(ages, 0.5), 1),
    p99AgeSeconds: round(percentile(ages, 0.99), 1),
    maxAgeSeconds: round(percentile(ages, 1), 1),
    latenessP99Millis,
    worstLatenessP99Millis: Math.max(...Object.values(latenessP99Millis)),
    cpuShare: round(cpuMicrosPerSecond / 1e6, 3),
    rssBytes,
    databaseBytesPerSecond: round(walPerSecond, 0),
    commitsPerSecond: round(each(({ commits }) => commits) / seconds, 2),
    pollsPerSecond: round(polls / seconds, 1),
    sensorReadingsPerSecond: round(each(({ sensorReadings }) => sensorReadings) / seconds, 1)
  })
  const cost: Cost = { nodes, cpuMicrosPerSecond, rssBytes, databaseBytesPerSecond: walPerSecond }
  return cost
}, Effect.scoped)

export const run = async (args: ReadonlyArray<string>): Promise<void> => {
  const flags = parseFlags(args, defaults)
  const report = makeReport(flags.json)
  const costs: Array<Cost> = []
  for (const nodes of flags.nodes) {
    costs.push(await Effect.runPromise(Effect.provide(measure(nodes, flags, report), Reactivity.layer)))
  }
  const [least, ...others] = costs.toSorted((a, b) => a.nodes - b.nodes)
  const most = others.at(-1)
  if (least === undefined || most === undefined) return
  const perNode = (of: (cost: Cost) => number) => round((of(most) - of(least)) / (most.nodes - least.nodes), 1)
  report.row({
    bench: "conductor",
    nodes: most.nodes,
    beyondNodes: least.nodes,
    cpuMicrosPerNodeSecond: perNode(({ cpuMicrosPerSecond }) => cpuMicrosPerSecond),
    rssBytesPerNode: perNode(({ rssBytes }) => rssBytes),
    databaseBytesPerNodeSecond: perNode(({ databaseBytesPerSecond }) => databaseBytesPerSecond)
  })
}
