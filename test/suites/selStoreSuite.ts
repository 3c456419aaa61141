/** What every `SelStore` does, beside the `JournalStore` in whose journal it writes. */
import { describe, expect } from "@effect/vitest"
import type { Vitest } from "@effect/vitest"
import { DateTime, Effect, Option } from "effect"
import { JournalEntry } from "../../src/domain/JournalEntry.ts"
import type { NodeId } from "../../src/domain/Node.ts"
import { SelPosition } from "../../src/domain/SelEntry.ts"
import { JournalStore } from "../../src/store/JournalStore.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import { SelStore } from "../../src/store/SelStore.ts"
import type { Stores } from "../../src/store/Store.ts"
import { newId, newNode } from "./storeNodes.ts"

const event = (nodeId: NodeId, reason: string) =>
  new JournalEntry({
    nodeId,
    at: DateTime.makeUnsafe("2026-11-22T10:11:12.345Z"),
    kind: "SelEvent",
    severity: "ERROR",
    actor: "collect_sel",
    from: null,
    to: "upper critical, going high",
    reason
  })

const positionAt = (record: string) =>
  new SelPosition({ anchors: ["00".repeat(16), record], erasedAt: null, entries: 2 })

const createNode = Effect.gen(function* () {
  const node = newNode()
  yield* (yield* NodeStore).importAll([node], { update: false })
  return node.id
})

const journalOf = Effect.fnUntraced(function* (nodeId: NodeId) {
  const journal = yield* JournalStore
  return (yield* journal.list({ nodeId, limit: 100 })).map(({ entry }) => entry.reason)
})

export const selStoreSuite = (it: Vitest.MethodsNonLive<Stores>) =>
  describe("SelStore", () => {
    it.effect("keeps how far a log was read, and journals what was read with it", () =>
      Effect.gen(function* () {
        const sel = yield* SelStore
        const nodeId = yield* createNode
        expect(yield* sel.progress(nodeId)).toEqual(Option.none())
        const entries = [event(nodeId, "a"), event(nodeId, "b")]
        expect(yield* sel.advance({ nodeId, from: null, position: positionAt("aa"), entries })).toBe(true)
        expect(yield* sel.progress(nodeId)).toEqual(Option.some({ position: positionAt("aa"), version: 1 }))
        const position = new SelPosition({ anchors: [], erasedAt: 4_000_000_000, entries: 0 })
        expect(yield* sel.advance({ nodeId, from: 1, position, entries: [] })).toBe(true)
        expect(yield* sel.progress(nodeId)).toEqual(Option.some({ position, version: 2 }))
        expect(yield* journalOf(nodeId)).toEqual(["b", "a"])
      })
    )

    it.effect("writes nothing for a reader that another one has overtaken, so that no event is journalled twice", () =>
      Effect.gen(function* () {
        const sel = yield* SelStore
        const nodeId = yield* createNode
        const step = { nodeId, from: null, position: positionAt("aa"), entries: [event(nodeId, "a")] }
        expect(yield* sel.advance(step)).toBe(true)
        expect(yield* sel.advance(step)).toBe(false)
        expect(yield* sel.advance({ ...step, from: 7 })).toBe(false)
        expect(yield* journalOf(nodeId)).toEqual(["a"])
        expect(yield* sel.progress(nodeId)).toEqual(Option.some({ position: positionAt("aa"), version: 1 }))
      })
    )

    it.effect("writes nothing of a node that is gone, and forgets how far its log was read", () =>
      Effect.gen(function* () {
        const sel = yield* SelStore
        const nodeId = yield* createNode
        yield* sel.advance({ nodeId, from: null, position: positionAt("aa"), entries: [] })
        yield* (yield* NodeStore).remove(nodeId)
        expect(yield* sel.progress(nodeId)).toEqual(Option.none())
        for (const gone of [nodeId, newId()]) {
          const step = { nodeId: gone, from: null, position: positionAt("aa"), entries: [event(gone, "a")] }
          expect(yield* sel.advance(step)).toBe(false)
          expect(yield* sel.advance({ ...step, from: 1 })).toBe(false)
        }
      })
    )
  })
