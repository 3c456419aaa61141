/** Two simulated BMCs on loopback, and `tutti ipmi` as their administrator. */
import { Effect, Layer } from "effect"
import { IpmiClient } from "../../../src/ipmi/IpmiClient.ts"
import * as UdpTransport from "../../../src/ipmi/UdpTransport.ts"
import { makeFleet } from "../../../src/simulator/Fleet.ts"
import { bindFleet } from "../../../src/simulator/UdpFleet.ts"
import { freePorts } from "../../simulator/ports.ts"
import { runTutti } from "./runTutti.ts"

const ipmiClient = IpmiClient.layer.pipe(Layer.provide(UdpTransport.layerQuiet), Layer.orDie)

export const simulatedBmcs = Effect.gen(function* () {
  const port = yield* freePorts(2)
  const fleet = yield* makeFleet({ count: 2 })
  yield* bindFleet(fleet, port)
  const as = (user: string, password: string, stdin?: string) => (args: ReadonlyArray<string>) =>
    runTutti(["ipmi", ...args, "-U", user, "-P", password], {
      launch: { ipmiClient },
      ...(stdin === undefined ? {} : { stdin })
    })
  const tutti = (...args: ReadonlyArray<string>) => as("admin", "secret")(args)
  const json = (...args: ReadonlyArray<string>) => Effect.map(tutti(...args, "--json"), ({ out }) => JSON.parse(out))
  return { first: `127.0.0.1:${port}`, both: `127.0.0.1:[${port}-${port + 1}]`, tutti, json, as }
})
