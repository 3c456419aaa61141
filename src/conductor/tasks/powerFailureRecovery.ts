/**
 * `power_failure_recovery`: tries nodes at fault again, many at once. Power sync sees most BMCs come back by itself; this
 * task is for the machines that did not obey, and for those that sync can't decide about.
 *
 * A success ends the fault, takes what is seen for the record, and never touches an operator's maintenance. A BMC that
 * fails is tried at ever longer intervals; what the governor withholds costs nothing.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { BmcGovernor } from "../../bmc/BmcGovernor.ts"
import type { NodeId, NodeRecord } from "../../domain/Node.ts"
import type { PowerState } from "../../domain/PowerState.ts"
import type { PeriodicTask } from "../../periodics/PeriodicTask.ts"
import { NodeStore } from "../../store/NodeStore.ts"
import { ConductorConfig } from "../ConductorConfig.ts"
import { Journal } from "../Journal.ts"
import { NodeDirectory } from "../NodeDirectory.ts"
import { type NodeLease, NodeLock } from "../NodeLock.ts"
import { Ownership } from "../Ownership.ts"
import { consequenceOf } from "../SyncConsequences.ts"
import { recoveryTask } from "../TaskNames.ts"

/** BMCs tried at once: a thousand dead ones take some minutes then, and the living don't notice. */
const atOnce = 64
/** The longest back-off, in spacings: some hours of being dead, and then an hour between tries. */
const longestBackOff = 12

export const powerFailureRecovery: Effect.Effect<
  PeriodicTask<never>,
  never,
  BmcGovernor | ConductorConfig | Journal | NodeDirectory | NodeLock | NodeStore | Ownership
> = Effect.gen(function* () {
  const config = yield* ConductorConfig
  const directory = yield* NodeDirectory
  const governor = yield* BmcGovernor
  const journal = yield* Journal
  const locks = yield* NodeLock
  const ownership = yield* Ownership
  const store = yield* NodeStore
  /** Of nodes that failed here: how often in a row, and when to try again by the monotonic clock. */
  const backOff = new Map<NodeId, { readonly tries: number; readonly nextMillis: number }>()

  const monotonicMillis = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e6)

  /** Looks without the lock, which is for the few that answer: a fleet of dead BMCs takes none. */
  const recover = Effect.fnUntraced(function* (id: NodeId) {
    const read = yield* Effect.result(governor.readPower(id))
    const nowMillis = yield* Clock.currentTimeMillis
    if (read._tag === "Failure") {
      const tries = (backOff.get(id)?.tries ?? 0) + 1
      const spacingMillis = Duration.toMillis(config.powerFailureRecoveryInterval)
      const pauseMillis = spacingMillis * Math.min(2 ** (tries - 1), longestBackOff)
      // Less a moment: the run that comes then may be a little early.
      backOff.set(id, { tries, nextMillis: (yield* monotonicMillis) + pauseMillis - 1000 })
      return
    }
    const power = read.success
    directory.observe({ nodeId: id, power, observedAtMillis: nowMillis, failures: 0 })
    yield* locks.inBackground(id, recoveryTask, (lease) => clear(id, power, lease))
  })

  const clear = Effect.fnUntraced(function* (id: NodeId, power: PowerState, { fence }: NodeLease) {
    const record = directory.get(id)
    if (record === undefined || !isCandidate(record)) return
    const { node } = record
    const answer = { _tag: "Read", power } as const
    const consequence = consequenceOf({ _tag: "Recover", power, failures: 0 }, answer, node, yield* DateTime.now)
    if (consequence === null) return
    const update = { id, changes: consequence.changes, expectedVersion: node.version, fence }
    const [changed] = yield* store.updateAll([update])
    if (changed === undefined) return yield* directory.refresh(id, recoveryTask)
    directory.put(changed, recoveryTask)
    for (const fact of consequence.facts) journal.record({ ...fact, nodeId: id, actor: recoveryTask })
  })

  /** One node's failure to be written is that node's: the others are tried all the same. */
  const tryOne = ({ node: { id } }: NodeRecord) => {
    const warn = (cause: unknown) =>
      Effect.logWarning("A node's recovery could not be recorded; it is tried again later", cause).pipe(
        Effect.annotateLogs({ node: id, task: recoveryTask })
      )
    return recover(id).pipe(
      Effect.catch((error) => warn(error.message)),
      Effect.catchDefect(warn)
    )
  }

  const isCandidate = ({ node }: NodeRecord): boolean =>
    node.fault !== null && node.provisionState !== "enroll" && node.pendingPower === null && ownership.isMine(node.id)

  return {
    name: recoveryTask,
    timing: { _tag: "Spacing", spacing: config.powerFailureRecoveryInterval, strategy: "last-started" },
    jitter: 0.05,
    runImmediately: false,
    enabled: true,
    timeout: null,
    overrun: "skip",
    run: Effect.gen(function* () {
      const nowMillis = yield* monotonicMillis
      const candidates = Array.from(directory.all()).filter(isCandidate)
      const ids = new Set(candidates.map(({ node }) => node.id))
      for (const id of backOff.keys()) if (!ids.has(id)) backOff.delete(id)
      const due = candidates.filter(({ node }) => (backOff.get(node.id)?.nextMillis ?? -Infinity) <= nowMillis)
      yield* Effect.forEach(due, tryOne, { concurrency: atOnce, discard: true })
    })
  }
})
