/**
 * Records what changed, who did it and why. Recording never waits and never fails: entries go to the database in
 * batches, and to whoever listens at once. While the database is away they are kept within a bound; then the oldest
 * go, and are counted.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import { JournalEntry, type JournalKind } from "../domain/JournalEntry.ts"
import type { NodeId } from "../domain/Node.ts"
import { JournalStore } from "../store/JournalStore.ts"
import { makeBatchWriter } from "./BatchWriter.ts"
import { journalEntriesLost } from "./ConductorMetrics.ts"

/** One statement's rows. */
const batchRows = 1000
/** Entries that may wait, some 15 MB: five for each of 10,000 nodes, more than an outage makes in a minute. */
const mostWaiting = 50_000
/** Entries that a slow listener may fall behind before it loses the oldest. */
const listenerBuffer = 4096

export interface JournalFact {
  readonly nodeId: NodeId | null
  readonly kind: JournalKind
  /** Default `INFO`. */
  readonly severity?: JournalEntry["severity"]
  /** `operator`, or the name of the task that did it. */
  readonly actor: string
  readonly from?: string | null
  readonly to?: string | null
  readonly reason?: string | null
}

export interface JournalStats {
  readonly waiting: number
  readonly written: number
  readonly lost: number
}

export class Journal extends Context.Service<
  Journal,
  {
    /** Takes it over at once, with the present time. */
    readonly record: (fact: JournalFact) => void
    /** Tells listeners of entries that were written in a transaction of their own; they are not written again. */
    readonly announce: (entries: ReadonlyArray<JournalEntry>) => void
    /** Every entry from subscription on; a slow reader loses the oldest. */
    readonly entries: Stream.Stream<JournalEntry>
    /** Succeeds once everything recorded so far is committed; waits for ever while the database is away. */
    readonly drain: Effect.Effect<void>
    readonly stats: () => JournalStats
  }
>()("tutti/conductor/Journal") {
  static readonly layer: Layer.Layer<Journal, never, JournalStore> = Layer.effect(
    Journal,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const store = yield* JournalStore
  const clock = yield* Clock.Clock
  const live = yield* Effect.acquireRelease(PubSub.sliding<JournalEntry>(listenerBuffer), PubSub.shutdown)
  let waiting: Array<JournalEntry> = []
  const context = yield* Effect.context<never>()
  let written = 0
  let lost = 0
  const lose = (count: number) => {
    lost += count
    journalEntriesLost.updateUnsafe(count, context)
  }

  const keepBound = () => {
    if (waiting.length <= mostWaiting) return
    // A tenth more goes than must, so that the array is not moved for every entry.
    const surplus = waiting.length - mostWaiting * 0.9
    waiting.splice(0, surplus)
    lose(surplus)
  }

  const writer = yield* makeBatchWriter<ReadonlyArray<JournalEntry>>({
    what: "journal entries",
    full: batchRows,
    size: () => waiting.length,
    take: () => (waiting.length === 0 ? undefined : waiting.splice(0, batchRows)),
    putBack: (batch) => {
      waiting = [...batch, ...waiting]
      keepBound()
    },
    lose: (batch) => lose(batch.length),
    write: (batch) =>
      Effect.tap(store.append(batch), () =>
        Effect.sync(() => {
          written += batch.length
        })
      )
  })

  return Journal.of({
    record: ({ actor, from = null, kind, nodeId, reason = null, severity = "INFO", to = null }) => {
      const at = DateTime.makeUnsafe(clock.currentTimeMillisUnsafe())
      const entry = new JournalEntry({ nodeId, at, kind, severity, actor, from, to, reason })
      waiting.push(entry)
      keepBound()
      PubSub.publishUnsafe(live, entry)
      writer.notify()
    },
    announce: (entries) => {
      for (const entry of entries) PubSub.publishUnsafe(live, entry)
    },
    entries: Stream.fromPubSub(live),
    drain: writer.drain,
    stats: () => ({ waiting: waiting.length, written, lost })
  })
})
