/**
 * `sync_power_states`: hands the fleet to the flow of power reads, once a spacing. The run ends when they are handed
 * over; no BMC, however slow, makes it longer or the next one later.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { PeriodicTask } from "../../periodics/PeriodicTask.ts"
import { ConductorConfig } from "../ConductorConfig.ts"
import type { PassSummary } from "../OpenPasses.ts"
import { SyncFlow } from "../SyncFlow.ts"
import { syncTask } from "../TaskNames.ts"

export const syncPowerStates: Effect.Effect<PeriodicTask<never>, never, ConductorConfig | SyncFlow> = Effect.gen(
  function* () {
    const config = yield* ConductorConfig
    const flow = yield* SyncFlow
    let reported = 0
    /** Says how many BMCs failed, when that is another number than last time: one line a pass, not one a node. */
    const report = (pass: PassSummary) =>
      Effect.suspend(() => {
        const { nodes, number, outcomes, skipped } = pass
        const failed = nodes - outcomes.ok
        if (failed === reported) return Effect.void
        reported = failed
        const annotations = { task: syncTask, pass: number, nodes, failed, stillDue: skipped, ...outcomes }
        return (
          failed === 0 ? Effect.logInfo("All BMCs answer power sync again") : Effect.logWarning("BMCs fail power sync")
        ).pipe(Effect.annotateLogs(annotations))
      })
    return {
      name: syncTask,
      timing: { _tag: "Spacing", spacing: config.syncPowerStateInterval, strategy: "aligned" },
      jitter: 0,
      runImmediately: true,
      enabled: true,
      timeout: null,
      overrun: "skip",
      run: Effect.flatMap(flow.startPass, Option.match({ onNone: () => Effect.void, onSome: report }))
    }
  }
)
