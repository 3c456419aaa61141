/** The commands for periodic tasks, and what a command says when no conductor, or something else, answers. */
import { createServer } from "node:http"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { startRealWithTasks } from "../server/support/RealConductor.ts"
import { runTutti } from "./support/runTutti.ts"

const start = Effect.map(
  startRealWithTasks,
  ({ client }) =>
    (...args: ReadonlyArray<string>) =>
      runTutti(args, { url: client.base })
)

describe("tutti periodics", () => {
  it.live("shows every task, and steers one: trigger, pause, resume, spacing", () =>
    Effect.gen(function* () {
      const tutti = yield* start
      const { code, out } = yield* tutti("periodics")
      expect(code).toBe(0)
      expect(out.split("\n")[0]?.split(/ {2,}/)).toEqual([
        "TASK",
        "STATE",
        "EVERY",
        "NEXT IN",
        "RUNS",
        "FAILED",
        "LATE p99",
        "TOOK p50",
        "LAST",
        "LAST ERROR"
      ])
      const names = out
        .split("\n")
        .slice(1)
        .map((line) => line.split(" ")[0])
      expect(names.slice(0, 2)).toEqual(["sync_power_states", "power_failure_recovery"])

      const triggered = yield* tutti("periodics", "trigger", "sync_power_states")
      expect([triggered.code, triggered.err]).toEqual([0, ""])
      expect(triggered.out).toMatch(/^sync_power_states: success \(took [\d.]+ ms\)$/)

      const said = (...args: ReadonlyArray<string>) => Effect.map(tutti("periodics", ...args), (ran) => ran.out)
      const state = Effect.map(said("--json"), (text) => JSON.parse(text)[0])
      expect(yield* said("pause", "sync_power_states")).toBe("sync_power_states: paused")
      expect(yield* state).toMatchObject({ name: "sync_power_states", paused: true })
      expect(JSON.parse(yield* said("resume", "sync_power_states", "--json"))).toEqual({
        task: "sync_power_states",
        paused: false
      })
      expect(yield* said("spacing", "sync_power_states", "45")).toBe(
        "sync_power_states: every 45 s, until the conductor is started again"
      )
      expect(yield* state).toMatchObject({ paused: false, spacing_seconds: 45 })
    })
  )

  it.live("a task that is not there is exit code 4", () =>
    Effect.gen(function* () {
      const tutti = yield* start
      for (const args of [["trigger"], ["pause"], ["resume"], ["spacing"]]) {
        const seconds = args[0] === "spacing" ? ["5"] : []
        expect(yield* tutti("periodics", ...args, "nope", ...seconds)).toEqual({
          out: "",
          err: "tutti: There is no periodic task nope.",
          code: 4
        })
      }
    })
  )
})

/** An HTTP server that is no conductor; `answer` null breaks the connection off. */
const otherServer = (answer: string | null) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly close: () => void }>((resume) => {
      const server = createServer((request, response) => {
        if (answer === null) request.socket.destroy()
        else response.setHeader("content-type", "application/json").end(answer)
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, close: () => server.close() }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

describe("a command without its conductor", () => {
  it.live("says that none answers, and how to start one", () =>
    Effect.gen(function* () {
      const { close, url } = yield* otherServer("")
      close()
      expect(yield* runTutti(["status"], { url })).toEqual({
        out: "",
        err: `tutti: No conductor answers at ${url}. Start one with: tutti serve (or name another with --url or TUTTI_URL)`,
        code: 3
      })
    })
  )

  it.live("says that something else answers", () =>
    Effect.gen(function* () {
      const { url } = yield* otherServer(`{"hello":"world"}`)
      expect(yield* runTutti(["node", "list"], { url })).toEqual({
        out: "",
        err: `tutti: What answers at ${url} is no conductor, or one of another version: see --url and TUTTI_URL`,
        code: 3
      })
    })
  )

  it.live("says that the conductor ended meanwhile, and that the action may have happened", () =>
    Effect.gen(function* () {
      const { url } = yield* otherServer(null)
      expect(yield* runTutti(["power", "off", "n1", "n2"], { url })).toEqual({
        out: "",
        err: `tutti: The conductor at ${url} ended before it answered; what it was asked may have happened.`,
        code: 3
      })
    })
  )
})
