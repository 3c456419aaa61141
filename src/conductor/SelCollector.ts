/**
 * Follows the event logs of BMCs into the journal. How far a log was read is written in one transaction with the events
 * before it: a crash, a database that goes away, or two conductors at once leave none out and none twice.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { BmcGovernor } from "../bmc/BmcGovernor.ts"
import { JournalEntry } from "../domain/JournalEntry.ts"
import type { NodeId } from "../domain/Node.ts"
import type { SelBatch, SelEntry, SelPosition } from "../domain/SelEntry.ts"
import { SelStore } from "../store/SelStore.ts"
import { ConductorConfig } from "./ConductorConfig.ts"
import { failureOutcome, selEvents, selReadCounters } from "./ConductorMetrics.ts"
import { Journal } from "./Journal.ts"
import { NodeDirectory } from "./NodeDirectory.ts"
import { Ownership } from "./Ownership.ts"
import { makeSpreadWalk } from "./SpreadWalk.ts"
import { selTask } from "./TaskNames.ts"

/** Of a log that was never read: what an operator who looks at a new node wants to know, not its life's story. */
const firstEvents = 16
/** Events of one transaction. */
const batchEvents = 64
/** A log that fills faster than this in one round would fill the journal with it; the next round goes on. */
const batchesPerRound = 8

export class SelCollector extends Context.Service<
  SelCollector,
  {
    /** Hands over all nodes, their logs to be looked at over the next spacing; returns at once. */
    readonly startRound: Effect.Effect<void>
    /** Reads what is new in one node's log; what fails is counted, and tried again in the next round. */
    readonly collect: (id: NodeId) => Effect.Effect<void>
  }
>()("tutti/conductor/SelCollector") {
  static readonly layer: Layer.Layer<
    SelCollector,
    never,
    BmcGovernor | ConductorConfig | Journal | NodeDirectory | Ownership | SelStore
  > = Layer.effect(
    SelCollector,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const config = yield* ConductorConfig
  const directory = yield* NodeDirectory
  const governor = yield* BmcGovernor
  const journal = yield* Journal
  const ownership = yield* Ownership
  const store = yield* SelStore
  const context = yield* Effect.context<never>()
  let databaseAway = false

  /** Whether there is more to read. */
  const step = Effect.fnUntraced(function* (nodeId: NodeId) {
    const progress = Option.getOrNull(yield* store.progress(nodeId))
    const after = progress?.position ?? null
    const limit = after === null ? firstEvents : batchEvents
    const batch = yield* governor.request(nodeId, "background", (bmc) => bmc.readSel({ after, limit }))
    selReadCounters.ok.updateUnsafe(1, context)
    if (batch.change === "none" && after !== null && samePosition(batch.position, after)) return false
    const at = DateTime.makeUnsafe(yield* Clock.currentTimeMillis)
    const entries = entriesOf(batch).map(
      (entry) => new JournalEntry({ ...entry, nodeId, at, actor: selTask }, { disableChecks: true })
    )
    const from = progress?.version ?? null
    if (!(yield* store.advance({ nodeId, from, position: batch.position, entries }))) return false
    selEvents.updateUnsafe(batch.entries.length, context)
    journal.announce(entries)
    return batch.more
  })

  const collect = (nodeId: NodeId) =>
    Effect.gen(function* () {
      for (let batches = 0; batches < batchesPerRound && (yield* step(nodeId)); batches++);
      databaseAway = false
    }).pipe(
      Effect.catchTag("BmcError", ({ reason, withheld }) =>
        Effect.sync(() => selReadCounters[failureOutcome(reason, withheld)].updateUnsafe(1, context))
      ),
      // One line, not one a node: the next round reads what this one could not write.
      Effect.catchTag("StoreError", ({ message }) => {
        if (databaseAway) return Effect.void
        databaseAway = true
        return Effect.logWarning("Event logs can't be collected while the database fails", message)
      })
    )

  const walk = yield* makeSpreadWalk({
    workers: () => config.collectSelWorkers,
    work: (id) => (config.collectSel && directory.get(id) !== undefined ? collect(id) : Effect.void)
  })

  return SelCollector.of({
    startRound: Effect.suspend(() => {
      const ids: Array<NodeId> = []
      if (config.collectSel) for (const { node } of directory.all()) if (ownership.isMine(node.id)) ids.push(node.id)
      return walk.start(ids, Duration.toMillis(config.collectSelInterval))
    }),
    collect
  })
})

const samePosition = (a: SelPosition, b: SelPosition): boolean =>
  a.erasedAt === b.erasedAt && a.entries === b.entries && a.anchors.join() === b.anchors.join()

type Told = Pick<JournalEntry, "kind" | "severity" | "from" | "to" | "reason">

const entriesOf = ({ change, entries }: SelBatch): ReadonlyArray<Told> => [
  ...(changes[change] ?? []),
  ...entries.map(toEntry)
]

const changes: { readonly [K in SelBatch["change"]]?: ReadonlyArray<Told> } = {
  cleared: [
    { kind: "SelCleared", severity: "INFO", from: null, to: null, reason: "The event log of the BMC was cleared" }
  ],
  wrapped: [
    {
      kind: "SelEvent",
      severity: "WARNING",
      from: null,
      to: null,
      reason: "The event log of the BMC is full and overwrote events, perhaps some that had not been read"
    }
  ]
}

/** `CPU Temp: upper critical, going high, asserted; reading 0x5a (record 12, 2026-11-22 20:15:03 by the BMC's clock)`. */
const toEntry = ({ details, direction, event, recordId, sensor, severity, time }: SelEntry): Told => {
  const what = [event, ...(direction === null ? [] : [direction])].join(", ")
  const when = time === null ? "" : `, ${time} by the BMC's clock`
  return {
    kind: "SelEvent",
    severity,
    from: null,
    to: event,
    reason: `${[`${sensor}: ${what}`, ...details].join("; ")} (record ${recordId}${when})`
  }
}
