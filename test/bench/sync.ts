/**
 * Power sync of a whole fleet, as an operator has it: `tutti serve` in a process of its own, BMCs over UDP, real PostgreSQL.
 * A pass is unspread, begins with its trigger and has ended when the database, read by somebody else, says that every
 * healthy node was observed since. `coldMillis` is from the start of the process until the same.
 * With dead BMCs, `p99AgeSeconds` is that of the healthy nodes, by the API, over the two minutes in which the others
 * die, at the default spacing and spread.
 *
 * Flags: `--nodes 1000,10000 --dead 0,10 --passes 5 --dying-seconds 120`. Entry file.
 */
import * as Effect from "effect/Effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import { disagreement } from "./support/bmcs.ts"
import {
  awaitObserved,
  type Conductor,
  cpuMicrosOf,
  importFleet,
  makeWorld,
  startConductor,
  type World
} from "./support/conductor.ts"
import { parseFlags } from "./support/flags.ts"
import { median, percentile, round } from "./support/measure.ts"
import { makeReport, type Report } from "./support/report.ts"

const defaults = { nodes: [1000, 10_000], dead: [0, 10], passes: 5, dyingSeconds: 120 }

type Flags = Pick<ReturnType<typeof parseFlags<typeof defaults>>, keyof typeof defaults>

/** A pass by itself, for measuring passes; the defaults, for measuring ages. */
const byHand = { TUTTI_SYNC_POWER_STATE_SPREAD: "false", TUTTI_SYNC_POWER_STATE_INTERVAL: "1d" }

const triggerPass = ({ url }: Conductor) =>
  Effect.promise(async () => {
    const answer = await fetch(`${url}/v1/tutti/periodics/sync_power_states/trigger`, { method: "POST" })
    if (answer.status !== 200) throw new Error(`the trigger was answered with ${answer.status}`)
  })

const onePass = Effect.fnUntraced(function* (world: World, conductor: Conductor, count: number) {
  const cpu = cpuMicrosOf(conductor)
  const wallStart = Date.now()
  const started = performance.now()
  yield* triggerPass(conductor)
  yield* awaitObserved(world, wallStart, count)
  const passMillis = performance.now() - started
  return { passMillis, cpuMicros: cpuMicrosOf(conductor) - cpu }
})

/** Enough passes that breakers of dead BMCs have opened, and a few more to warm up. */
const WARM_UP_PASSES = 6

const measurePasses = Effect.fnUntraced(function* (world: World, conductor: Conductor, count: number, passes: number) {
  for (let i = 0; i < WARM_UP_PASSES; i++) yield* onePass(world, conductor, count)
  const before = yield* world.simulator.counters
  const samples = []
  for (let i = 0; i < passes; i++) {
    samples.push(yield* onePass(world, conductor, count))
    // What follows a pass (the log, the garbage) is not the next one's.
    yield* Effect.sleep("200 millis")
  }
  const after = yield* world.simulator.counters
  return { samples, answered: after.chassisStatusAnswered - before.chassisStatusAnswered }
})

/** Ages of the healthy nodes, each second from the moment in which the others die. */
const agesWhileDying = Effect.fnUntraced(function* (world: World, percent: number, seconds: number) {
  yield* world.simulator.revive("all")
  const conductor = yield* startConductor(world, {})
  const dead = new Set<string>()
  // A whole spacing, so that the spread has settled.
  yield* Effect.sleep("35 seconds")
  yield* world.simulator.kill({ percent })
  for (const bmc of yield* world.simulator.report({ percent })) dead.add(bmc.name)
  const ages: Array<number> = []
  for (let second = 0; second < seconds; second++) {
    yield* Effect.sleep("1 second")
    const { nodes } = yield* Effect.promise(
      async () =>
        // The list's own schema is what the server encodes by.
        (await (await fetch(`${conductor.url}/v1/tutti/nodes`)).json()) as {
          readonly nodes: ReadonlyArray<{ readonly name: string; readonly age_seconds: number | null }>
        }
    )
    for (const node of nodes) if (!dead.has(node.name)) ages.push(node.age_seconds ?? Infinity)
  }
  return { p99AgeSeconds: round(percentile(ages, 0.99), 1), maxAgeSeconds: round(percentile(ages, 1), 1) }
}, Effect.scoped)

const measure = Effect.fnUntraced(function* (nodes: number, flags: Flags, report: Report) {
  const world = yield* makeWorld(nodes)
  const { simulator } = world
  report.note(`${nodes} nodes: importing`)
  yield* importFleet(world, byHand, nodes)

  report.note(`${nodes} nodes: cold start, then passes`)
  const rows: Array<{ readonly dead: number; readonly row: Record<string, number> }> = []
  yield* Effect.scoped(
    Effect.gen(function* () {
      const began = Date.now()
      const conductor = yield* startConductor(world, byHand)
      yield* awaitObserved(world, began, nodes)
      const coldMillis = Date.now() - began
      for (const dead of flags.dead) {
        yield* simulator.kill({ percent: dead })
        const killed = dead === 0 ? 0 : (yield* simulator.report({ percent: dead })).length
        const count = nodes - killed
        const { answered, samples } = yield* measurePasses(world, conductor, count, flags.passes)
        const passMillis = median(samples.map((sample) => sample.passMillis))
        const cpuMicros = median(samples.map((sample) => sample.cpuMicros))
        const note = disagreement("observations", count * flags.passes, answered)
        if (note !== null) report.note(note)
        const row = {
          passMillis: round(passMillis, 0),
          millisPerHealthyNode: round(passMillis / count, 4),
          cpuMicrosPerNode: round(cpuMicros / count, 1),
          coldMillis,
          answeredByBmcs: answered
        }
        rows.push({ dead, row })
      }
    })
  )
  for (const { dead, row } of rows) {
    if (dead > 0) report.note(`${nodes} nodes: ages while ${dead} % die`)
    const ages =
      dead === 0 ? { p99AgeSeconds: null, maxAgeSeconds: null } : yield* agesWhileDying(world, dead, flags.dyingSeconds)
    report.row({ bench: "sync", nodes, dead, ...row, ...ages })
  }
}, Effect.scoped)

export const run = async (args: ReadonlyArray<string>): Promise<void> => {
  const flags = parseFlags(args, defaults)
  const report = makeReport(flags.json)
  for (const nodes of flags.nodes) {
    await Effect.runPromise(Effect.provide(measure(nodes, flags, report), Reactivity.layer))
  }
}
