/**
 * Acts on what power sync saw, off its hot path: what differs from the record, first observations, failures that became
 * too many, and BMCs that answer again.
 *
 * Every item is decided anew from the node as it is now, and dropped if somebody observed the node since. Records are
 * written in batches, each row guarded by the version that the decision was made on; power commands are sent one a node
 * under its lock, at most `correctionsAtOnce` of them. What does not succeed is left to the next pass, which sees the
 * same again.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type { PowerCommand } from "../bmc/Bmc.ts"
import { BmcGovernor } from "../bmc/BmcGovernor.ts"
import { label, type Node, type NodeId, type NodeRecord, type PowerObservation } from "../domain/Node.ts"
import { bmcFailed, corrected, notCorrected } from "../domain/PowerMessages.ts"
import { decide, type PowerAnswer, type SyncDecision } from "../domain/PowerSync.ts"
import { NodeStore } from "../store/NodeStore.ts"
import type { StoreError } from "../store/StoreError.ts"
import { ConductorConfig } from "./ConductorConfig.ts"
import { actionsPutOff } from "./ConductorMetrics.ts"
import { syncRulesOf } from "./GroupRules.ts"
import { Incidents } from "./Incidents.ts"
import { Journal } from "./Journal.ts"
import { NodeDirectory } from "./NodeDirectory.ts"
import { type NodeLease, NodeLock } from "./NodeLock.ts"
import { type Consequence, consequenceOf } from "./SyncConsequences.ts"
import { syncTask } from "./TaskNames.ts"

/** Items that may wait: a large fleet's first observations at once. What finds no room comes again with the next pass. */
const mostWaiting = 50_000
/** Rows of one transaction. */
const batchRows = 1000
/** How long what follows a batch gathers: a transaction a node would cost 3 ms each, and nobody sees the difference. */
const gatherMillis = 250
/** Between two warnings of nodes that went to fault. */
const warnEveryMillis = 10_000
/** Commands on their way at once; each takes milliseconds of a BMC that answers, and seconds of one that does not. */
const correctionsAtOnce = 32

/** Nodes read anew at once, since they are stored otherwise than known here: hardly ever one. */
const refreshesAtOnce = 16

export interface SyncItem {
  readonly nodeId: NodeId
  readonly answer: PowerAnswer
  /** The count before the answer. */
  readonly failures: number
  /** The node was in an incident, or came back from one. */
  readonly incident: boolean
  /** What was put into the directory for this answer. */
  readonly observation: PowerObservation
}

export class SyncActions extends Context.Service<
  SyncActions,
  {
    /** Takes the item over; never waits. */
    readonly offer: (item: SyncItem) => void
    /** Succeeds once nothing waits and nothing is under way. */
    readonly idle: Effect.Effect<void>
    readonly waiting: () => number
  }
>()("tutti/conductor/SyncActions") {
  static readonly layer: Layer.Layer<
    SyncActions,
    never,
    BmcGovernor | ConductorConfig | Incidents | Journal | NodeDirectory | NodeLock | NodeStore
  > = Layer.effect(
    SyncActions,
    Effect.suspend(() => make)
  )
}

interface Decided {
  readonly item: SyncItem
  readonly node: Node
  readonly decision: SyncDecision
}

const make = Effect.gen(function* () {
  const config = yield* ConductorConfig
  const directory = yield* NodeDirectory
  const governor = yield* BmcGovernor
  const incidents = yield* Incidents
  const journal = yield* Journal
  const locks = yield* NodeLock
  const store = yield* NodeStore
  const clock = yield* Clock.Clock
  const context = yield* Effect.context<never>()
  const items = yield* Queue.dropping<SyncItem>(mostWaiting)
  const corrections = yield* Queue.dropping<SyncItem>(mostWaiting)
  let waiting = 0
  let hurry = () => {}
  let becameIdle: ReadonlyArray<() => void> = []

  const finish = (count: number) => {
    waiting -= count
    if (waiting > 0) return
    const resumed = becameIdle
    becameIdle = []
    for (const resume of resumed) resume()
  }

  /** The decision by the node as it is now; undefined when somebody observed it since, or it is gone. */
  const decideAnew = (item: SyncItem, locked: boolean): Decided | undefined => {
    const record: NodeRecord | undefined = directory.get(item.nodeId)
    if (record === undefined || record.observation !== item.observation) return undefined
    const situation = {
      node: record.node,
      failures: item.failures,
      locked,
      incident: item.incident || incidents.holds(item.nodeId),
      reachable: true,
      nowMillis: clock.currentTimeMillisUnsafe()
    }
    return {
      item,
      node: record.node,
      decision: decide(item.answer, situation, syncRulesOf(config, record.node.conductorGroup))
    }
  }

  let faultsUnsaid = 0
  let saidAtMillis = -Infinity
  /** A rack that dies is some lines, not a line a node; the journal has each, and every pass says how many fail. */
  const warnOfFaults = (count: number, example: Node): Effect.Effect<void> => {
    faultsUnsaid += count
    const nowMillis = Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)
    if (nowMillis - saidAtMillis < warnEveryMillis) return Effect.void
    saidAtMillis = nowMillis
    const nodes = faultsUnsaid
    faultsUnsaid = 0
    return Effect.logWarning("Nodes are at fault: their BMCs fail, or the machines do not obey").pipe(
      Effect.annotateLogs({ nodes, node: label(example), error: example.lastError, task: syncTask })
    )
  }

  const write = Effect.fnUntraced(function* (batch: ReadonlyArray<Decided & { readonly consequence: Consequence }>) {
    const changed = yield* store.updateAll(
      batch.map(({ consequence: { changes }, node }) => ({ id: node.id, changes, expectedVersion: node.version }))
    )
    const byId = new Map(batch.map((entry) => [entry.node.id, entry]))
    for (const node of changed) {
      directory.put(node, syncTask)
      const facts = byId.get(node.id)?.consequence.facts ?? []
      if (byId.get(node.id)?.decision._tag === "Accept") incidents.accepted(node.id)
      for (const fact of facts) journal.record({ ...fact, nodeId: node.id, actor: syncTask })
    }
    const faults = changed.filter((node) => byId.get(node.id)?.decision._tag === "GiveUp")
    const example = faults[0]
    if (example !== undefined) yield* warnOfFaults(faults.length, example)
    const done = new Set(changed.map(({ id }) => id))
    // Left out, and nobody here knows why: the next pass decides by what is stored.
    const unknown = batch.filter(({ node }) => !done.has(node.id) && directory.get(node.id)?.node === node)
    const refresh = ({ node }: Decided) => directory.refresh(node.id, syncTask)
    yield* Effect.forEach(unknown, refresh, { concurrency: refreshesAtOnce, discard: true })
  })

  const handleBatch = Effect.fnUntraced(function* (batch: ReadonlyArray<SyncItem>) {
    const now = DateTime.makeUnsafe(clock.currentTimeMillisUnsafe())
    const writes: Array<Decided & { readonly consequence: Consequence }> = []
    for (const item of batch) {
      const decided = decideAnew(item, locks.holder(item.nodeId) !== undefined)
      if (decided === undefined) continue
      if (decided.decision._tag === "Correct") {
        if (Queue.offerUnsafe(corrections, item)) waiting++
        continue
      }
      const consequence = consequenceOf(decided.decision, item.answer, decided.node, now)
      if (consequence !== null) writes.push({ ...decided, consequence })
    }
    if (writes.length > 0) yield* write(writes)
  })

  const correct = Effect.fnUntraced(function* (item: SyncItem, { fence, holds }: NodeLease) {
    const decided = decideAnew(item, false)
    if (decided?.decision._tag !== "Correct" || item.answer._tag !== "Read" || !holds()) return
    const { node } = decided
    const { power } = decided.decision
    const fact = { nodeId: node.id, actor: syncTask, from: item.answer.power, to: power }
    const sent = yield* Effect.result(governor.power(node.id, command[power]))
    if (sent._tag === "Success") {
      const reason = corrected(power, item.answer.power)
      journal.record({ ...fact, kind: "PowerCorrected", severity: "WARNING", reason })
      return
    }
    const lastError = notCorrected(power, bmcFailed(sent.failure.reason, sent.failure.message))
    journal.record({ ...fact, kind: "PowerFailed", severity: "ERROR", reason: lastError })
    directory.put(yield* store.update(node.id, { lastError }, { fence }), syncTask)
  })

  const warn = (error: unknown) =>
    Effect.logWarning("What power sync saw could not be acted on; the next pass tries again", error).pipe(
      Effect.annotateLogs({ task: syncTask })
    )
  const survive = <A>(effect: Effect.Effect<A, StoreError>) =>
    effect.pipe(Effect.asVoid, Effect.catch(warn), Effect.catchDefect(warn))

  const somebodyWaits = Effect.callback<void>((resume) => {
    if (becameIdle.length > 0) return resume(Effect.void)
    hurry = () => resume(Effect.void)
  })
  const runBatches: Effect.Effect<void> = Effect.forever(
    Effect.gen(function* () {
      const batch = yield* Queue.takeBetween(items, 1, batchRows)
      yield* survive(handleBatch(batch))
      finish(batch.length)
      yield* Effect.timeoutOption(somebodyWaits, gatherMillis)
    })
  )
  const runCorrections: Effect.Effect<void> = Effect.forever(
    Effect.gen(function* () {
      const item = yield* Queue.take(corrections)
      yield* survive(locks.inBackground(item.nodeId, syncTask, (lease) => correct(item, lease)))
      finish(1)
    })
  )
  yield* Effect.forkScoped(runBatches)
  yield* Effect.forkScoped(
    Effect.forEach(Array.from({ length: correctionsAtOnce }), () => runCorrections, {
      concurrency: correctionsAtOnce,
      discard: true
    })
  )

  return SyncActions.of({
    offer: (item) => {
      if (Queue.offerUnsafe(items, item)) waiting++
      else actionsPutOff.updateUnsafe(1, context)
    },
    waiting: () => waiting,
    idle: Effect.callback((resume) => {
      if (waiting === 0) return resume(Effect.void)
      becameIdle = [...becameIdle, () => resume(Effect.void)]
      hurry()
    })
  })
})

const command: Readonly<Record<NonNullable<Node["desiredPower"]>, PowerCommand>> = {
  "power on": "on",
  "power off": "off"
}
