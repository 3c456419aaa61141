/** Nodes whose BMC is a controller behind another: our client and the simulator's satellites. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Bmc } from "../../src/bmc/Bmc.ts"
import type { BmcError } from "../../src/bmc/BmcError.ts"
import { makeIpmiBmc } from "../../src/bmc/IpmiBmc.ts"
import type { Bridging } from "../../src/domain/BridgingRules.ts"
import { unknownProfile } from "../../src/domain/BmcProfile.ts"
import type { PowerState } from "../../src/domain/PowerState.ts"
import { IpmiClient } from "../../src/ipmi/IpmiClient.ts"
import { instantPower } from "../../src/simulator/Chassis.ts"
import { MemoryNetwork } from "../../src/simulator/MemoryNetwork.ts"
import { passing, simulated } from "../simulator/clients.ts"
import { endpointOf, nodeIdOf } from "./endpoints.ts"

const single: Bridging = { target: { channel: 0, address: 0x82 }, transit: null, localAddress: null }
const dual: Bridging = {
  target: { channel: 7, address: 0xc4 },
  transit: { channel: 0, address: 0x82 },
  localAddress: 0x20
}

const connect = Effect.fnUntraced(function* (bridging: Bridging | null) {
  const client = yield* IpmiClient
  const { firstPort } = yield* MemoryNetwork
  return yield* makeIpmiBmc(client, endpointOf(nodeIdOf(1), { port: firstPort, bridging }), unknownProfile)
})

const read = (bmc: Bmc) =>
  passing(
    Effect.callback<PowerState, BmcError>((resume) => {
      const withdraw = bmc.readPower({
        onPower: (power) => resume(Effect.succeed(power)),
        onFailure: (error) => resume(Effect.fail(error))
      })
      return Effect.sync(withdraw)
    })
  )

const world = simulated({ count: 1, powerTiming: instantPower })

describe("a node behind a bridge", () => {
  it.effect("is read and switched itself, and nobody on the way to it", () =>
    Effect.gen(function* () {
      const bmcs = { onTheWay: yield* connect(null), single: yield* connect(single), dual: yield* connect(dual) }
      const powers = Effect.all({ onTheWay: read(bmcs.onTheWay), single: read(bmcs.single), dual: read(bmcs.dual) })
      yield* passing(bmcs.onTheWay.power("on"))
      assert.deepStrictEqual(yield* powers, { onTheWay: "power on", single: "power on", dual: "power on" })
      yield* passing(bmcs.dual.power("off"))
      assert.deepStrictEqual(yield* powers, { onTheWay: "power on", single: "power on", dual: "power off" })
      yield* passing(bmcs.single.power("off"))
      yield* passing(bmcs.dual.power("on"))
      assert.deepStrictEqual(yield* powers, { onTheWay: "power on", single: "power off", dual: "power on" })
      const refused = yield* Effect.flip(passing(bmcs.single.power("cycle")))
      assert.strictEqual(refused.reason, "Protocol")
      yield* passing(bmcs.dual.power("cycle"))
      assert.deepStrictEqual(yield* powers, { onTheWay: "power on", single: "power off", dual: "power on" })
    }).pipe(Effect.provide(world))
  )

  it.effect("fails with the way in words when nobody has its address", () =>
    Effect.gen(function* () {
      const bmc = yield* connect({ ...single, target: { channel: 0, address: 0x90 } })
      const error = yield* Effect.flip(read(bmc))
      assert.include(error.message, "0x90 on channel 0")
    }).pipe(Effect.provide(world))
  )

  it.effect("gives back the session of the BMC on the way", () =>
    Effect.gen(function* () {
      const { fleet } = yield* MemoryNetwork
      const bmc = yield* connect(single)
      yield* read(bmc)
      assert.strictEqual(fleet.report([0])[0]?.sessionsOpen, 1)
      yield* passing(bmc.disconnect)
      assert.strictEqual(fleet.report([0])[0]?.sessionsOpen, 0)
    }).pipe(Effect.provide(world))
  )
})
