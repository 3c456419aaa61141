import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { makeNodeWrites } from "../../src/conductor/NodeWrites.ts"
import type { Node } from "../../src/domain/Node.ts"
import type { NodeStore, NodeUpdate } from "../../src/store/NodeStore.ts"
import { NodeNotFound, StoreError, Unavailable, Unreadable, VersionConflict } from "../../src/store/StoreError.ts"
import { makeNode, nodeId } from "../domain/nodes.ts"

/** A store that records its statements, each answered when the test lets it. */
const makeStore = (answers: {
  readonly update?: (update: NodeUpdate) => Effect.Effect<Node, StoreError>
  readonly updateAll?: (batch: ReadonlyArray<NodeUpdate>) => Effect.Effect<ReadonlyArray<Node>, StoreError>
}) => {
  const statements: Array<string> = []
  const numberOf = ({ id }: Pick<NodeUpdate, "id">) => Number(id.slice(-4))
  const changed = (update: NodeUpdate) => makeNode({ id: update.id, ...update.changes, version: 2 })
  const { update = (one) => Effect.succeed(changed(one)), updateAll = (all) => Effect.succeed(all.map(changed)) } =
    answers
  const store: Pick<NodeStore["Service"], "update" | "updateAll"> = {
    update: (id, changes, options = {}) =>
      Effect.suspend(() => {
        statements.push(`${numberOf({ id })}`)
        return update({ id, changes, ...options })
      }),
    updateAll: (batch) =>
      Effect.suspend(() => {
        statements.push(batch.map(numberOf).join(" "))
        return updateAll(batch)
      })
  }
  // Nothing else of it is used.
  return { statements, store: store as NodeStore["Service"] }
}

const change = (n: number, description = "new"): NodeUpdate => ({ id: nodeId(n), changes: { description } })

describe("changes of single nodes", () => {
  it.effect("one that comes alone is a statement of its own, with its guards", () =>
    Effect.gen(function* () {
      const seen: Array<NodeUpdate> = []
      const { statements, store } = makeStore({
        update: (update) => Effect.sync(() => (seen.push(update), makeNode({ id: update.id })))
      })
      const write = yield* makeNodeWrites(store)
      yield* write({ ...change(1), fence: 7, expectedVersion: 3 })
      assert.deepStrictEqual(statements, ["1"])
      assert.deepStrictEqual(seen, [{ ...change(1), fence: 7, expectedVersion: 3 }])
    })
  )

  it.effect("those that come while a statement is under way go together with the next", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { statements, store } = makeStore({
        update: (update) => Effect.as(Deferred.await(gate), makeNode({ id: update.id }))
      })
      const write = yield* makeNodeWrites(store)
      const first = yield* Effect.forkChild(write(change(1)), { startImmediately: true })
      while (statements.length === 0) yield* Effect.yieldNow
      const others = yield* Effect.forkChild(
        Effect.forEach([2, 3, 4], (n) => write(change(n, `${n}`)), { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(first)
      assert.deepStrictEqual(
        (yield* Fiber.join(others)).map(({ description }) => description),
        ["2", "3", "4"]
      )
      assert.deepStrictEqual(statements, ["1", "2 3 4"])
    })
  )

  it.effect("two of one node go one after the other", () =>
    Effect.gen(function* () {
      const { statements, store } = makeStore({})
      const write = yield* makeNodeWrites(store)
      const written = yield* Effect.forEach(
        [change(1, "a"), change(2, "b"), change(1, "c"), change(1, "d")],
        (update) => write(update),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(
        written.map(({ description }) => description),
        ["a", "b", "c", "d"]
      )
      assert.deepStrictEqual(statements, ["1 2", "1", "1"])
    })
  )

  it.effect("one that a batch leaves out is told why, and the others are not troubled", () =>
    Effect.gen(function* () {
      const conflict = new StoreError({ reason: new VersionConflict({ ident: "n2" }) })
      const { statements, store } = makeStore({
        update: () => Effect.fail(conflict),
        updateAll: (batch) =>
          Effect.succeed(batch.filter(({ id }) => id !== nodeId(2)).map(({ id }) => makeNode({ id })))
      })
      const write = yield* makeNodeWrites(store)
      const exits = yield* Effect.forEach([1, 2, 3], (n) => Effect.exit(write(change(n))), { concurrency: "unbounded" })
      assert.deepStrictEqual(exits.map(Exit.isSuccess), [true, false, true])
      assert.deepStrictEqual(exits[1], Exit.fail(conflict))
      assert.deepStrictEqual(statements, ["1 2 3", "2"])
    })
  )

  it.effect("all of a batch fail while the database is away, and the next may succeed", () =>
    Effect.gen(function* () {
      const away = new StoreError({ reason: new Unavailable({ message: "away" }) })
      let on = false
      const { statements, store } = makeStore({
        updateAll: (batch) => (on ? Effect.succeed(batch.map(({ id }) => makeNode({ id }))) : Effect.fail(away))
      })
      const write = yield* makeNodeWrites(store)
      const both = Effect.forEach([1, 2], (n) => Effect.exit(write(change(n))), { concurrency: "unbounded" })
      assert.deepStrictEqual(yield* both, [Exit.fail(away), Exit.fail(away)])
      on = true
      assert.deepStrictEqual((yield* both).map(Exit.isSuccess), [true, true])
      assert.deepStrictEqual(statements, ["1 2", "1 2"])
    })
  )

  it.effect("one that can't be stored fails alone: the others are written one by one", () =>
    Effect.gen(function* () {
      const unreadable = new StoreError({ reason: new Unreadable({ message: "sealed with another key" }) })
      const gone = new StoreError({ reason: new NodeNotFound({ ident: "n2" }) })
      const { store } = makeStore({
        updateAll: () => Effect.fail(unreadable),
        update: ({ id }) => (id === nodeId(2) ? Effect.fail(gone) : Effect.succeed(makeNode({ id })))
      })
      const write = yield* makeNodeWrites(store)
      const exits = yield* Effect.forEach([1, 2, 3], (n) => Effect.exit(write(change(n))), { concurrency: "unbounded" })
      assert.deepStrictEqual(exits.map(Exit.isSuccess), [true, false, true])
      assert.deepStrictEqual(exits[1], Exit.fail(gone))
    })
  )

  it.effect("a defect of the store reaches those who asked, and the next is written", () =>
    Effect.gen(function* () {
      let broken = true
      const { store } = makeStore({
        update: ({ id }) => (broken ? Effect.die("broken") : Effect.succeed(makeNode({ id })))
      })
      const write = yield* makeNodeWrites(store)
      assert.deepStrictEqual(yield* Effect.exit(write(change(1))), Exit.die("broken"))
      broken = false
      assert.isTrue(Exit.isSuccess(yield* Effect.exit(write(change(1)))))
    })
  )
})
