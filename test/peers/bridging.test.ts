/** A controller behind a simulated BMC, switched by our client and by Debian's `ipmitool` (1.8.19) in turns. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { Bmc } from "../../src/bmc/Bmc.ts"
import type { BmcError } from "../../src/bmc/BmcError.ts"
import { makeIpmiBmc } from "../../src/bmc/IpmiBmc.ts"
import { makeIpmitool } from "../../src/bmc/IpmitoolBmc.ts"
import type { Bridging } from "../../src/domain/BridgingRules.ts"
import { unknownProfile } from "../../src/domain/BmcProfile.ts"
import type { PowerState } from "../../src/domain/PowerState.ts"
import { IpmiClient } from "../../src/ipmi/IpmiClient.ts"
import { makeLanClient } from "../../src/ipmi/LanClient.ts"
import * as UdpTransport from "../../src/ipmi/UdpTransport.ts"
import { instantPower } from "../../src/simulator/Chassis.ts"
import { makeFleet } from "../../src/simulator/Fleet.ts"
import { bindFleet } from "../../src/simulator/UdpFleet.ts"
import { endpointOf, nodeIdOf } from "../bmc/endpoints.ts"
import { freePorts } from "../simulator/ports.ts"

const bridging: Bridging = { target: { channel: 0, address: 0x82 }, transit: null, localAddress: null }

const read = (bmc: Bmc) =>
  Effect.callback<PowerState, BmcError>((resume) => {
    const withdraw = bmc.readPower({
      onPower: (power) => resume(Effect.succeed(power)),
      onFailure: (error) => resume(Effect.fail(error))
    })
    return Effect.sync(withdraw)
  })

const services = Layer.effect(IpmiClient, makeLanClient).pipe(
  Layer.provide(UdpTransport.layerQuiet),
  Layer.merge(NodeServices.layer)
)

describe("a controller behind a BMC", () => {
  it.live("obeys our client and ipmitool alike, and both see it", () =>
    Effect.gen(function* () {
      const port = yield* freePorts(1)
      const fleet = yield* makeFleet({ count: 1, powerTiming: instantPower })
      yield* bindFleet(fleet, port)
      const client = yield* IpmiClient
      const program = yield* makeIpmitool()
      const ours = yield* makeIpmiBmc(client, endpointOf(nodeIdOf(1), { port, bridging }), unknownProfile)
      const theirs = program.bmc(
        endpointOf(nodeIdOf(2), { driver: "ipmitool", port, bridging }),
        unknownProfile,
        Effect.void
      )
      const both = Effect.all([read(ours), read(theirs)])
      assert.deepStrictEqual(yield* both, ["power on", "power on"])
      yield* theirs.power("off")
      assert.deepStrictEqual(yield* both, ["power off", "power off"])
      yield* ours.power("on")
      assert.deepStrictEqual(yield* both, ["power on", "power on"])
    }).pipe(Effect.provide(services))
  )
})
