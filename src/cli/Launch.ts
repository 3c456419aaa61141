/**
 * What commands need that is put together elsewhere: the long-running programs, and the client that talks to BMCs. The
 * command line only parses; the composition root provides this service.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type { IpmiClient } from "../ipmi/IpmiClient.ts"
import type { SimulatorOptions } from "../simulator/SimulatorOptions.ts"
import type { CliFailure } from "./CliFailure.ts"

export interface ServeOptions {
  readonly host: string
  readonly port: number
  /** Where the embedded database, the secrets key and the lock live; none: the environment decides. */
  readonly dataDir: Option.Option<string>
}

export interface DemoOptions {
  /** Of the API. */
  readonly port: number
  readonly count: number
  /** UDP port of the first BMC. */
  readonly bmcPort: number
}

export class Launch extends Context.Service<
  Launch,
  {
    /** Runs the conductor until the process is told to stop. */
    readonly serve: (options: ServeOptions) => Effect.Effect<void, CliFailure>
    /** A conductor with a simulated fleet, in a folder of its own. */
    readonly demo: (options: DemoOptions) => Effect.Effect<void, CliFailure>
    /** Simulated BMCs on UDP ports, until the process is told to stop. */
    readonly simulate: (options: SimulatorOptions) => Effect.Effect<void, CliFailure>
    /** The client of the commands that talk to BMCs themselves; opens its sockets when it is built. */
    readonly ipmiClient: Layer.Layer<IpmiClient, CliFailure>
  }
>()("tutti/cli/Launch") {}
