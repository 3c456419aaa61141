/**
 * `manage_node_history`: keeps the newest entries of each node's journal, and as many of those of no node. Deletes in
 * batches, each a statement of its own, so that nobody waits for a day's worth of deletions.
 */
import * as Effect from "effect/Effect"
import type { PeriodicTask } from "../../periodics/PeriodicTask.ts"
import { JournalStore } from "../../store/JournalStore.ts"
import type { StoreError } from "../../store/StoreError.ts"
import { ConductorConfig } from "../ConductorConfig.ts"
import { historyTask } from "../TaskNames.ts"

export const manageNodeHistory: Effect.Effect<
  PeriodicTask<StoreError>,
  never,
  ConductorConfig | JournalStore
> = Effect.gen(function* () {
  const config = yield* ConductorConfig
  const journal = yield* JournalStore
  return {
    name: historyTask,
    timing: { _tag: "Spacing", spacing: config.nodeHistoryCleanupInterval, strategy: "last-finished" },
    jitter: 0.05,
    // A conductor that is started anew every day cleans up all the same.
    runImmediately: true,
    enabled: true,
    timeout: null,
    overrun: "skip",
    run: Effect.gen(function* () {
      let deleted = 0
      for (let more = true; more;) {
        const limit = config.nodeHistoryCleanupBatchCount
        const gone = yield* journal.prune({ keepPerNode: config.nodeHistoryMaxEntries, limit })
        deleted += gone
        more = gone === limit
      }
      if (deleted === 0) return
      yield* Effect.logInfo("Old entries of the journal were deleted").pipe(
        Effect.annotateLogs({ entries: deleted, task: historyTask })
      )
    })
  }
})
