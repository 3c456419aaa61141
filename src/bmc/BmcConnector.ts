/** Makes the `Bmc` of an endpoint: the one place that knows which driver is which client. The contract only. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { BmcProfile } from "../domain/BmcProfile.ts"
import type { Bmc } from "./Bmc.ts"
import type { BmcEndpoint } from "./BmcGovernor.ts"

export class BmcConnector extends Context.Service<
  BmcConnector,
  {
    /** Does no I/O until the BMC is first asked. What the BMC holds of ours is given back when the scope closes. */
    readonly connect: (endpoint: BmcEndpoint, profile: BmcProfile) => Effect.Effect<Bmc, never, Scope.Scope>
  }
>()("tutti/bmc/BmcConnector") {}
