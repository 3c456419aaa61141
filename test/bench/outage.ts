/**
 * An outage of everything: what the conductor makes of it, with incidents and without.
 * Every BMC is dead for ten spacings, and every fifth machine is off when they come back. `incidents` and
 * `secondsToIncident` are the journal's, `falseMaintenance` counts nodes of which it says that a fault was raised,
 * `forcedActions` what the BMCs accepted, by their own count. `secondsToFresh`: from the revival until each node was observed
 * since, by the database. Watched for three spacings more, so that nothing comes late.
 *
 * `--retries` is `power_state_sync_max_retries`: with ten, a node without an incident has just not gone to fault when the
 * power is back, so that both harms show: some nodes are at fault, the machines of others are switched.
 *
 * Flags: `--nodes 1000 --spacing 10 --retries 10`. Entry file.
 */
import * as Effect from "effect/Effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import { awaitObserved, importFleet, makeWorld, startConductor, type World } from "./support/conductor.ts"
import { parseFlags } from "./support/flags.ts"
import { round } from "./support/measure.ts"
import { makeReport, type Report } from "./support/report.ts"

const defaults = { nodes: 1000, spacing: 10, retries: 10 }
type Flags = Pick<ReturnType<typeof parseFlags<typeof defaults>>, keyof typeof defaults>

/** A part of the machines by the simulator's seed. */
const switchedOff = { percent: 20 }
const deadSpacings = 10
const spacingsAfterwards = 3

const journalOf = Effect.fnUntraced(function* (world: World, sinceMillis: number) {
  // Entries are written within a second or so.
  yield* Effect.sleep("3 seconds")
  const since = new Date(sinceMillis)
  const [row] = yield* world.database`
    select
      (count(*) filter (where kind = 'IncidentOpened'))::int as incidents,
      extract(epoch from min(at) filter (where kind = 'IncidentOpened'))::float8 as opened,
      (count(distinct node_id) filter (where kind = 'FaultRaised'))::int as faults
    from journal where at >= ${since}`
  return {
    incidents: Number(row?.["incidents"]),
    openedMillis: row?.["opened"] === null ? null : Number(row?.["opened"]) * 1000,
    faults: Number(row?.["faults"])
  }
}, Effect.orDie)

const measure = Effect.fnUntraced(function* (enabled: boolean, flags: Flags, report: Report) {
  const { nodes, retries, spacing } = flags
  const env = {
    TUTTI_SYNC_POWER_STATE_INTERVAL: `${spacing}s`,
    TUTTI_POWER_STATE_SYNC_MAX_RETRIES: `${retries}`,
    TUTTI_INCIDENTS: `${enabled}`
  }
  const world = yield* makeWorld(nodes)
  yield* importFleet(world, env, nodes)
  yield* startConductor(world, env)
  const spacings = (count: number) => Effect.sleep(count * spacing * 1000)
  yield* spacings(2)

  report.note(`incidents ${enabled ? "enabled" : "disabled"}: every BMC dies, for ${deadSpacings * spacing} s`)
  const diedMillis = Date.now()
  const before = yield* world.simulator.counters
  yield* world.simulator.kill("all")
  yield* spacings(deadSpacings)
  yield* world.simulator.setPower(switchedOff, false)
  const revivedMillis = Date.now()
  yield* world.simulator.revive("all")
  report.note("they are back")
  yield* awaitObserved(world, revivedMillis, nodes)
  const freshMillis = Date.now()
  yield* spacings(spacingsAfterwards)
  const after = yield* world.simulator.counters
  const { faults, incidents, openedMillis } = yield* journalOf(world, diedMillis)
  report.row({
    bench: "outage",
    nodes,
    spacing,
    retries,
    incidentsEnabled: enabled,
    incidents,
    secondsToIncident: openedMillis === null ? null : round((openedMillis - diedMillis) / 1000, 1),
    secondsToFresh: round((freshMillis - revivedMillis) / 1000, 1),
    falseMaintenance: faults,
    forcedActions: after.controls - before.controls
  })
}, Effect.scoped)

export const run = async (args: ReadonlyArray<string>): Promise<void> => {
  const flags = parseFlags(args, defaults)
  const report = makeReport(flags.json)
  for (const enabled of [true, false]) {
    await Effect.runPromise(Effect.provide(measure(enabled, flags, report), Reactivity.layer))
  }
}
