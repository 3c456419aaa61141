/**
 * A conductor is killed (SIGKILL) while power actions are under way, and started again: `tutti serve` as a process of its
 * own, on a real PostgreSQL server, with simulated BMCs in another process that count what they were told.
 */
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import { NodeDetail } from "../../src/api/NodesApi.ts"
import { JournalPage } from "../../src/api/ServiceApi.ts"
import type { BmcReport } from "../../src/simulator/Fleet.ts"
import { spawnSimulator } from "../../src/simulator/SpawnedSimulator.ts"
import { freePorts } from "../simulator/ports.ts"
import { scratchFolder, writeKeyFile } from "../support/keyFile.ts"
import { postgresServer } from "../support/postgres.ts"
import { freePort, healthy, type Running, start, until } from "../support/serving.ts"
import { eventually } from "./postgresWorld.ts"

const main = join(import.meta.dirname, "../../src/main.ts")

const controlsOf = ({ lastControls }: BmcReport) => lastControls.map(({ action }) => action)

it.live(
  "a kill -9 in the middle of power actions: the next start breaks its own leases, records what is true, and sends nothing again",
  () =>
    Effect.gen(function* () {
      const postgres = yield* postgresServer
      yield* postgres.createDatabase("crash")
      const keyFile = yield* writeKeyFile(yield* scratchFolder, 1)
      const bmcPort = yield* freePorts(3)
      // A hard off takes long enough to be killed within.
      const powerTiming = { on: [500, 500], off: [4000, 4000], softOff: [4000, 4000], cycleGap: [1000, 1000] } as const
      const simulator = yield* spawnSimulator({ count: 3, port: bmcPort, powerTiming })
      const port = yield* Effect.promise(freePort)
      const url = `http://127.0.0.1:${port}`

      const serve = Effect.gen(function* () {
        const running = yield* Effect.acquireRelease(
          Effect.sync(() =>
            start(process.execPath, [main, "serve", "--port", `${port}`], {
              env: {
                ...process.env,
                TUTTI_DATABASE_URL: Redacted.value(postgres.url("crash")),
                TUTTI_SECRET_KEY_FILE: keyFile,
                TUTTI_CONDUCTOR_HOST: "crashing",
                TUTTI_SYNC_POWER_STATE_INTERVAL: "1s",
                // Power sync would switch machines back by itself; every command here is an action's.
                TUTTI_FORCE_POWER_STATE_DURING_SYNC: "false"
              }
            })
          ),
          ({ child, ended }: Running) =>
            Effect.promise(() => {
              child.kill("SIGKILL")
              return ended
            })
        )
        yield* Effect.promise(() => until(running, healthy(url)))
        return running
      })
      const send = (method: string, path: string, body?: object) =>
        Effect.promise(() =>
          fetch(`${url}${path}`, {
            method,
            headers: { "content-type": "application/json", "x-openstack-ironic-api-version": "1.82" },
            ...(body === undefined ? {} : { body: JSON.stringify(body) })
          })
        )
      const read = <A>(path: string, codec: Schema.ConstraintDecoder<A>) =>
        Effect.flatMap(send("GET", path), (answer) =>
          Effect.flatMap(
            Effect.promise(() => answer.json()),
            Schema.decodeUnknownEffect(codec)
          )
        )
      const show = (name: string) => read(`/v1/tutti/nodes/${name}`, NodeDetail)
      const when = <A>(asks: Effect.Effect<A, unknown>, isSo: (value: A) => boolean) =>
        eventually(Effect.filterOrFail(asks, isSo))
      const request = (name: string, target: string) =>
        Effect.tap(send("PUT", `/v1/nodes/${name}/states/power`, { target }), ({ status }) =>
          Effect.sync(() => assert.strictEqual(status, 202))
        )
      const reports = simulator.report("all")
      const leases = postgres.query("select purpose from node_leases order by purpose", "crash")

      const first = yield* serve
      for (const [index, name] of ["n1", "n2", "n3"].entries()) {
        const created = yield* send("POST", "/v1/tutti/nodes", {
          name,
          driver: "ipmi",
          driver_info: {
            ipmi_address: "127.0.0.1",
            ipmi_port: bmcPort + index,
            ipmi_username: "admin",
            ipmi_password: "secret"
          },
          disable_power_off: name === "n3"
        })
        assert.strictEqual(created.status, 201)
        yield* when(show(name), ({ power_state }) => power_state === "power on")
      }
      yield* request("n1", "rebooting")
      yield* request("n2", "power off")
      // The cycle is taken, and its answer is lost: it is under way for as long as that.
      yield* simulator.dropAnswers([2], 1000)
      yield* request("n3", "rebooting")
      yield* when(reports, (all) => all.every(({ controls }) => controls === 1))
      assert.deepStrictEqual((yield* leases).split("\n"), ["power off", "rebooting", "rebooting"])

      first.child.kill("SIGKILL")
      yield* Effect.promise(() => first.ended)
      assert.strictEqual(yield* postgres.query("select count(pending_action) from nodes", "crash"), "3")
      yield* simulator.dropAnswers([2], 0)
      yield* when(reports, (all) => all[0]?.poweredOn === false && all[1]?.poweredOn === false)

      yield* serve
      const [n1, n2, n3] = yield* Effect.forEach(["n1", "n2", "n3"], (name) =>
        when(show(name), ({ target_power_state }) => target_power_state === null)
      )
      assert.match(
        n1?.last_error ?? "",
        /^rebooting, asked for at .* was under way when the conductor ended\. It is not sent again/
      )
      assert.match(n1?.last_error ?? "", /whether it happened is not known; the machine is in 'power off' now\.$/)
      assert.deepStrictEqual([n2?.last_error, n2?.desired_power_state], [null, "power off"])
      assert.match(n3?.last_error ?? "", /^rebooting, .*It is not sent again, and whether it happened is not known/)
      assert.deepStrictEqual((yield* reports).map(controlsOf), [["off"], ["off"], ["cycle"]])

      const { entries } = yield* when(
        read("/v1/tutti/journal?limit=100", JournalPage),
        ({ entries }) => entries.filter(({ kind }) => kind === "LockBroken").length === 3
      )
      const ended = entries.flatMap(({ actor, kind, node_name }) =>
        actor === "start" && kind.startsWith("Power") ? [`${node_name} ${kind}`] : []
      )
      assert.sameMembers(ended, ["n1 PowerAborted", "n2 PowerChanged", "n3 PowerAborted"])

      // It works: the lock is free, and the machine is switched by who asks.
      yield* request("n1", "power on")
      yield* when(
        show("n1"),
        ({ desired_power_state, power_state, target_power_state }) =>
          target_power_state === null && power_state === "power on" && desired_power_state === "power on"
      )
      yield* when(leases, (rows) => rows === "")
    }).pipe(Effect.scoped),
  120_000
)
