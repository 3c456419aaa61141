import { NodeFileSystem } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, FileSystem, Layer, Scope } from "effect"
import { IpmiClient } from "../../src/ipmi/IpmiClient.ts"
import { layerQuiet } from "../../src/ipmi/UdpTransport.ts"
import { spawnSimulator } from "../../src/simulator/SpawnedSimulator.ts"
import { freePorts, holdPort } from "./ports.ts"

const overUdp = Layer.mergeAll(IpmiClient.layer.pipe(Layer.provide(layerQuiet)), NodeFileSystem.layer)

/** A process more on a busy machine. */
const timeoutMillis = 30_000

describe("a simulator in a process of its own", () => {
  it.live(
    "is ready when it is started, does what it is told, and saves its state when it is stopped",
    () =>
      Effect.gen(function* () {
        const client = yield* IpmiClient
        const fs = yield* FileSystem.FileSystem
        const folder = yield* fs.makeTempDirectoryScoped({ prefix: "tutti-simulator-" })
        const stateFile = `${folder}/power.json`
        const importFile = `${folder}/fleet.jsonl`
        const port = yield* freePorts(2)
        const scope = yield* Scope.make()
        const simulator = yield* spawnSimulator({ count: 2, port, stateFile, importFile }).pipe(Scope.provide(scope))
        expect((yield* fs.readFileString(importFile)).split("\n")).toHaveLength(3)
        yield* client.ping("127.0.0.1", port, 5000)
        expect(yield* simulator.counters).toMatchObject({ datagramsIn: 1, datagramsOut: 1 })
        yield* simulator.setPower([1], false)
        yield* simulator.kill([0])
        expect(yield* simulator.report("all")).toMatchObject([
          { name: "bmc-00001", killed: true, poweredOn: true },
          { name: "bmc-00002", killed: false, poweredOn: false }
        ])
        yield* simulator.revive("all")
        yield* simulator.dropRequests("all", 1)
        yield* simulator.dropAnswers("all", 0)
        yield* simulator.forgetSessions("all")
        yield* simulator.setLoss(0)
        expect((yield* simulator.usage).rssBytes).toBeGreaterThan(1e6)
        yield* Scope.close(scope, Exit.void)
        expect(JSON.parse(yield* fs.readFileString(stateFile)).power).toEqual({ "bmc-00001": "on", "bmc-00002": "off" })
        expect((yield* Effect.flip(simulator.counters)).message).toBe("the simulator's process ended: exit code 0")
        // its ports are free
        yield* holdPort(port)
      }).pipe(Effect.provide(overUdp)),
    timeoutMillis
  )

  it.live(
    "that can't start says why",
    () =>
      Effect.gen(function* () {
        const port = yield* holdPort(0)
        const error = yield* Effect.flip(spawnSimulator({ count: 1, port }))
        expect(error.reason).toMatchObject({ _tag: "PortUnusable", port })
        expect(error.message).toContain(`127.0.0.1:${port}: the port is in use`)
      }),
    timeoutMillis
  )

  it.live(
    "whose file is missing fails at once",
    () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(
          spawnSimulator({ count: 1, port: 1 }, new URL("./nowhere.mjs", import.meta.url))
        )
        expect(error.message).toBe("the simulator's process ended: exit code 1")
      }),
    timeoutMillis
  )
})
