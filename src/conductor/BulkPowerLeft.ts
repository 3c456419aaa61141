/**
 * Ends the power jobs that an earlier process left, with what is true of each node: what was never begun was never
 * touched; what was begun is asked for by a read, and never sent again.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { type BulkJob, type BulkPart, countParts, isEnded, mostNodes } from "../domain/BulkPower.ts"
import { formatMillis } from "../domain/Node.ts"
import { leftBehind } from "../domain/PowerMessages.ts"
import { isReboot, stateAfter } from "../domain/PowerState.ts"
import type { BulkPowerStore, PartUpdate } from "../store/BulkPowerStore.ts"
import { describeCounts } from "./BulkPowerPlan.ts"
import { untilWritten } from "./BulkRuns.ts"
import type { Journal } from "./Journal.ts"
import type { NodeDirectory } from "./NodeDirectory.ts"
import type { PowerControl } from "./PowerControl.ts"

/** BMCs asked at once, as for pending actions. */
const atOnce = 64

export const notBegun = "The conductor stopped before its turn came; its BMC was not touched."

interface Parts {
  readonly directory: NodeDirectory["Service"]
  readonly journal: Journal["Service"]
  readonly power: PowerControl["Service"]
  readonly store: BulkPowerStore["Service"]
  readonly isRunning: (jobId: string) => boolean
}

export const resolveLeft = ({ directory, isRunning, journal, power, store }: Parts): Effect.Effect<void> => {
  /** What became of a part that was begun. */
  const resolvePart = Effect.fnUntraced(function* (
    job: BulkJob,
    part: BulkPart
  ): Effect.fn.Return<Pick<PartUpdate, "state" | "detail">> {
    const record = directory.get(part.nodeId)
    if (record === undefined) return { state: "failed", detail: "The node is gone; what became of it is not known." }
    const { error, power: seen } = yield* Effect.orElseSucceed(power.readNow(part.nodeId), () => ({
      power: null,
      error: null
    }))
    if (seen === stateAfter(job.action) && !isReboot(job.action)) {
      return { state: "confirmed", detail: "The conductor stopped meanwhile; a read after its next start shows it." }
    }
    const begunAt = part.begunAtMillis === null ? "an unknown time" : formatMillis(part.begunAtMillis)
    return {
      state: "failed",
      detail: record.node.lastError ?? leftBehind(job.action, begunAt, seen, error)
    }
  })

  const resolveJob = Effect.fnUntraced(function* (job: BulkJob) {
    const nowMillis = yield* Clock.currentTimeMillis
    const now = DateTime.makeUnsafe(nowMillis)
    yield* untilWritten(store.endWaiting(job.id, notBegun, now))
    const begun = yield* untilWritten(store.parts(job.id, { states: ["begun"], limit: mostNodes }))
    const updates = yield* Effect.forEach(
      begun,
      (part) =>
        Effect.map(resolvePart(job, part), (end): PartUpdate => ({
          ...part,
          ...end,
          jobId: job.id,
          endedAtMillis: nowMillis
        })),
      { concurrency: atOnce }
    )
    yield* untilWritten(store.updateParts(updates))
    const state = job.state === "aborting" ? "aborted" : "stopped"
    yield* untilWritten(store.setState(job.id, state, now))
    const counts = countParts(yield* untilWritten(store.parts(job.id, { limit: mostNodes })))
    journal.record({
      nodeId: null,
      kind: "BulkPowerEnded",
      severity: "WARNING",
      actor: "start",
      to: stateAfter(job.action),
      reason: `${job.action} of ${job.nodes} nodes (${job.selection}), job ${job.id}: ${state}; ${describeCounts(counts)}`
    })
  })

  return Effect.gen(function* () {
    const left = (yield* untilWritten(store.list)).filter(({ job }) => !isEnded(job) && !isRunning(job.id))
    yield* Effect.forEach(left, ({ job }) => resolveJob(job), { discard: true })
  }).pipe(
    Effect.catch((error) =>
      Effect.logWarning("A power job that was left could not be ended; the next start tries again", error.message)
    )
  )
}
