/** `keepalive`: says in the database that this conductor lives, and looks who else does. */
import * as Effect from "effect/Effect"
import type { PeriodicTask } from "../../periodics/PeriodicTask.ts"
import type { StoreError } from "../../store/StoreError.ts"
import { ConductorConfig } from "../ConductorConfig.ts"
import { Conductors } from "../Conductors.ts"
import { keepAliveTask } from "../TaskNames.ts"

export const keepAlive: Effect.Effect<PeriodicTask<StoreError>, never, ConductorConfig | Conductors> = Effect.gen(
  function* () {
    const config = yield* ConductorConfig
    const conductors = yield* Conductors
    return {
      name: keepAliveTask,
      timing: { _tag: "Spacing", spacing: config.heartbeatInterval, strategy: "last-started" },
      jitter: 0,
      runImmediately: false,
      enabled: true,
      timeout: null,
      overrun: "skip",
      run: conductors.beat
    }
  }
)
