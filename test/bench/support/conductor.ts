/** A whole Tutti to measure: `tutti serve` in a process of its own, a throwaway PostgreSQL, simulated BMCs over UDP. */
import { randomBytes } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { FaultPercentages } from "../../../src/simulator/FaultPlan.ts"
import { spawnSimulator, type SimulatorProcess } from "../../../src/simulator/SpawnedSimulator.ts"
import { cleanEnvironment } from "../../support/installed.ts"
import { postgresServer } from "../../support/postgres.ts"
import { freePort, healthy as answers, type Running, start, until } from "../../support/serving.ts"
import { SIMULATOR_PORT } from "./bmcs.ts"

export interface World {
  readonly importFile: string
  readonly database: PgClient.PgClient
  readonly databaseUrl: Redacted.Redacted
  readonly simulator: SimulatorProcess
  readonly folder: string
  readonly keyFile: string
}

export interface Conductor {
  readonly running: Running
  readonly url: string
}

const main = join(import.meta.dirname, "../../../src/main.ts")

export const startConductor = (
  world: World,
  env: Readonly<Record<string, string>>
): Effect.Effect<Conductor, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const port = await freePort()
      const running = start(process.execPath, [main, "serve", "--port", `${port}`], {
        cwd: world.folder,
        env: {
          ...cleanEnvironment(),
          TUTTI_DATABASE_URL: Redacted.value(world.databaseUrl),
          TUTTI_SECRET_KEY_FILE: world.keyFile,
          ...env
        }
      })
      const url = `http://127.0.0.1:${port}`
      await until(running, answers(url))
      return { running, url }
    }),
    ({ running }) =>
      Effect.promise(async () => {
        running.child.kill("SIGTERM")
        await running.ended
      })
  )

/** User and system time of a process, in µs (proc(5): in ticks of 10 ms). */
export const cpuMicrosOf = ({ running }: Conductor): number => {
  const fields = readFileSync(`/proc/${running.child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

/** Memory that the process holds in RAM (proc(5), `VmRSS`). */
export const rssBytesOf = ({ running }: Conductor): number => {
  const status = readFileSync(`/proc/${running.child.pid}/status`, "utf8")
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}

/** Waits until so many nodes were observed since that moment, as the database has it. */
export const awaitObserved = Effect.fnUntraced(function* (world: World, sinceMillis: number, count: number) {
  const since = new Date(sinceMillis)
  const giveUp = performance.now() + 300_000
  for (;;) {
    const rows =
      yield* world.database`select count(*)::int as count from node_observations where observed_at >= ${since}`
    if (Number(rows[0]?.["count"]) >= count) return
    if (performance.now() > giveUp)
      return yield* Effect.die(new Error(`only ${rows[0]?.["count"]} of ${count} observed`))
    yield* Effect.sleep("10 millis")
  }
}, Effect.orDie)

export interface WorldOptions {
  /** The first of the BMCs' ports. */
  readonly port?: number
  readonly faults?: FaultPercentages
  /** An empty database to measure on; by default one on a throwaway server. */
  readonly databaseUrl?: Redacted.Redacted | null
}

const throwawayDatabase = Effect.gen(function* () {
  const postgres = yield* postgresServer
  yield* postgres.createDatabase("sync")
  return postgres.url("sync")
})

/** Simulated BMCs with an empty database beside them; `importFile` has a line for each. */
export const makeWorld = Effect.fnUntraced(function* (nodes: number, options: WorldOptions = {}) {
  const { databaseUrl: given = null, faults = {}, port = SIMULATOR_PORT } = options
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "tutti-sync-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  const keyFile = join(folder, "secret.key")
  writeFileSync(keyFile, randomBytes(32).toString("hex"), { mode: 0o600 })
  const importFile = join(folder, "fleet.jsonl")
  const databaseUrl = given ?? (yield* throwawayDatabase)
  const simulator = yield* spawnSimulator({ count: nodes, port, importFile, faults })
  const database = yield* PgClient.make({ url: databaseUrl, maxConnections: 1 })
  const world: World = { database, databaseUrl, simulator, folder, keyFile, importFile }
  return world
})

/** Enrols them all, and waits until each was observed. */
export const importFleet = Effect.fnUntraced(function* (
  world: World,
  env: Readonly<Record<string, string>>,
  nodes: number
) {
  const { url } = yield* startConductor(world, env)
  const began = Date.now()
  const answer = yield* Effect.promise(() =>
    fetch(`${url}/v1/tutti/nodes/import`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: readFileSync(world.importFile, "utf8")
    })
  )
  if (answer.status !== 200) return yield* Effect.die(new Error(`the import was answered with ${answer.status}`))
  yield* awaitObserved(world, began, nodes)
}, Effect.scoped)
