/**
 * What the background asks of BMCs beside power polls, through governor and client: a round over a server's sensors with
 * cached records, and a look at its event log. CPU is this process' alone; nothing is stored. Entry file.
 */
import * as Effect from "effect/Effect"
import { BmcGovernor } from "../../src/bmc/BmcGovernor.ts"
import type { BmcRequests } from "../../src/bmc/BmcRequests.ts"
import type { NodeId } from "../../src/domain/Node.ts"
import type { SelPosition } from "../../src/domain/SelEntry.ts"
import { disagreement, startBmcs } from "./support/bmcs.ts"
import { parseFlags } from "./support/flags.ts"
import { governorLayer } from "./support/governor.ts"
import { round, startMeasuring } from "./support/measure.ts"
import { makeReport } from "./support/report.ts"

const defaults = { target: "", count: 200, user: "admin", password: "secret", workers: 32, rounds: 10 }

export const run = async (args: ReadonlyArray<string>): Promise<void> => {
  const flags = parseFlags(args, defaults)
  const report = makeReport(flags.json)
  const measure = Effect.gen(function* () {
    const governor = yield* BmcGovernor
    const { endpoints, simulator } = yield* startBmcs({ ...flags, cipherSuite: 17 })
    for (const endpoint of endpoints) yield* governor.attach(endpoint)
    const sheets = new Map<NodeId, string>()
    const positions = new Map<NodeId, SelPosition>()
    let exchanges = 0

    const each = (ask: (nodeId: NodeId, bmc: BmcRequests) => ReturnType<BmcRequests["readSensors" | "readSel"]>) =>
      Effect.forEach(
        endpoints,
        ({ nodeId }) => governor.request<unknown>(nodeId, "background", (bmc) => ask(nodeId, bmc)),
        { concurrency: flags.workers, discard: true }
      )
    const sensors = each((nodeId, bmc) =>
      Effect.tap(bmc.readSensors({ knownSheet: sheets.get(nodeId) ?? null }), ({ sheetId, values }) =>
        Effect.sync(() => {
          sheets.set(nodeId, sheetId)
          exchanges = values.length + 2
        })
      )
    )
    const log = each((nodeId, bmc) =>
      Effect.tap(bmc.readSel({ after: positions.get(nodeId) ?? null, limit: 64 }), ({ position }) =>
        Effect.sync(() => {
          positions.set(nodeId, position)
          exchanges = 2
        })
      )
    )
    for (const [what, once] of [
      ["sensors", sensors],
      ["event log", log]
    ] as const) {
      // Logs everybody in, fills the caches, and warms the code up.
      for (let warm = 0; warm < 3; warm++) yield* once
      const before = simulator === null ? null : yield* simulator.counters
      const spent = startMeasuring()
      for (let made = 0; made < flags.rounds; made++) yield* once
      const { cpuMicros, wallMillis } = spent()
      const after = simulator === null ? null : yield* simulator.counters
      const looks = endpoints.length * flags.rounds
      report.row({
        bench: "rounds",
        what,
        nodes: endpoints.length,
        exchangesPerNode: exchanges,
        cpuMicrosPerNode: round(cpuMicros / looks, 0),
        cpuMicrosPerExchange: round(cpuMicros / looks / exchanges, 1),
        nodesPerSecond: round((looks / wallMillis) * 1000, 0)
      })
      if (before !== null && after !== null) {
        const note = disagreement("datagrams", looks * exchanges, after.datagramsIn - before.datagramsIn)
        if (note !== null) report.note(note)
      }
    }
  })
  await Effect.runPromise(measure.pipe(Effect.scoped, Effect.provide(governorLayer)))
}
