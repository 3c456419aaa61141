import { expect, layer } from "@effect/vitest"
import { DateTime, Effect, Option } from "effect"
import * as SqlClient from "effect/sql/SqlClient"
import { JournalEntry } from "../../src/domain/JournalEntry.ts"
import { SelPosition } from "../../src/domain/SelEntry.ts"
import { JournalStore } from "../../src/store/JournalStore.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import { SelStore } from "../../src/store/SelStore.ts"
import { newNode } from "../suites/storeNodes.ts"
import { layerStores } from "../support/pglite.ts"

layer(layerStores, { timeout: "60 seconds", excludeTestServices: true })("a position in an event log", (it) => {
  it.effect("does not move when its events could not be journalled", () =>
    Effect.gen(function* () {
      const sel = yield* SelStore
      const sql = yield* SqlClient.SqlClient
      const node = newNode()
      yield* (yield* NodeStore).importAll([node], { update: false })
      const event = new JournalEntry({
        nodeId: node.id,
        at: DateTime.makeUnsafe(0),
        kind: "SelEvent",
        severity: "INFO",
        actor: "collect_sel",
        from: null,
        to: "event",
        reason: null
      })
      const position = new SelPosition({ anchors: ["00"], erasedAt: null, entries: 1 })
      const advance = sel.advance({ nodeId: node.id, from: null, position, entries: [event] })
      yield* sql`alter table journal add constraint broken check (kind <> 'SelEvent')`
      expect((yield* Effect.flip(advance)).reason._tag).toBe("Unreadable")
      expect(yield* sel.progress(node.id)).toEqual(Option.none())
      yield* sql`alter table journal drop constraint broken`
      expect(yield* advance).toBe(true)
      const journal = yield* JournalStore
      expect((yield* journal.list({ nodeId: node.id, limit: 10 })).map(({ entry }) => entry)).toEqual([event])
    })
  )
})
