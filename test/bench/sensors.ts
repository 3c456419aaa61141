/**
 * The sensors of one BMC by the tools that people have, against the same simulator: cold, with the whole sensor data
 * repository read first, and cached, with readings only. Each tool keeps its cache its own way: ours and ipmi-sensors in
 * a file for each BMC, ipmitool in a dump that somebody made before (`sdr dump`). Medians of whole processes; CPU is
 * that of the tool with its children, `requests` what the BMC was asked.
 *
 * Flags: `--runs 5`. Entry file.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { spawnSimulator } from "../../src/simulator/SpawnedSimulator.ts"
import { SIMULATOR_PORT } from "./support/bmcs.ts"
import { parseFlags } from "./support/flags.ts"
import { median, round } from "./support/measure.ts"
import { makeReport } from "./support/report.ts"

const main = join(import.meta.dirname, "../../src/main.ts")
const lanplus = `ipmitool -I lanplus -C 17 -H 127.0.0.1 -p ${SIMULATOR_PORT} -U admin -P secret`

interface Tool {
  readonly name: string
  /** Shell commands; `cache` is a folder, empty at first. `fill` makes the cache where the first run doesn't. */
  readonly read: (cache: string, cached: boolean) => string
  readonly fill?: (cache: string) => string
}

const tools: ReadonlyArray<Tool> = [
  {
    name: "tutti",
    read: (cache) =>
      `XDG_CACHE_HOME=${cache} IPMI_PASSWORD=secret "${process.execPath}" "${main}" ipmi sensors -U admin -C 17 127.0.0.1:${SIMULATOR_PORT}`
  },
  {
    name: "ipmitool",
    read: (cache, cached) => `${lanplus} ${cached ? `-S ${cache}/sdr` : ""} sdr list`,
    fill: (cache) => `${lanplus} sdr dump ${cache}/sdr`
  },
  {
    name: "ipmi-sensors",
    read: (cache) =>
      `ipmi-sensors -D LAN_2_0 -I 17 -h 127.0.0.1:${SIMULATOR_PORT} -u admin -p secret -l USER --quiet-cache --sdr-cache-directory=${cache}`
  }
]

export const run = async (args: ReadonlyArray<string>): Promise<void> => {
  const flags = parseFlags(args, { runs: 5 })
  const report = makeReport(flags.json)
  const measure = Effect.gen(function* () {
    const simulator = yield* spawnSimulator({ count: 1, port: SIMULATOR_PORT })
    const folder = mkdtempSync(join(tmpdir(), "tutti-sensors-"))
    yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true, force: true })))
    const shell = (command: string) => {
      const started = performance.now()
      const { status, stderr, stdout } = spawnSync("bash", ["-c", `TIMEFORMAT='cpu %U %S'; time { ${command}; }`], {
        encoding: "utf8"
      })
      const wallMillis = performance.now() - started
      const [, user, system] = /^cpu ([\d.]+) ([\d.]+)$/m.exec(stderr) ?? []
      if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`)
      return { wallMillis, cpuMillis: (Number(user) + Number(system)) * 1000, lines: stdout.trim().split("\n").length }
    }
    for (const tool of tools) {
      const warm = mkdtempSync(join(folder, "warm-"))
      shell(tool.fill?.(warm) ?? tool.read(warm, false))
      for (const cached of [false, true]) {
        const samples = []
        const before = yield* simulator.counters
        for (let i = 0; i < flags.runs; i++) {
          samples.push(shell(tool.read(cached ? warm : mkdtempSync(join(folder, "cold-")), cached)))
        }
        const after = yield* simulator.counters
        report.row({
          bench: "sensors",
          tool: tool.name,
          cached,
          wallMillis: round(median(samples.map((sample) => sample.wallMillis)), 0),
          cpuMillis: round(median(samples.map((sample) => sample.cpuMillis)), 0),
          requests: round((after.datagramsIn - before.datagramsIn) / flags.runs, 0),
          linesPrinted: samples[0]?.lines ?? 0
        })
      }
    }
  })
  await Effect.runPromise(Effect.scoped(measure))
}
