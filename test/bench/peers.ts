/**
 * Power status of many hosts by the tools that people have: ours, ipmitool and FreeIPMI, against the same simulator.
 * Each host gets a login of its own. ipmitool is a process a host, eight at a time, as Ironic runs it. CPU is that of the
 * tool with all its children, as the shell's `time` has it; `cpuMillisPerHost` leaves the start of the program out:
 * (CPU at the most hosts − CPU at one) ÷ (hosts − 1).
 *
 * Flags: `--hosts 1,100,1000 --tools tutti,ipmitool,ipmipower`. Entry file.
 */
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { spawnSimulator } from "../../src/simulator/SpawnedSimulator.ts"
import { SIMULATOR_PORT } from "./support/bmcs.ts"
import { parseFlags } from "./support/flags.ts"
import { round } from "./support/measure.ts"
import { makeReport, type Report } from "./support/report.ts"

const defaults = { hosts: [1, 100, 1000], tools: ["tutti", "ipmitool", "ipmipower"] }

const main = join(import.meta.dirname, "../../src/main.ts")

/** The command line, and what a line of an answer looks like. */
const tools: Readonly<
  Record<string, { readonly command: (first: number, count: number) => string; readonly answer: RegExp }>
> = {
  tutti: {
    command: (first, count) =>
      `"${process.execPath}" "${main}" ipmi status -U admin --cipher-suite 17 "127.0.0.1:[${first}-${first + count - 1}]"`,
    answer: /^127\.0\.0\.1:\d+ +on/
  },
  ipmitool: {
    command: (first, count) =>
      `seq ${first} ${first + count - 1} | xargs -P 8 -I PORT ipmitool -I lanplus -C 17 -H 127.0.0.1 -p PORT -U admin -E chassis power status`,
    answer: /^Chassis Power is on/
  },
  ipmipower: {
    command: (first, count) =>
      `ipmipower -D LAN_2_0 -I 17 -h "${Array.from({ length: count }, (_, index) => `127.0.0.1:${first + index}`).join()}" -u admin -p secret --stat`,
    answer: /^127\.0\.0\.1\S*: on/
  }
}

interface Timed {
  readonly wallMillis: number
  readonly cpuMillis: number
}

/** Runs a command line to its end; throws unless every host answered. */
const timed = (name: string, count: number, report: Report): Timed => {
  const tool = tools[name]
  if (tool === undefined) throw new Error(`no tool ${name}`)
  const started = performance.now()
  const { stderr, stdout } = spawnSync(
    "bash",
    ["-c", `TIMEFORMAT='cpu %U %S'; time { ${tool.command(SIMULATOR_PORT, count)}; }`],
    {
      encoding: "utf8",
      env: { ...process.env, IPMI_PASSWORD: "secret" },
      maxBuffer: 64 * 1024 * 1024
    }
  )
  const wallMillis = performance.now() - started
  const answers = stdout.split("\n").filter((line) => tool.answer.test(line)).length
  if (answers !== count) report.note(`${name}: ONLY ${answers} OF ${count} HOSTS ANSWERED ${stderr.slice(0, 500)}`)
  const [, user, system] = /^cpu ([\d.]+) ([\d.]+)$/m.exec(stderr) ?? []
  return { wallMillis, cpuMillis: (Number(user) + Number(system)) * 1000 }
}

export const run = async (args: ReadonlyArray<string>): Promise<void> => {
  const flags = parseFlags(args, defaults)
  const report = makeReport(flags.json)
  const count = Math.max(...flags.hosts)
  const measure = Effect.gen(function* () {
    const simulator = yield* spawnSimulator({ count, port: SIMULATOR_PORT, cipherSuites: [17] })
    for (const tool of flags.tools) {
      let single: Timed | undefined
      for (const hosts of flags.hosts) {
        // A process a host for a thousand hosts shows nothing that a hundred don't.
        if (tool === "ipmitool" && hosts > 100) continue
        const before = yield* simulator.counters
        const { cpuMillis, wallMillis } = timed(tool, hosts, report)
        const after = yield* simulator.counters
        if (after.logins - before.logins < hosts) {
          report.note(`${tool}: ${after.logins - before.logins} logins for ${hosts} hosts`)
        }
        single ??= { cpuMillis, wallMillis }
        report.row({
          bench: "peers",
          tool,
          hosts,
          wallMillis: round(wallMillis, 0),
          cpuMillis: round(cpuMillis, 0),
          cpuMillisPerHost: hosts === 1 ? null : round((cpuMillis - single.cpuMillis) / (hosts - 1), 3)
        })
      }
    }
  })
  await Effect.runPromise(Effect.scoped(measure))
}
