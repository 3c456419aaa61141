/** A server over the real conductor, its stores in memory and its BMCs arranged by the test, and the command line that asks it. */
import { Context, Effect, Layer } from "effect"
import type { MemoryGovernor } from "../../../src/bmc/MemoryGovernor.ts"
import { startReal } from "../../server/support/RealConductor.ts"
import { runTutti, type Surroundings } from "./runTutti.ts"

export class RealServer extends Context.Service<
  RealServer,
  {
    readonly bmcs: MemoryGovernor["Service"]
    readonly tutti: (args: ReadonlyArray<string>, surroundings?: Surroundings) => ReturnType<typeof runTutti>
  }
>()("test/cli/RealServer") {
  static readonly layer = Layer.effect(
    RealServer,
    Effect.map(startReal, ({ bmcs, client }) => ({
      bmcs,
      tutti: (args: ReadonlyArray<string>, surroundings: Surroundings = {}) =>
        runTutti(args, { url: client.base, ...surroundings })
    }))
  )
}
