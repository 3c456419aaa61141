/**
 * How long the installed command takes to help and to serve, and how much memory it holds for a fleet of each size.
 * The release tarball, installed; a real PostgreSQL; simulated BMCs in another process. `readyMillis` is from the start
 * of the process to the first 200 of `/healthz`, with the nodes in the database already; memory is read once every BMC
 * has been asked since that start.
 *
 * Flags: `--nodes 0,1000,10000 --runs 15 --first-port 10000`. Entry file.
 */
import { randomBytes } from "node:crypto"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { cleanEnvironment, type Installed, installTarball } from "../support/installed.ts"
import { postgresServer } from "../support/postgres.ts"
import { freePort, healthy, run as runProgram, type Running, start, until } from "../support/serving.ts"
import { parseFlags } from "./support/flags.ts"
import { median, percentile, round } from "./support/measure.ts"
import { makeReport } from "./support/report.ts"

export const run = async (args: ReadonlyArray<string>): Promise<void> => {
  const flags = parseFlags(args, { nodes: [0, 1000, 10_000], runs: 15, firstPort: 10_000 })
  const report = makeReport(flags.json)
  report.note("packing and installing")
  const installed = await installTarball()
  try {
    report.row({ bench: "start", ...(await helpTimes(installed, flags.runs)) })
    let emptyBytes: number | null = null
    for (const nodes of flags.nodes) {
      report.note(`${nodes} nodes`)
      const served = await Effect.runPromise(
        Effect.scoped(
          Effect.flatMap(postgresServer, ({ url }) =>
            Effect.promise(() => serveFleet(installed, nodes, flags.firstPort, Redacted.value(url())))
          )
        )
      )
      if (nodes === 0) emptyBytes = served.rssBytes
      const bytesPerNode = nodes === 0 || emptyBytes === null ? null : round((served.rssBytes - emptyBytes) / nodes, 0)
      report.row({ bench: "start", nodes, ...served, bytesPerNode })
    }
  } finally {
    installed.remove()
  }
}

/** Whole processes, with the Node of the machine, which may have to start the packaged one. */
const helpTimes = async ({ tutti, folder }: Installed, runs: number) => {
  const env = { ...cleanEnvironment(), HOME: folder }
  const { out } = await runProgram("node", ["--version"], { env })
  const samples: Array<number> = []
  for (let i = 0; i < runs; i++) {
    const started = performance.now()
    const { code, err } = await runProgram(tutti, ["--help"], { env })
    if (code !== 0) throw new Error(`tutti --help ended with ${code}: ${err}`)
    samples.push(performance.now() - started)
  }
  return {
    node: out.trim(),
    runs,
    helpMillis: round(median(samples), 0),
    helpMaxMillis: round(percentile(samples, 1), 0)
  }
}

const serveFleet = async (installed: Installed, nodes: number, firstPort: number, databaseUrl: string) => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const keyFile = join(installed.folder, "secret.key")
  writeFileSync(keyFile, randomBytes(32).toString("hex"), { mode: 0o600 })
  const env = {
    ...cleanEnvironment(),
    HOME: installed.folder,
    TUTTI_DATABASE_URL: databaseUrl,
    TUTTI_SECRET_KEY_FILE: keyFile
  }
  // This Node, so that the process that is looked at is the one that serves.
  const tutti = (...args: ReadonlyArray<string>) =>
    start(process.execPath, [join(installed.home, "dist/tutti.mjs"), ...args], { env, cwd: installed.folder })
  const serve = () => tutti("serve", "--port", `${port}`, "--data-dir", join(installed.folder, `data-${nodes}`))

  const importFile = join(installed.folder, `${nodes}.jsonl`)
  const simulator =
    nodes === 0 ? null : tutti("simulate", "--count", `${nodes}`, "--port", `${firstPort}`, "--import-file", importFile)
  try {
    if (simulator !== null) {
      await until(simulator, async () => existsSync(importFile) && linesOf(importFile) === nodes)
      const first = serve()
      await until(first, healthy(url))
      const { code, err } = await tutti("node", "import", importFile, "--url", url).ended
      if (code !== 0) throw new Error(`the import ended with ${code}: ${err}`)
      await until(first, allObservedSince(url, nodes, performance.now()))
      await stop(first)
    }
    const started = performance.now()
    const serving = serve()
    await until(serving, healthy(url))
    const readyMillis = round(performance.now() - started, 0)
    await until(serving, allObservedSince(url, nodes, started))
    const samples: Array<number> = []
    for (let i = 0; i < 5; i++) {
      await sleep(1000)
      samples.push(residentBytes(serving))
    }
    await stop(serving)
    return { readyMillis, rssBytes: median(samples) }
  } finally {
    if (simulator !== null) await stop(simulator)
  }
}

const linesOf = (file: string) => readFileSync(file, "utf8").split("\n").length - 1

/** Whether every node's last observation is younger than that moment. */
const allObservedSince = (url: string, nodes: number, sinceMillis: number) => async (): Promise<boolean> => {
  const asked = performance.now()
  // The status document's own schema is what the server encodes by.
  const status = (await (await fetch(`${url}/v1/tutti/status`)).json()) as {
    readonly nodes: { readonly total: number; readonly never_observed: number }
    readonly freshness: { readonly oldest_age_seconds: number | null }
  }
  const oldestMillis = (status.freshness.oldest_age_seconds ?? 0) * 1000
  return status.nodes.total === nodes && status.nodes.never_observed === 0 && oldestMillis <= asked - sinceMillis
}

/** VmRSS of the process, from /proc. */
const residentBytes = ({ child }: Running): number => {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]
  if (kib === undefined) throw new Error("the process has no memory: it has ended")
  return Number(kib) * 1024
}

const stop = async ({ child, ended }: Running): Promise<void> => {
  child.kill("SIGTERM")
  await ended
}
