import { Effect, Fiber, Layer, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { BmcConnector } from "../../src/bmc/BmcConnector.ts"
import { makeFakeBmc, type FakeMachine } from "../../src/bmc/FakeBmc.ts"
import { makeIpmiBmc } from "../../src/bmc/IpmiBmc.ts"
import { MemoryConnector } from "../../src/bmc/MemoryConnector.ts"
import type { ArrangedAnswers } from "../../src/bmc/MemoryRequests.ts"
import { BmcInventory } from "../../src/domain/BmcInventory.ts"
import { SelPosition } from "../../src/domain/SelEntry.ts"
import { unknownProfile } from "../../src/domain/BmcProfile.ts"
import { IpmiClient } from "../../src/ipmi/IpmiClient.ts"
import { makeLanClient } from "../../src/ipmi/LanClient.ts"
import { instantPower } from "../../src/simulator/Chassis.ts"
import { MemoryNetwork } from "../../src/simulator/MemoryNetwork.ts"
import { bmcSuite, MachineUnderTest, wrongPassword } from "../suites/bmcSuite.ts"
import { endpointOf, nodeIdOf } from "./endpoints.ts"

/** Turns the test's clock until the effect is through, and no further than five minutes. */
const passing = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
    for (let turns = 0; fiber.pollUnsafe() === undefined; turns++) {
      if (turns > 30_000) return yield* Effect.die(new Error("not through after five minutes"))
      yield* TestClock.adjust(10)
    }
    return yield* Fiber.join(fiber)
  })

const fake = Layer.sync(MachineUnderTest, () => {
  const machine: FakeMachine = { power: "power off" }
  return {
    connect: () => Effect.sync(() => makeFakeBmc(machine)),
    setPower: (power) => Effect.sync(() => void (machine.power = power)),
    power: Effect.sync(() => machine.power),
    passing
  }
})

const arranged: ArrangedAnswers = {
  inspect: new BmcInventory({
    manufacturerId: 1,
    productId: 1,
    firmware: "1.00",
    ipmiVersion: "2.0",
    guid: null,
    chassisType: null,
    chassis: null,
    board: null,
    product: null,
    problems: []
  }),
  readSensors: ({ knownSheet }) => ({ sheetId: "none", sheet: knownSheet === null ? [] : null, values: [] }),
  readSel: {
    entries: [],
    position: new SelPosition({ anchors: [], erasedAt: null, entries: 0 }),
    change: "none",
    more: false
  }
}

const memory = Layer.effect(
  MachineUnderTest,
  Effect.gen(function* () {
    const connector = yield* BmcConnector
    const bmcs = yield* MemoryConnector
    const nodes = { machine: nodeIdOf(1), "wrong password": nodeIdOf(2), nowhere: nodeIdOf(3) }
    bmcs.arrange(nodes.machine, { power: "power on", answers: arranged })
    bmcs.arrange(nodes["wrong password"], { failure: "AuthenticationFailed" })
    bmcs.arrange(nodes.nowhere, { failure: "Unreachable", pings: false })
    let power: "power on" | "power off" = "power on"
    return {
      connect: (to) => connector.connect(endpointOf(nodes[to]), unknownProfile),
      setPower: (to) =>
        Effect.sync(() => {
          power = to
          bmcs.arrange(nodes.machine, { power })
        }),
      power: Effect.sync(() => power),
      passing
    }
  })
).pipe(Layer.provide(MemoryConnector.layer))

/** Our client over the in-memory network; `cipherSuites`: what the simulated BMC accepts. */
const simulated = (cipherSuites: ReadonlyArray<17 | 3>) =>
  Layer.effect(
    MachineUnderTest,
    Effect.gen(function* () {
      const client = yield* IpmiClient
      const { firstPort, fleet } = yield* MemoryNetwork
      const endpoints = {
        machine: endpointOf(nodeIdOf(1), { port: firstPort }),
        "wrong password": endpointOf(nodeIdOf(1), { port: firstPort, password: Redacted.make(wrongPassword) }),
        nowhere: endpointOf(nodeIdOf(1), { port: firstPort + 1 })
      }
      return {
        connect: (to) => makeIpmiBmc(client, endpoints[to], unknownProfile),
        setPower: (power) => Effect.sync(() => fleet.setPower("all", power === "power on")),
        power: Effect.sync(() => (fleet.report([0])[0]?.poweredOn === true ? "power on" : "power off")),
        passing
      }
    })
  ).pipe(
    Layer.provide(Layer.effect(IpmiClient, makeLanClient)),
    Layer.provide(MemoryNetwork.layer({ count: 1, cipherSuites, powerTiming: instantPower }))
  )

const everyCommand = ["cycle", "reset", "soft", "nmi"] as const

const doubles = { commands: everyCommand, learns: null, atOnce: true, live: false }
const overIpmi = { network: true, commands: everyCommand, obeys: true, atOnce: false, live: false }

bmcSuite("FakeBmc", fake, { ...doubles, network: false, obeys: true })
bmcSuite("MemoryConnector", memory, { ...doubles, network: true, obeys: false })
bmcSuite("IpmiBmc, suite 17, and the simulator", simulated([17]), { ...overIpmi, learns: 17 })
bmcSuite("IpmiBmc, suite 3, and the simulator", simulated([3]), { ...overIpmi, learns: 3 })
