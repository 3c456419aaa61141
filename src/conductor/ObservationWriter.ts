/**
 * Brings observations to the database: the latest of each node, in narrow batches. An observation that is replaced
 * before its batch went out is never written. While Postgres is away the latest ones are kept, and nothing dies.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { NodeId, PowerObservation } from "../domain/Node.ts"
import { NodeStore } from "../store/NodeStore.ts"
import { makeBatchWriter } from "./BatchWriter.ts"
import { observationsLost } from "./ConductorMetrics.ts"

/** One statement's rows: large enough that a fleet of 10,000 needs five a pass, small enough to take some 50 ms. */
const batchRows = 2000
/** Nodes of which an observation may wait, some 15 MB of them; more than one conductor has. */
const mostWaiting = 100_000

export interface ObservationWriterStats {
  /** Nodes whose latest observation is not written yet. */
  readonly waiting: number
  readonly written: number
  /** Observations that were given up: the buffer was full, or the database refused them. */
  readonly lost: number
}

export class ObservationWriter extends Context.Service<
  ObservationWriter,
  {
    /** Takes it over at once; never fails. */
    readonly offer: (observation: PowerObservation) => void
    /** Writes what was offered so far at once: a pass is over, and nothing more is to come for a while. */
    readonly hurry: () => void
    /** Succeeds once everything offered so far is committed; waits for ever while the database is away. */
    readonly drain: Effect.Effect<void>
    readonly stats: () => ObservationWriterStats
  }
>()("tutti/conductor/ObservationWriter") {
  static readonly layer: Layer.Layer<ObservationWriter, never, NodeStore> = Layer.effect(
    ObservationWriter,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const store = yield* NodeStore
  const latest = new Map<NodeId, PowerObservation>()
  const context = yield* Effect.context<never>()
  let written = 0
  let lost = 0
  const lose = (count: number) => {
    lost += count
    observationsLost.updateUnsafe(count, context)
  }

  const writer = yield* makeBatchWriter<ReadonlyArray<PowerObservation>>({
    what: "observations",
    full: batchRows,
    size: () => latest.size,
    take: () => {
      if (latest.size === 0) return undefined
      const batch: Array<PowerObservation> = []
      for (const [nodeId, observation] of latest) {
        if (batch.length === batchRows) break
        batch.push(observation)
        latest.delete(nodeId)
      }
      return batch
    },
    putBack: (batch) => {
      for (const observation of batch) {
        if (!latest.has(observation.nodeId)) latest.set(observation.nodeId, observation)
      }
    },
    lose: (batch) => lose(batch.length),
    write: (batch) =>
      Effect.tap(store.recordObservations(batch), () =>
        Effect.sync(() => {
          written += batch.length
        })
      )
  })

  return ObservationWriter.of({
    offer: (observation) => {
      if (latest.size >= mostWaiting && !latest.has(observation.nodeId)) {
        return lose(1)
      }
      latest.set(observation.nodeId, observation)
      writer.notify()
    },
    hurry: writer.hurry,
    drain: writer.drain,
    stats: () => ({ waiting: latest.size, written, lost })
  })
})
