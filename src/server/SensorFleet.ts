/** The stored sensor values as the server needs them: the whole fleet for a scrape, and how fresh it is for the status. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Status } from "../api/ServiceApi.ts"
import { ConductorConfig } from "../conductor/ConductorConfig.ts"
import { NodeDirectory } from "../conductor/NodeDirectory.ts"
import type { NodeId } from "../domain/Node.ts"
import { type NodeValues, type SensorSheet, SensorStore } from "../store/SensorStore.ts"
import type { StoreError } from "../store/StoreError.ts"
import type { NodeSensorRow } from "./SensorMetrics.ts"

/** Some 20 KB a statement, and 2 ms of decoding, between which other work has its turn. */
const pageRows = 50
/** Models of servers, some 30 KB each; a fleet has a handful. */
const mostSheets = 500
/** A status is asked for by every dashboard, each second or so; the database need not be. */
const freshFor = "5 seconds"

export class SensorFleet extends Context.Service<
  SensorFleet,
  {
    /** Of every node that has values; some 1 KB a node, for as long as somebody holds it. */
    readonly rows: Effect.Effect<ReadonlyArray<NodeSensorRow>, StoreError>
    /** Null where no node has values, or the database can't say. */
    readonly freshness: Effect.Effect<Status["sensors"]>
  }
>()("tutti/server/SensorFleet") {
  static readonly layer: Layer.Layer<SensorFleet, never, ConductorConfig | NodeDirectory | SensorStore> = Layer.effect(
    SensorFleet,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const config = yield* ConductorConfig
  const directory = yield* NodeDirectory
  const store = yield* SensorStore
  const sheets = new Map<string, SensorSheet>()

  /** Sheets have their content's digest for a name: what is here never grows old. */
  const learnSheets = (page: ReadonlyArray<NodeValues>) => {
    const unknown = new Set(page.flatMap(({ sheetId }) => (sheets.has(sheetId) ? [] : [sheetId])))
    if (unknown.size === 0) return Effect.void
    return Effect.map(store.sheets([...unknown]), (found) => {
      if (sheets.size + found.size > mostSheets) sheets.clear()
      for (const [id, sheet] of found) sheets.set(id, sheet)
    })
  }

  const rows = Effect.gen(function* () {
    const all: Array<NodeSensorRow> = []
    let after: NodeId | null = null
    do {
      const page: ReadonlyArray<NodeValues> = yield* store.list({ after, limit: pageRows })
      yield* learnSheets(page)
      for (const { nodeId, readAtMillis, sheetId, values } of page) {
        const node = directory.get(nodeId)?.node
        const sheet = sheets.get(sheetId)
        if (node !== undefined && sheet !== undefined) {
          all.push({ node: node.name ?? node.id, readAtMillis, sheet, values })
        }
      }
      after = page.at(-1)?.nodeId ?? null
    } while (after !== null)
    return all
  })

  /** Within two spacings: one round may be missed by a moment. */
  const freshness = Effect.gen(function* () {
    const nowMillis = yield* Clock.currentTimeMillis
    const maxAgeMillis = 2 * Duration.toMillis(config.sendSensorDataInterval)
    const { fresh, nodes, oldestReadAtMillis } = yield* store.summary(nowMillis - maxAgeMillis)
    if (oldestReadAtMillis === null) return null
    return {
      nodes,
      max_age_seconds: maxAgeMillis / 1000,
      share_within: fresh / nodes,
      oldest_age_seconds: Math.max(0, nowMillis - oldestReadAtMillis) / 1000
    }
  }).pipe(Effect.orElseSucceed(() => null))

  return { rows, freshness: yield* Effect.cachedWithTTL(freshness, freshFor) }
})
