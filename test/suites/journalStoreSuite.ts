/** What every `JournalStore` does, beside the `NodeStore` whose nodes it writes of. */
import { describe, expect } from "@effect/vitest"
import type { Vitest } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { JournalEntry } from "../../src/domain/JournalEntry.ts"
import type { NodeId } from "../../src/domain/Node.ts"
import { JournalStore } from "../../src/store/JournalStore.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import type { Stores } from "../../src/store/Store.ts"
import { newId, newNode } from "./storeNodes.ts"

const entry = (nodeId: NodeId | null, reason: string) =>
  new JournalEntry({
    nodeId,
    at: DateTime.makeUnsafe("2026-11-22T10:11:12.345Z"),
    kind: nodeId === null ? "ConductorStarted" : "PowerChanged",
    severity: "INFO",
    actor: "operator",
    from: "power off",
    to: null,
    reason
  })

const createNode = Effect.gen(function* () {
  const nodes = yield* NodeStore
  const node = newNode()
  yield* nodes.importAll([node], { update: false })
  return node.id
})

const reasonsOf = Effect.fnUntraced(function* (nodeId: NodeId, limit = 100) {
  const journal = yield* JournalStore
  return (yield* journal.list({ nodeId, limit })).map((stored) => stored.entry.reason)
})

export const journalStoreSuite = (it: Vitest.MethodsNonLive<Stores>) =>
  describe("JournalStore", () => {
    it.effect("keeps every field, and lists the newest first in pages", () =>
      Effect.gen(function* () {
        const journal = yield* JournalStore
        const node = yield* createNode
        const entries = ["a", "b", "c"].map((reason) => entry(node, reason))
        yield* journal.append(entries)
        const listed = yield* journal.list({ nodeId: node, limit: 10 })
        expect(listed.map((stored) => stored.entry)).toEqual(entries.toReversed())
        const [first, second] = listed
        expect(first?.id).toBeGreaterThan(second?.id ?? Infinity)
        const older = yield* journal.list({ nodeId: node, limit: 1, before: second?.id ?? 0 })
        expect(older.map((stored) => stored.entry.reason)).toEqual(["a"])
      })
    )

    it.effect("leaves out entries of nodes that are gone, and keeps the rest of the batch", () =>
      Effect.gen(function* () {
        const journal = yield* JournalStore
        const node = yield* createNode
        yield* journal.append([entry(newId(), "of nobody"), entry(node, "of a node"), entry(null, "of the conductor")])
        yield* journal.append([])
        const [newest, next] = yield* journal.list({ limit: 2 })
        expect(newest?.entry).toEqual(entry(null, "of the conductor"))
        expect(next?.entry.reason).toBe("of a node")
      })
    )

    it.effect("forgets a node's entries with the node", () =>
      Effect.gen(function* () {
        const journal = yield* JournalStore
        const node = yield* createNode
        yield* journal.append([entry(node, "a")])
        yield* (yield* NodeStore).remove(node)
        expect(yield* reasonsOf(node)).toEqual([])
      })
    )

    it.effect("keeps a text that holds what a database can't", () =>
      Effect.gen(function* () {
        const journal = yield* JournalStore
        const node = yield* createNode
        yield* journal.append([entry(node, "before"), entry(node, "a\u0000b"), entry(node, "after")])
        const [after, hostile, before] = yield* reasonsOf(node)
        expect([after, before]).toEqual(["after", "before"])
        expect(hostile).toMatch(/^a.b$/s)
      })
    )

    it.effect("prunes the oldest of each node first, so many at a time, until the newest are left", () =>
      Effect.gen(function* () {
        const journal = yield* JournalStore
        const [many, few] = [yield* createNode, yield* createNode]
        yield* journal.append(Array.from({ length: 6 }, (_, index) => entry(many, `${index}`)))
        yield* journal.append([entry(few, "only")])
        // the tests before this one left entries of theirs: those go first
        while ((yield* journal.list({ nodeId: many, limit: 10 })).length === 6) {
          expect(yield* journal.prune({ keepPerNode: 2, limit: 1 })).toBe(1)
        }
        expect(yield* reasonsOf(many)).toEqual(["5", "4", "3", "2", "1"])
        expect(yield* journal.prune({ keepPerNode: 2, limit: 100 })).toBe(3)
        expect(yield* reasonsOf(many)).toEqual(["5", "4"])
        expect(yield* reasonsOf(few)).toEqual(["only"])
        expect(yield* journal.prune({ keepPerNode: 2, limit: 100 })).toBe(0)
      })
    )
  })
