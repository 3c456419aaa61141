/** The governor over the real client and UDP, keeping nothing: what benches ask BMCs through. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Layer from "effect/Layer"
import * as DriverConnector from "../../../src/bmc/DriverConnector.ts"
import * as GateGovernor from "../../../src/bmc/GateGovernor.ts"
import { ProfileStore } from "../../../src/bmc/ProfileStore.ts"
import { IpmiClient } from "../../../src/ipmi/IpmiClient.ts"
import * as UdpTransport from "../../../src/ipmi/UdpTransport.ts"

export const governorLayer = GateGovernor.layer().pipe(
  Layer.provide(DriverConnector.layer),
  Layer.provide([
    IpmiClient.layer.pipe(Layer.provide(UdpTransport.layer)),
    ProfileStore.layerMemory,
    NodeServices.layer
  ])
)
