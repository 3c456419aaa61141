/** `collect_sel`: hands all nodes to the collector of event logs, once a spacing. */
import * as Effect from "effect/Effect"
import type { PeriodicTask } from "../../periodics/PeriodicTask.ts"
import { ConductorConfig } from "../ConductorConfig.ts"
import { SelCollector } from "../SelCollector.ts"
import { selTask } from "../TaskNames.ts"

export const collectSel: Effect.Effect<PeriodicTask<never>, never, ConductorConfig | SelCollector> = Effect.gen(
  function* () {
    const config = yield* ConductorConfig
    const collector = yield* SelCollector
    return {
      name: selTask,
      timing: { _tag: "Spacing", spacing: config.collectSelInterval, strategy: "aligned" },
      jitter: 0,
      // A start has more urgent things to do than to read logs.
      runImmediately: false,
      enabled: true,
      timeout: null,
      overrun: "skip",
      run: collector.startRound
    }
  }
)
