/** `cleanup_stale_conductors`: forgets conductors that have been offline for weeks, some at a time. */
import * as Effect from "effect/Effect"
import type { PeriodicTask } from "../../periodics/PeriodicTask.ts"
import type { StoreError } from "../../store/StoreError.ts"
import { ConductorConfig } from "../ConductorConfig.ts"
import { Conductors } from "../Conductors.ts"
import { Journal } from "../Journal.ts"
import { staleConductorsTask } from "../TaskNames.ts"

/** Forgotten in one run, as by Ironic: a daily run has hardly ever one. */
const mostAtOnce = 50

export const cleanupStaleConductors: Effect.Effect<
  PeriodicTask<StoreError>,
  never,
  ConductorConfig | Conductors | Journal
> = Effect.gen(function* () {
  const config = yield* ConductorConfig
  const conductors = yield* Conductors
  const journal = yield* Journal
  return {
    name: staleConductorsTask,
    timing: { _tag: "Spacing", spacing: config.conductorCleanupInterval, strategy: "last-started" },
    jitter: 0.05,
    runImmediately: false,
    enabled: true,
    timeout: null,
    overrun: "skip",
    run: Effect.map(conductors.forgetStale(mostAtOnce), (forgotten) => {
      for (const hostname of forgotten) {
        const reason = "It was offline for too long to come back."
        journal.record({ nodeId: null, kind: "ConductorForgotten", actor: staleConductorsTask, from: hostname, reason })
      }
    })
  }
})
