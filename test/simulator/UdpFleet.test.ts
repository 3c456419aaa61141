import { NodeFileSystem } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Redacted } from "effect"
import { getPower } from "../../src/ipmi/commands/GetChassisStatus.ts"
import { IpmiClient } from "../../src/ipmi/IpmiClient.ts"
import { layerQuiet } from "../../src/ipmi/UdpTransport.ts"
import { runSimulator } from "../../src/simulator/Simulator.ts"
import type { SimulatorOptions } from "../../src/simulator/SimulatorOptions.ts"
import { freePorts, holdPort } from "./ports.ts"

const overUdp = Layer.mergeAll(IpmiClient.layer.pipe(Layer.provide(layerQuiet)), NodeFileSystem.layer)

const problem = (options: SimulatorOptions) =>
  Effect.flip(runSimulator(options)).pipe(
    Effect.map((error) => error.message),
    Effect.scoped
  )

describe("a fleet on UDP", () => {
  it.live("answers on a port for each BMC until its scope closes", () =>
    Effect.gen(function* () {
      const client = yield* IpmiClient
      const port = yield* freePorts(2)
      yield* Effect.gen(function* () {
        const fleet = yield* runSimulator({ count: 2, port })
        fleet.setPower([1], false)
        const powers = yield* Effect.forEach([0, 1], (index) =>
          Effect.gen(function* () {
            const session = yield* client.session({
              host: "127.0.0.1",
              port: port + index,
              username: "admin",
              password: Redacted.make("secret"),
              privilege: "OPERATOR",
              cipherSuites: [17, 3]
            })
            return yield* session.request(getPower)
          })
        )
        expect(powers).toEqual([true, false])
        expect(fleet.report("all").map((bmc) => bmc.chassisStatusAnswered)).toEqual([1, 1])
      }).pipe(Effect.scoped)
      // all of them can be bound again
      yield* Effect.scoped(runSimulator({ count: 2, port }))
    }).pipe(Effect.provide(overUdp))
  )

  it.live("names the port that is in use, and leaves none bound", () =>
    Effect.gen(function* () {
      const port = yield* freePorts(3)
      yield* holdPort(port + 2)
      expect(yield* problem({ count: 3, port })).toBe(
        `can't listen on UDP 127.0.0.1:${port + 2}: the port is in use; choose another first port`
      )
      yield* Effect.scoped(Effect.andThen(holdPort(port), holdPort(port + 1)))
    }).pipe(Effect.provide(overUdp))
  )

  it.effect("names the port that is out of range", () =>
    Effect.gen(function* () {
      expect(yield* problem({ count: 10, port: 65_530 })).toBe(
        "can't listen on UDP 127.0.0.1:65539: ports go from 1 to 65535"
      )
      expect(yield* problem({ count: 1, port: 0 })).toBe("can't listen on UDP 127.0.0.1:0: ports go from 1 to 65535")
    }).pipe(Effect.provide(overUdp))
  )

  it.effect("names the option that makes no sense", () =>
    Effect.gen(function* () {
      expect(yield* problem({ count: 0, port: 20_000 })).toBe("--count: 0 is not a number of BMCs")
      expect(yield* problem({ count: 1, port: 20_000, seed: 1.5 })).toBe("--seed: 1.5 is not a whole number")
      expect(yield* problem({ count: 1, port: 20_000, username: "a name of 17 byte" })).toBe(
        "--user: longer than 16 bytes"
      )
      expect(yield* problem({ count: 1, port: 20_000, password: "é".repeat(11) })).toBe(
        "--password: longer than 20 bytes"
      )
      expect(yield* problem({ count: 1, port: 20_000, faults: { badPassword: -1 } })).toBe(
        "--bad-password: -1 is not a percentage from 0 to 100"
      )
    }).pipe(Effect.provide(overUdp))
  )

  it.live("touches no file when its ports are taken", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped({ prefix: "tutti-simulator-" })
      const port = yield* holdPort(0)
      const options = { count: 1, port, stateFile: `${folder}/power.json`, importFile: `${folder}/fleet.jsonl` }
      expect(yield* problem(options)).toContain("in use")
      expect(yield* fs.readDirectory(folder)).toEqual([])
    }).pipe(Effect.provide(overUdp))
  )
})
