/**
 * A fleet of dead BMCs, watched for a while: what it costs the conductor, its network and its log.
 * `tutti serve` with the default spacing; every BMC dies at once after it was observed. Datagrams are counted where they
 * arrive. The empty service's own cost is measured before, with no node.
 *
 * Flags: `--nodes 1000 --minutes 10`. Entry file.
 */
import * as Effect from "effect/Effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import { cpuMicrosOf, importFleet, makeWorld, startConductor } from "./support/conductor.ts"
import { parseFlags } from "./support/flags.ts"
import { round } from "./support/measure.ts"
import { makeReport, type Report } from "./support/report.ts"

/** How long the empty service is watched, in seconds. */
const EMPTY_SECONDS = 30

const measure = Effect.fnUntraced(function* (nodes: number, minutes: number, report: Report) {
  const world = yield* makeWorld(nodes)
  const empty = yield* Effect.scoped(
    Effect.gen(function* () {
      const conductor = yield* startConductor(world, {})
      yield* Effect.sleep("5 seconds")
      const cpu = cpuMicrosOf(conductor)
      yield* Effect.sleep(EMPTY_SECONDS * 1000)
      return (cpuMicrosOf(conductor) - cpu) / EMPTY_SECONDS
    })
  )
  yield* importFleet(world, {}, nodes)
  let lines = 0
  const watched = yield* Effect.scoped(
    Effect.gen(function* () {
      const conductor = yield* startConductor(world, {})
      yield* Effect.sleep("10 seconds")
      yield* world.simulator.kill("all")
      conductor.running.child.stderr?.on("data", (chunk) => (lines += String(chunk).split("\n").length - 1))
      const before = yield* world.simulator.counters
      const cpu = cpuMicrosOf(conductor)
      yield* Effect.sleep(minutes * 60_000)
      const after = yield* world.simulator.counters
      return { cpuMicros: cpuMicrosOf(conductor) - cpu, datagrams: after.datagramsIn - before.datagramsIn }
    })
  )
  report.row({
    bench: "dead",
    nodes,
    minutes,
    cpuSecondsPerMinute: round(watched.cpuMicros / 1e6 / minutes, 2),
    emptyCpuSecondsPerMinute: round((empty * 60) / 1e6, 2),
    datagramsPerNode: round(watched.datagrams / nodes, 1),
    datagramsPerSecond: round(watched.datagrams / minutes / 60, 1),
    logLines: lines
  })
}, Effect.scoped)

export const run = async (args: ReadonlyArray<string>): Promise<void> => {
  const flags = parseFlags(args, { nodes: 1000, minutes: 10 })
  const report = makeReport(flags.json)
  await Effect.runPromise(Effect.provide(measure(flags.nodes, flags.minutes, report), Reactivity.layer))
}
