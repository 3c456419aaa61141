/**
 * Ends what an earlier process left pending. On and off are re-checked by a read: seen, they are confirmed. Nothing is
 * sent again, and least of all a reboot, of which no read can tell whether it happened: `last_error` says so.
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { BmcGovernor } from "../bmc/BmcGovernor.ts"
import type { NodeId, NodeRecord } from "../domain/Node.ts"
import { confirmedLater, leftBehind } from "../domain/PowerMessages.ts"
import { isReboot, type PowerState, stateAfter } from "../domain/PowerState.ts"
import type { NodeChanges, NodeStore } from "../store/NodeStore.ts"
import type { Journal } from "./Journal.ts"
import type { NodeDirectory } from "./NodeDirectory.ts"
import type { NodeLock } from "./NodeLock.ts"

/** BMCs asked at once; what was in flight when a process ended is rarely more. */
const atOnce = 64
/** Two tries more, for a BMC that had its session cut off together with the process. */
const readAgain = { times: 2, schedule: Schedule.spaced(Duration.seconds(2)) }

/** While the database is away; power sync leaves the node alone until then. */
const writeAgain = Schedule.spaced(Duration.seconds(1))

/** Who ends them, as the journal tells it. */
const actor = "start"

interface Parts {
  readonly directory: NodeDirectory["Service"]
  readonly governor: BmcGovernor["Service"]
  readonly journal: Journal["Service"]
  readonly locks: NodeLock["Service"]
  readonly store: NodeStore["Service"]
  readonly observe: (nodeId: NodeId, power: PowerState) => void
}

export const resolvePending = ({ directory, governor, journal, locks, observe, store }: Parts): Effect.Effect<void> => {
  const resolve = Effect.fnUntraced(function* ({ node }: NodeRecord) {
    const pending = node.pendingPower
    if (pending === null) return
    const read = yield* Effect.result(Effect.retry(governor.readPower(node.id), readAgain))
    const power = read._tag === "Success" ? read.success : null
    const readError = read._tag === "Failure" ? read.failure.message : null
    if (power !== null) observe(node.id, power)
    const fact = { nodeId: node.id, actor, from: node.desiredPower, to: stateAfter(pending.action) }
    const isDone = power !== null && power === stateAfter(pending.action) && !isReboot(pending.action)
    const lastError = isDone
      ? null
      : leftBehind(pending.action, DateTime.formatIso(pending.requestedAt), power, readError)
    const changes: NodeChanges = isDone
      ? { pendingPower: null, lastError, desiredPower: power }
      : { pendingPower: null, lastError }
    const update = store.updateAll([{ id: node.id, changes, expectedVersion: node.version }])
    for (const changed of yield* Effect.retry(update, { while: (error) => error.isRetryable, schedule: writeAgain })) {
      directory.put(changed)
      journal.record(
        isDone
          ? { ...fact, kind: "PowerChanged", reason: confirmedLater(pending.action) }
          : { ...fact, kind: "PowerAborted", severity: "ERROR", reason: lastError }
      )
    }
  })
  return Effect.suspend(() => {
    const left = Array.from(directory.all()).filter(({ node }) => node.pendingPower !== null)
    return Effect.forEach(
      left,
      (record) =>
        locks
          .inBackground(record.node.id, actor, () => resolve(record))
          .pipe(
            Effect.catch((error) =>
              Effect.logWarning(
                "A pending power action could not be resolved; the next start tries again",
                error.message
              ).pipe(Effect.annotateLogs({ node: record.node.id }))
            )
          ),
      { concurrency: atOnce, discard: true }
    )
  })
}
