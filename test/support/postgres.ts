/**
 * A throwaway PostgreSQL server for one test file: made under /tmp, on a port of its own, password required, and gone
 * with the scope. Postgres refuses to run as root; then everything is done as user postgres.
 */
import { spawn, spawnSync } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import * as fs from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { Effect, Redacted } from "effect"

const user = "tutti"
const password = "a secret of the tests"

const asRoot = process.getuid?.() === 0
const asPostgres = asRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] : []

/** The newest of Debian's, or what is on the PATH. */
const findBinaries = (): string => {
  const debian = "/usr/lib/postgresql"
  const versions = fs.existsSync(debian) ? fs.readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : []
  const folders = [...versions.map((version) => `${debian}/${version}/bin`), ...(process.env["PATH"] ?? "").split(":")]
  const found = folders.find(
    (folder) => fs.existsSync(join(folder, "initdb")) && fs.existsSync(join(folder, "postgres"))
  )
  if (found === undefined) {
    throw new Error(
      "These tests need a PostgreSQL server and found none: install it (Debian: apt-get install postgresql)"
    )
  }
  return found
}

const run = (command: ReadonlyArray<string>): void => {
  const [program = "", ...args] = [...asPostgres, ...command]
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8", cwd: "/tmp" })
  if (status !== 0) throw new Error(`${command.join(" ")} failed: ${error?.message ?? ""}${stdout}${stderr}`)
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

export interface PostgresServer {
  readonly port: number
  /** With user and password, to the database of this name. */
  readonly url: (database?: string) => Redacted.Redacted
  readonly createDatabase: (name: string) => Effect.Effect<void>
  /** Resolves once it takes connections. */
  readonly start: Effect.Effect<void>
  /** As a crash: every connection breaks at once. */
  readonly kill: Effect.Effect<void>
  /** Runs a statement as the owner of all, and returns its rows as text. */
  readonly query: (sql: string, database?: string) => Effect.Effect<string>
}

/** Starts a server; what it is asked to do fails as a defect. */
export const postgresServer = Effect.gen(function* () {
  const binaries = findBinaries()
  const root = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const folder = fs.mkdtempSync("/tmp/tutti-postgres-")
      fs.writeFileSync(join(folder, "password"), password)
      if (asRoot) spawnSync("chown", ["-R", "postgres:", folder])
      return folder
    }),
    (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
  )
  const data = join(root, "data")
  run([
    join(binaries, "initdb"),
    `--pgdata=${data}`,
    `--username=${user}`,
    "--auth=scram-sha-256",
    `--pwfile=${join(root, "password")}`,
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
    "--no-instructions"
  ])
  const port = yield* Effect.promise(freePort)

  let running: ChildProcess | undefined
  const stop = (signal: NodeJS.Signals) =>
    Effect.callback<void>((resume) => {
      const child = running
      running = undefined
      if (child === undefined || child.exitCode !== null) return resume(Effect.void)
      child.once("exit", () => resume(Effect.void))
      child.kill(signal)
    })
  const start = Effect.callback<void>((resume) => {
    const options = [
      "-F",
      "-c",
      `port=${port}`,
      "-c",
      "listen_addresses=127.0.0.1",
      "-c",
      `unix_socket_directories=${root}`
    ]
    const [program = "", ...args] = [...asPostgres, join(binaries, "postgres"), "-D", data, ...options]
    // setpriv becomes postgres: the pid stays
    const child = spawn(program, args, { cwd: "/tmp", stdio: ["ignore", "ignore", "pipe"] })
    running = child
    let log = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-10_000)
      if (log.includes("ready to accept connections")) resume(Effect.void)
    })
    child.once("exit", () => resume(Effect.die(new Error(`postgres ended: ${log}`))))
    process.once("exit", () => child.kill("SIGQUIT"))
  })
  yield* Effect.addFinalizer(() => stop("SIGQUIT"))
  yield* start

  const query = (sql: string, database = "postgres") =>
    Effect.sync(() => {
      const { status, stdout, stderr } = spawnSync(
        join(binaries, "psql"),
        ["-h", "127.0.0.1", "-p", `${port}`, "-U", user, "-d", database, "-At", "-c", sql],
        { encoding: "utf8", env: { ...process.env, PGPASSWORD: password }, cwd: "/tmp" }
      )
      if (status !== 0) throw new Error(stderr)
      return stdout.trim()
    })

  const server: PostgresServer = {
    port,
    url: (database = "postgres") =>
      Redacted.make(`postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`),
    createDatabase: (name) => Effect.asVoid(query(`create database ${name}`)),
    start,
    kill: stop("SIGQUIT"),
    query
  }
  return server
})
