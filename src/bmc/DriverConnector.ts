/** The driver decides the client: `ipmi` ours, `ipmitool` the program, `fake-hardware` a machine in memory. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import type { NodeId } from "../domain/Node.ts"
import { IpmiClient } from "../ipmi/IpmiClient.ts"
import { BmcConnector } from "./BmcConnector.ts"
import { type FakeMachine, makeFakeBmc } from "./FakeBmc.ts"
import { makeIpmiBmc, pingOf } from "./IpmiBmc.ts"
import { makeIpmitool } from "./IpmitoolBmc.ts"
import { SdrPool } from "./SdrPool.ts"

export const layer: Layer.Layer<BmcConnector, never, IpmiClient | ChildProcessSpawner> = Layer.effect(
  BmcConnector,
  Effect.gen(function* () {
    const client = yield* IpmiClient
    const pool = new SdrPool()
    const ipmitool = yield* makeIpmitool("ipmitool", pool)
    // one small object per fake node that was ever attached; a fleet of them is a test's
    const machines = new Map<NodeId, FakeMachine>()
    const machineOf = (nodeId: NodeId): FakeMachine => {
      const machine = machines.get(nodeId) ?? { power: "power off" }
      machines.set(nodeId, machine)
      return machine
    }
    return BmcConnector.of({
      connect: (endpoint, profile) => {
        switch (endpoint.driver) {
          case "ipmi":
            return makeIpmiBmc(client, endpoint, profile, pool)
          case "ipmitool":
            return Effect.sync(() => ipmitool.bmc(endpoint, profile, pingOf(client, endpoint)))
          case "fake-hardware":
            return Effect.sync(() => makeFakeBmc(machineOf(endpoint.nodeId)))
        }
      }
    })
  })
)
