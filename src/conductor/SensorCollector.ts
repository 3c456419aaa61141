/**
 * Reads the sensors of nodes and brings their latest values to the database, in batches. Of each node only the name of its
 * sheet is kept here (some 150 bytes); values are held until they are written, and no longer.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { BmcGovernor } from "../bmc/BmcGovernor.ts"
import { compact } from "../domain/CompactValues.ts"
import type { Node, NodeId } from "../domain/Node.ts"
import { type NewNodeValues, SensorStore } from "../store/SensorStore.ts"
import { makeBatchWriter } from "./BatchWriter.ts"
import { ConductorConfig } from "./ConductorConfig.ts"
import { failureOutcome, sensorReadCounters, sensorReadingsLost } from "./ConductorMetrics.ts"
import { readsSensorsOf } from "./GroupRules.ts"
import { NodeDirectory } from "./NodeDirectory.ts"
import { Ownership } from "./Ownership.ts"
import { makeSpreadWalk } from "./SpreadWalk.ts"

/** One statement's rows, some 80 KB of JSON. */
const batchRows = 200
/** Nodes whose values may wait while the database is away, some 10 MB: older values are of no use to anybody. */
const mostWaiting = 2_000
/** Thresholds are set by people, now and then; so are they read again now and then. */
const sheetLifeMillis = Duration.toMillis(Duration.days(1))

export interface SensorStats {
  /** Nodes still to begin in this round, and those being read. */
  readonly due: number
  readonly reading: number
  /** Nodes whose values are not written yet, and rounds given up since the start. */
  readonly waiting: number
  readonly lost: number
}

export class SensorCollector extends Context.Service<
  SensorCollector,
  {
    /** Hands over the nodes whose sensors are wanted, to be read over the next spacing; returns at once. */
    readonly startRound: Effect.Effect<void>
    /** Succeeds once what was read so far is written. */
    readonly drain: Effect.Effect<void>
    readonly stats: () => SensorStats
  }
>()("tutti/conductor/SensorCollector") {
  static readonly layer: Layer.Layer<
    SensorCollector,
    never,
    BmcGovernor | ConductorConfig | NodeDirectory | Ownership | SensorStore
  > = Layer.effect(
    SensorCollector,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const config = yield* ConductorConfig
  const directory = yield* NodeDirectory
  const governor = yield* BmcGovernor
  const ownership = yield* Ownership
  const store = yield* SensorStore
  const context = yield* Effect.context<never>()
  /** The sheets that are stored, as far as this process knows. */
  const sheets = new Map<NodeId, { readonly id: string; readonly sinceMillis: number }>()
  const latest = new Map<NodeId, NewNodeValues>()
  let lost = 0
  const lose = (count: number) => {
    lost += count
    sensorReadingsLost.updateUnsafe(count, context)
  }

  const writer = yield* makeBatchWriter<ReadonlyArray<NewNodeValues>>({
    what: "sensor values",
    full: batchRows,
    size: () => latest.size,
    take: () => {
      const batch = Array.from(latest.values()).slice(0, batchRows)
      for (const { nodeId } of batch) latest.delete(nodeId)
      return batch.length === 0 ? undefined : batch
    },
    putBack: (batch) => {
      for (const values of batch) if (!latest.has(values.nodeId)) latest.set(values.nodeId, values)
    },
    lose: (batch) => lose(batch.length),
    write: (batch) =>
      Effect.map(store.record(batch), (written) => {
        for (const { nodeId, readAtMillis, sheet, sheetId } of batch) {
          if (!written.has(nodeId)) sheets.delete(nodeId)
          else if (sheet !== null) sheets.set(nodeId, { id: sheetId, sinceMillis: readAtMillis })
        }
      })
  })

  const isWanted = (node: Node): boolean =>
    readsSensorsOf(config, node.conductorGroup) && !node.operatorMaintenance && ownership.isMine(node.id)

  const readOne = Effect.fnUntraced(function* (id: NodeId) {
    const record = directory.get(id)
    if (record === undefined || !isWanted(record.node)) return
    const known = sheets.get(id)
    const startMillis = yield* Clock.currentTimeMillis
    const knownSheet = known !== undefined && startMillis < known.sinceMillis + sheetLifeMillis ? known.id : null
    const read = yield* Effect.result(governor.request(id, "background", (bmc) => bmc.readSensors({ knownSheet })))
    if (read._tag === "Failure") {
      sensorReadCounters[failureOutcome(read.failure.reason, read.failure.withheld)].updateUnsafe(1, context)
      return
    }
    sensorReadCounters.ok.updateUnsafe(1, context)
    if (latest.size >= mostWaiting && !latest.has(id)) return lose(1)
    const { sheet, sheetId, values } = read.success
    const readAtMillis = yield* Clock.currentTimeMillis
    latest.set(id, { nodeId: id, readAtMillis, sheetId, sheet, values: compact(values) })
    writer.notify()
  })

  const walk = yield* makeSpreadWalk({ workers: () => config.sendSensorDataWorkers, work: readOne })

  return SensorCollector.of({
    startRound: Effect.suspend(() => {
      for (const id of sheets.keys()) if (directory.get(id) === undefined) sheets.delete(id)
      const wanted: Array<NodeId> = []
      for (const { node } of directory.all()) if (isWanted(node)) wanted.push(node.id)
      return walk.start(wanted, Duration.toMillis(config.sendSensorDataInterval))
    }),
    drain: writer.drain,
    stats: () => {
      const { due, parked, working } = walk.counts()
      return { due, reading: working + parked, waiting: latest.size, lost }
    }
  })
})
