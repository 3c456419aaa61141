/** `SensorStore` in memory, of the nodes that the `MemoryNodeStore` built with it holds. For tests. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { NodeId } from "../domain/Node.ts"
import { MemoryFleet } from "./MemoryFleet.ts"
import { type NodeValues, type SensorSheet, SensorStore } from "./SensorStore.ts"

const make = Effect.gen(function* () {
  const { records, onRemove } = yield* MemoryFleet
  const stored = new Map<NodeId, NodeValues>()
  const sheets = new Map<string, SensorSheet>()
  onRemove.add((id) => {
    stored.delete(id)
  })

  return SensorStore.of({
    record: (batch) =>
      Effect.sync(() => {
        for (const { sheet, sheetId } of batch) if (sheet !== null && !sheets.has(sheetId)) sheets.set(sheetId, sheet)
        const taken = batch.filter(
          ({ nodeId, readAtMillis, sheetId }) =>
            records.has(nodeId) &&
            sheets.has(sheetId) &&
            (stored.get(nodeId)?.readAtMillis ?? -Infinity) <= readAtMillis
        )
        for (const { sheet: _, ...values } of taken) stored.set(values.nodeId, values)
        return new Set(taken.map(({ nodeId }) => nodeId))
      }),
    get: (nodeId) =>
      Effect.sync(() => {
        const values = stored.get(nodeId)
        const sheet = values === undefined ? undefined : sheets.get(values.sheetId)
        return values === undefined || sheet === undefined ? Option.none() : Option.some({ ...values, sheet })
      }),
    list: ({ after, limit }) =>
      Effect.sync(() =>
        Array.from(stored.values())
          .filter(({ nodeId }) => after === null || nodeId > after)
          .sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1))
          .slice(0, limit)
      ),
    sheets: (ids) => Effect.sync(() => new Map(Array.from(sheets).filter(([id]) => ids.includes(id)))),
    summary: (freshSinceMillis) =>
      Effect.sync(() => {
        const times = Array.from(stored.values(), ({ readAtMillis }) => readAtMillis)
        return {
          nodes: times.length,
          fresh: times.filter((time) => time >= freshSinceMillis).length,
          oldestReadAtMillis: times.length === 0 ? null : Math.min(...times)
        }
      }),
    forgetSheets: Effect.sync(() => {
      const needed = new Set(Array.from(stored.values(), ({ sheetId }) => sheetId))
      const gone = Array.from(sheets.keys()).filter((id) => !needed.has(id))
      for (const id of gone) sheets.delete(id)
      return gone.length
    })
  })
})

export const layer: Layer.Layer<SensorStore> = Layer.effect(SensorStore, make).pipe(Layer.provide(MemoryFleet.layer))
