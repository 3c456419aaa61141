/** The conductor's options over HTTP and on the command line: seen, changed, reset. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { runTutti } from "../cli/support/runTutti.ts"
import { startReal, startRealWithTasks } from "./support/RealConductor.ts"

const path = "/v1/tutti/settings"
const headers = { "content-type": "application/json" }

describe("the settings' API", () => {
  it.live("lists every option, changes one and resets it, and the journal tells of both", () =>
    Effect.gen(function* () {
      const { client } = yield* startRealWithTasks
      const list = (yield* client.get(path)).body as { readonly settings: ReadonlyArray<{ readonly name: string }> }
      assert.isAbove(list.settings.length, 13)
      const before = yield* client.get(`${path}/sync_power_state_interval`)
      assert.deepStrictEqual(
        before.body,
        list.settings.find(({ name }) => name === "sync_power_state_interval")
      )
      const put = yield* client.send("PUT", `${path}/TUTTI_SYNC_POWER_STATE_INTERVAL`, { headers, body: { value: 45 } })
      assert.strictEqual(put.status, 200)
      assert.deepInclude(put.body, {
        name: "sync_power_state_interval",
        value: "45s",
        default: "30s",
        origin: "changed",
        changed_by: "operator",
        needs_restart: false,
        value_after_restart: null
      })
      const { periodics } = (yield* client.get("/v1/tutti/periodics")).body as {
        readonly periodics: ReadonlyArray<{ readonly name: string; readonly spacing_seconds: number }>
      }
      assert.strictEqual(periodics.find(({ name }) => name === "sync_power_states")?.spacing_seconds, 45)
      const reset = yield* client.send("DELETE", `${path}/sync_power_state_interval`)
      assert.deepStrictEqual(reset.body, before.body)
    })
  )

  it.live("refuses a value with the option's name and what it may be, and an option that isn't there", () =>
    Effect.gen(function* () {
      const { client } = yield* startReal
      const refused = yield* client.send("PUT", `${path}/workers_pool_size`, { headers, body: { value: "2" } })
      assert.strictEqual(refused.status, 400)
      assert.deepInclude(refused.body, {
        detail: 'workers_pool_size: expected a whole number from 3 to 10000, got "2"'
      })
      for (const [method, body] of [["GET"], ["PUT", { value: "1" }], ["DELETE"]] as const) {
        const missing = yield* client.send(method, `${path}/nope`, body === undefined ? {} : { headers, body })
        assert.strictEqual(missing.status, 404)
        assert.deepInclude(missing.body, { type: "urn:tutti:problem:setting-not-found" })
      }
    })
  )
})

describe("tutti settings", () => {
  it.live("shows the options, changes one and resets it", () =>
    Effect.gen(function* () {
      const { client } = yield* startReal
      const tutti = (...args: ReadonlyArray<string>) => runTutti(["settings", ...args], { url: client.base })
      const row = (name: string) =>
        Effect.map(tutti(), ({ out }) =>
          out
            .split("\n")
            .find((line) => line.startsWith(`${name} `))
            ?.split(/ {2,}/)
        )
      assert.deepStrictEqual(yield* row("power_state_change_timeout"), [
        "power_state_change_timeout",
        "1m",
        "1m",
        "default",
        "takes effect at once",
        "a duration from 1s to 2h, such as 30s or 5m"
      ])
      const set = yield* tutti("set", "power_state_change_timeout", "90s")
      assert.deepStrictEqual(set, { out: "power_state_change_timeout: 90s", err: "", code: 0 })
      assert.match((yield* row("power_state_change_timeout"))?.[3] ?? "", /^changed by operator at \d{4}-/)
      const restart = yield* tutti("set", "workers_pool_size", "100")
      assert.strictEqual(restart.out, "workers_pool_size: 300, then 100 (the new value takes effect at the next start)")
      const reset = yield* tutti("reset", "power_state_change_timeout", "--json")
      assert.deepInclude(JSON.parse(reset.out), { value: "1m", origin: "default" })
      assert.deepStrictEqual(JSON.parse((yield* tutti("list", "--json")).out).length > 13, true)
      const shown = yield* tutti("show", "power_state_change_timeout")
      assert.include(shown.out, "How long a power action waits for the state to be seen")
      assert.match(shown.out, /^a change {2}takes effect at once$/m)
    })
  )

  it.live("ends with 2 for a value that can't be, and with 4 for an option that isn't there", () =>
    Effect.gen(function* () {
      const { client } = yield* startReal
      const wrong = yield* runTutti(["settings", "set", "sync_power_state_workers", "x"], { url: client.base })
      assert.deepStrictEqual(wrong, {
        out: "",
        err: 'tutti: sync_power_state_workers: expected a whole number from 1 to 10000, got "x"',
        code: 2
      })
      const missing = yield* runTutti(["settings", "reset", "nope"], { url: client.base })
      assert.deepStrictEqual(missing, {
        out: "",
        err: "tutti: There is no setting nope; tutti settings lists them.",
        code: 4
      })
    })
  )
})
