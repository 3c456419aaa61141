/**
 * Ends power actions that were left pending: by an earlier process, or by one that lost the node's lock. On and off are re-checked by a read: seen, they are confirmed. Nothing is
 * sent again, and least of all a reboot, of which no read can tell whether it happened: `last_error` says so.
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { BmcGovernor } from "../bmc/BmcGovernor.ts"
import type { NodeId } from "../domain/Node.ts"
import { conductorEnded, confirmedLater, leftBehind, lockEnded } from "../domain/PowerMessages.ts"
import { isReboot, type PowerState, stateAfter } from "../domain/PowerState.ts"
import type { NodeChanges, NodeStore } from "../store/NodeStore.ts"
import type { Journal } from "./Journal.ts"
import type { NodeDirectory } from "./NodeDirectory.ts"
import type { NodeLease, NodeLock } from "./NodeLock.ts"
import { orphansTask } from "./TaskNames.ts"

/** BMCs asked at once; what was in flight when a process ended is rarely more. */
const atOnce = 64
/** Two tries more, for a BMC that had its session cut off together with the process. */
const readAgain = { times: 2, schedule: Schedule.spaced(Duration.seconds(2)) }

/** While the database is away and the lock holds; power sync leaves the node alone until then. */
const writeAgain = Schedule.spaced(Duration.seconds(1))

/** Who ends them, as the journal tells it, and what had become of who carried them out. */
export interface Occasion {
  readonly actor: string
  readonly happened: string
}
export const atStart: Occasion = { actor: "start", happened: conductorEnded }
export const ofOrphan: Occasion = { actor: orphansTask, happened: lockEnded }

interface Parts {
  readonly directory: NodeDirectory["Service"]
  readonly governor: BmcGovernor["Service"]
  readonly journal: Journal["Service"]
  readonly locks: NodeLock["Service"]
  readonly store: NodeStore["Service"]
  readonly observe: (nodeId: NodeId, power: PowerState) => void
}

/** One that can't be resolved, since somebody has its lock or the database is away, is left to the next orphan check. */
export const resolvePending = (parts: Parts, { actor, happened }: Occasion): Effect.Effect<void> => {
  const { directory, governor, journal, locks, observe, store } = parts
  const resolve = Effect.fnUntraced(function* (id: NodeId, { fence }: NodeLease) {
    const node = directory.get(id)?.node
    const pending = node?.pendingPower ?? null
    if (node === undefined || pending === null) return
    const read = yield* Effect.result(Effect.retry(governor.readPower(id), readAgain))
    const power = read._tag === "Success" ? read.success : null
    const readError = read._tag === "Failure" ? read.failure.message : null
    if (power !== null) observe(id, power)
    const fact = { nodeId: id, actor, from: node.desiredPower, to: stateAfter(pending.action) }
    const isDone = power !== null && power === stateAfter(pending.action) && !isReboot(pending.action)
    const lastError = isDone
      ? null
      : leftBehind(pending.action, DateTime.formatIso(pending.requestedAt), power, readError, happened)
    const changes: NodeChanges = isDone
      ? { pendingPower: null, lastError, desiredPower: power }
      : { pendingPower: null, lastError }
    const update = store.updateAll([{ id, changes, expectedVersion: node.version, fence }])
    const [changed] = yield* Effect.retry(update, { while: (error) => error.isRetryable, schedule: writeAgain })
    if (changed === undefined) return yield* directory.refresh(id, actor)
    directory.put(changed, actor)
    journal.record(
      isDone
        ? { ...fact, kind: "PowerChanged", reason: confirmedLater(pending.action, happened) }
        : { ...fact, kind: "PowerAborted", severity: "ERROR", reason: lastError }
    )
  })
  return Effect.suspend(() => {
    const left = Array.from(directory.all()).filter(
      ({ node }) => node.pendingPower !== null && locks.holder(node.id) === undefined
    )
    return Effect.forEach(
      left,
      ({ node: { id } }) =>
        locks
          .inBackground(id, actor, (lease) => resolve(id, lease))
          .pipe(
            Effect.catch((error) =>
              Effect.logWarning(
                "A pending power action could not be resolved; the next orphan check tries again",
                error.message
              ).pipe(Effect.annotateLogs({ node: id }))
            )
          ),
      { concurrency: atOnce, discard: true }
    )
  })
}
