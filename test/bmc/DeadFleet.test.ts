/** The whole way of a read, governor to datagram, when BMCs are dead: counted at the network. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"
import { ChildProcessSpawner } from "effect/process"
import { TestClock } from "effect/testing"
import { BmcGovernor } from "../../src/bmc/BmcGovernor.ts"
import * as DriverConnector from "../../src/bmc/DriverConnector.ts"
import * as GateGovernor from "../../src/bmc/GateGovernor.ts"
import { ProfileStore } from "../../src/bmc/ProfileStore.ts"
import { IpmiClient } from "../../src/ipmi/IpmiClient.ts"
import { makeLanClient } from "../../src/ipmi/LanClient.ts"
import { MemoryNetwork } from "../../src/simulator/MemoryNetwork.ts"
import { endpointOf, nodeIdOf } from "./endpoints.ts"

const noPrograms = Layer.succeed(
  ChildProcessSpawner.ChildProcessSpawner,
  ChildProcessSpawner.make(() => Effect.die(new Error("no program is to be started")))
)

const fleetOf = (count: number) =>
  GateGovernor.layer().pipe(
    Layer.provide([DriverConnector.layer, ProfileStore.layerMemory]),
    Layer.provide(noPrograms),
    Layer.provideMerge(Layer.effect(IpmiClient, makeLanClient)),
    Layer.provideMerge(MemoryNetwork.layer({ count }))
  )

const count = 1_000
const passMillis = 30_000

/** Attaches all, and reads all every 30 s as power sync does. */
const watch = Effect.gen(function* () {
  const governor = yield* BmcGovernor
  const network = yield* MemoryNetwork
  const nodes = Array.from({ length: count }, (_, index) => nodeIdOf(index))
  for (const [index, nodeId] of nodes.entries()) {
    yield* governor.attach(endpointOf(nodeId, { port: network.firstPort + index }))
  }
  const outcomes = { on: 0, unreachable: 0, withheld: 0 }
  const reader = {
    onPower: () => void outcomes.on++,
    onFailure: (error: { readonly withheld: boolean }) => void outcomes[error.withheld ? "withheld" : "unreachable"]++
  }
  const pass = Effect.gen(function* () {
    for (const nodeId of nodes) governor.startRead(nodeId, reader)
    yield* TestClock.adjust(passMillis)
  })
  return { governor, network, nodes, outcomes, pass }
})

describe("a thousand dead BMCs", () => {
  const lines: Array<unknown> = []
  const recording = Logger.layer([Logger.make((line) => void lines.push(line.message))])

  it.effect(
    "cost a bounded number of datagrams in ten minutes, and no log line",
    () =>
      Effect.gen(function* () {
        const { governor, network, outcomes, pass } = yield* watch
        const client = yield* IpmiClient
        network.fleet.kill("all")
        for (let passes = 0; passes < 20; passes++) yield* pass
        const perBmc = client.stats().sent / count
        // 3 reads to open and at most 2 trials, each a login with all its tries, and about 7 probes of one datagram
        assert.isAtMost(perBmc, 30)
        assert.isAtLeast(perBmc, 10)
        assert.strictEqual(outcomes.on, 0)
        assert.isAtMost(outcomes.unreachable, 5 * count)
        assert.strictEqual(outcomes.unreachable + outcomes.withheld, 20 * count)
        assert.strictEqual(governor.counts().open + governor.counts().halfOpen, count)
        assert.deepStrictEqual(lines, [])
      }).pipe(Effect.provide(Layer.merge(fleetOf(count), recording))),
    30_000
  )

  it.effect(
    "are known again within two and a half minutes of coming back, and one session each is open",
    () =>
      Effect.gen(function* () {
        const { governor, network, outcomes, pass } = yield* watch
        network.fleet.kill("all")
        for (let passes = 0; passes < 20; passes++) yield* pass
        network.fleet.revive("all")
        for (let passes = 0; passes < 5; passes++) yield* pass
        outcomes.on = 0
        yield* pass
        assert.strictEqual(outcomes.on, count)
        assert.deepStrictEqual([governor.counts().open, governor.counts().halfOpen], [0, 0])
        assert.isTrue(network.fleet.report("all").every((report) => report.sessionsOpen === 1))
      }).pipe(Effect.provide(fleetOf(count))),
    30_000
  )

  it.effect(
    "leave no session behind when the governor's scope closes",
    () =>
      Effect.gen(function* () {
        const network = yield* MemoryNetwork
        yield* Effect.gen(function* () {
          const { outcomes, pass } = yield* watch
          yield* pass
          assert.strictEqual(outcomes.on, count)
          assert.strictEqual(network.fleet.counters().sessionsOpen, count)
        }).pipe(
          Effect.provide(
            GateGovernor.layer().pipe(
              Layer.provide([DriverConnector.layer, ProfileStore.layerMemory]),
              Layer.provide([noPrograms, Layer.effect(IpmiClient, makeLanClient)])
            )
          )
        )
        assert.strictEqual(network.fleet.counters().sessionsOpen, 0)
      }).pipe(Effect.provide(MemoryNetwork.layer({ count }))),
    30_000
  )
})
