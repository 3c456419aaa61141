/** What every `SensorStore` does, beside the `NodeStore` of whose nodes it keeps values. */
import { describe, expect } from "@effect/vitest"
import type { Vitest } from "@effect/vitest"
import { Effect, Option } from "effect"
import { compact } from "../../src/domain/CompactValues.ts"
import type { NodeId } from "../../src/domain/Node.ts"
import type { SensorDefinition } from "../../src/domain/SensorData.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import { type NewNodeValues, SensorStore } from "../../src/store/SensorStore.ts"
import type { Stores } from "../../src/store/Store.ts"
import { newId, newNode } from "./storeNodes.ts"

const definition = (name: string): SensorDefinition => ({
  id: "48",
  name,
  kind: "temperature",
  type: "temperature",
  entity: "processor 1",
  unit: "°C",
  thresholds: {
    lowerNonRecoverable: null,
    lowerCritical: 5,
    lowerNonCritical: null,
    upperNonCritical: 80.5,
    upperCritical: 90,
    upperNonRecoverable: null
  }
})

const valuesOf = (nodeId: NodeId, readAtMillis: number, value: number, sheetId: string): NewNodeValues => ({
  nodeId,
  readAtMillis,
  sheetId,
  sheet: [definition(`sensor of ${sheetId}`)],
  values: compact([{ value, states: ["upper critical"], severity: "critical", problem: null }])
})

const createNode = Effect.gen(function* () {
  const node = newNode()
  yield* (yield* NodeStore).importAll([node], { update: false })
  return node.id
})

export const sensorStoreSuite = (it: Vitest.MethodsNonLive<Stores>) =>
  describe("SensorStore", () => {
    it.effect("keeps the latest values of a node with their time, units and thresholds", () =>
      Effect.gen(function* () {
        const sensors = yield* SensorStore
        const node = yield* createNode
        expect(yield* sensors.get(node)).toEqual(Option.none())
        const first = valuesOf(node, 1_000, 20.25, "latest")
        expect(yield* sensors.record([first])).toEqual(new Set([node]))
        expect(yield* sensors.get(node)).toEqual(Option.some(first))
        const second = { ...valuesOf(node, 2_000, 21, "latest"), sheet: null }
        yield* sensors.record([second])
        expect(yield* sensors.get(node)).toEqual(Option.some({ ...second, sheet: first.sheet }))
      })
    )

    it.effect("never lets older values replace newer", () =>
      Effect.gen(function* () {
        const sensors = yield* SensorStore
        const node = yield* createNode
        const newer = valuesOf(node, 2_000, 21, "newer")
        yield* sensors.record([newer])
        expect(yield* sensors.record([valuesOf(node, 1_999, 20, "newer")])).toEqual(new Set())
        expect(yield* sensors.get(node)).toEqual(Option.some(newer))
      })
    )

    it.effect("leaves out nodes that are gone and values whose sheet it does not have, and says so", () =>
      Effect.gen(function* () {
        const sensors = yield* SensorStore
        const [node, unknown] = [yield* createNode, yield* createNode]
        const written = yield* sensors.record([
          valuesOf(newId(), 1_000, 20, "left out"),
          { ...valuesOf(unknown, 1_000, 20, "never stored"), sheet: null },
          valuesOf(node, 1_000, 20, "left out")
        ])
        expect(written).toEqual(new Set([node]))
        expect(yield* sensors.get(unknown)).toEqual(Option.none())
        expect(yield* sensors.record([])).toEqual(new Set())
      })
    )

    it.effect("keeps a text that holds what a database can't", () =>
      Effect.gen(function* () {
        const sensors = yield* SensorStore
        const node = yield* createNode
        const hostile = { ...valuesOf(node, 1_000, 20, "hostile"), sheet: [definition("Fan\u0000 \ud800")] }
        yield* sensors.record([hostile])
        const stored = Option.getOrThrow(yield* sensors.get(node))
        expect(stored.sheet[0]?.name).toMatch(/^Fan. .$/su)
      })
    )

    it.effect("lists values in pages, in the order of ids, and their sheets apart", () =>
      Effect.gen(function* () {
        const sensors = yield* SensorStore
        const nodes = [yield* createNode, yield* createNode, yield* createNode].sort()
        yield* sensors.record(nodes.map((node, index) => valuesOf(node, 1_000 + index, index, "listed")))
        const found: Array<NodeId> = []
        for (let after: NodeId | null = null; ;) {
          const page: ReadonlyArray<{ readonly nodeId: NodeId }> = yield* sensors.list({ after, limit: 2 })
          found.push(...page.map(({ nodeId }) => nodeId))
          after = page.at(-1)?.nodeId ?? null
          if (after === null) break
        }
        expect(found).toEqual(found.toSorted())
        expect(found.filter((id) => nodes.includes(id))).toEqual(nodes)
        const sheets = yield* sensors.sheets(["listed", "not there"])
        expect([...sheets]).toEqual([["listed", [definition("sensor of listed")]]])
      })
    )

    it.effect("counts nodes with values, and those that are fresh", () =>
      Effect.gen(function* () {
        const sensors = yield* SensorStore
        const [old, fresh] = [yield* createNode, yield* createNode]
        const before = yield* sensors.summary(50_000_000)
        yield* sensors.record([valuesOf(old, 1, 20, "summary"), valuesOf(fresh, 50_000_000, 20, "summary")])
        expect(yield* sensors.summary(50_000_000)).toEqual({
          nodes: before.nodes + 2,
          fresh: before.fresh + 1,
          oldestReadAtMillis: 1
        })
      })
    )

    it.effect("forgets a node's values with the node, and sheets that nobody needs any more", () =>
      Effect.gen(function* () {
        const sensors = yield* SensorStore
        const [node, other] = [yield* createNode, yield* createNode]
        yield* sensors.record([valuesOf(node, 1_000, 20, "unneeded"), valuesOf(other, 1_000, 20, "needed")])
        yield* (yield* NodeStore).remove(node)
        expect(yield* sensors.get(node)).toEqual(Option.none())
        expect(yield* sensors.forgetSheets).toBeGreaterThanOrEqual(1)
        expect([...(yield* sensors.sheets(["unneeded", "needed"])).keys()]).toEqual(["needed"])
        expect(yield* sensors.forgetSheets).toBe(0)
      })
    )
  })
