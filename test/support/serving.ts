/** A `tutti` process that serves: started, waited for, stopped; and what a process of ours printed and how it ended. */
import { type ChildProcess, spawn } from "node:child_process"
import { createServer } from "node:net"

/** Free a moment ago, on loopback. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.on("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => (typeof address === "object" && address !== null ? resolve(address.port) : reject()))
    })
  })

export interface Ended {
  readonly out: string
  readonly err: string
  readonly code: number | null
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

/** Starts a program; what it prints is kept. */
export const start = (
  command: string,
  args: ReadonlyArray<string>,
  options: {
    readonly env?: NodeJS.ProcessEnv
    readonly cwd?: string
    readonly input?: string
    /** In a process group of its own, to be signalled as a whole by `process.kill(-pid)`. */
    readonly detached?: boolean
  } = {}
): Running => {
  const { cwd, detached = false, env, input = "" } = options
  const child = spawn(command, args, { env, cwd, detached, stdio: "pipe" })
  let out = ""
  let err = ""
  child.stdout.on("data", (chunk) => (out += chunk))
  child.stderr.on("data", (chunk) => (err += chunk))
  child.stdin.on("error", () => {})
  child.stdin.end(input)
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (code) => resolve({ out, err, code }))
  })
  return { child, ended }
}

/** Runs it to its end. */
export const run = (...args: Parameters<typeof start>): Promise<Ended> => start(...args).ended

/** Asks until the answer is yes; rejects when the process ends before, or after `withinMillis`. */
export const until = async (running: Running, asks: () => Promise<boolean>, withinMillis = 60_000): Promise<void> => {
  const deadline = performance.now() + withinMillis
  let over: Ended | undefined
  void running.ended.then((ended) => (over = ended))
  while (!(await asks().catch(() => false))) {
    if (over !== undefined) throw new Error(`it ended with ${over.code}: ${over.out}${over.err}`)
    if (performance.now() > deadline) throw new Error(`not within ${withinMillis} ms`)
    // A process of somebody else gives no signal: asking again soon is all there is.
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Whether `/healthz` says 200. */
export const healthy = (url: string) => async (): Promise<boolean> => (await fetch(`${url}/healthz`)).status === 200
