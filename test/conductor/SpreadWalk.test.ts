import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { TestClock } from "effect/testing"
import { makeSpreadWalk } from "../../src/conductor/SpreadWalk.ts"
import type { NodeId } from "../../src/domain/Node.ts"
import { nodeId } from "../domain/nodes.ts"

const ids = (count: number) => Array.from({ length: count }, (_, index) => nodeId(index + 1))

/** A walk whose work is written down; the nodes in `slow` are held until they are let go. */
const walking = Effect.fnUntraced(function* (workers: number, slow: ReadonlyArray<NodeId> = []) {
  const settings = { workers }
  const begun: Array<NodeId> = []
  const ended: Array<NodeId> = []
  const held = new Map(slow.map((id) => [id, Deferred.makeUnsafe<void>()]))
  const walk = yield* makeSpreadWalk({
    workers: () => settings.workers,
    work: (id) =>
      Effect.gen(function* () {
        begun.push(id)
        const gate = held.get(id)
        if (gate !== undefined) yield* Deferred.await(gate)
        ended.push(id)
      })
  })
  const letGo = (id: NodeId) => {
    const gate = held.get(id)
    if (gate !== undefined) Deferred.doneUnsafe(gate, Effect.void)
  }
  return { walk, begun, ended, settings, letGo }
})

describe("SpreadWalk", () => {
  it.effect("works on every node once a round, spread over its time, each at the same moment of every round", () =>
    Effect.gen(function* () {
      const { begun, walk } = yield* walking(4)
      const times = new Map<NodeId, Array<number>>()
      let seen = 0
      for (let round = 0; round < 2; round++) {
        yield* walk.start(ids(40), 60_000)
        for (let second = 0; second < 60; second++) {
          yield* TestClock.adjust("1 second")
          for (const id of begun.slice(seen)) times.set(id, [...(times.get(id) ?? []), second])
          seen = begun.length
        }
      }
      assert.strictEqual(times.size, 40)
      for (const [first, second] of times.values()) assert.isAtMost(Math.abs((first ?? 0) - (second ?? 99)), 1)
      const seconds = new Set(Array.from(times.values(), ([first]) => first))
      assert.isAbove(seconds.size, 20)
    })
  )

  it.effect("works on so many at once and no more, and on more when the limit is raised meanwhile", () =>
    Effect.gen(function* () {
      const { begun, settings, walk } = yield* walking(2, ids(10))
      yield* walk.start(ids(10), 0)
      yield* TestClock.adjust(100)
      assert.deepStrictEqual([begun.length, walk.counts()], [2, { due: 8, working: 2, parked: 0 }])
      settings.workers = 5
      // the two have waited for a quarter of a second: they no longer count
      yield* TestClock.adjust(150)
      assert.deepStrictEqual([begun.length, walk.counts()], [7, { due: 3, working: 5, parked: 2 }])
    })
  )

  it.effect("lets a node that takes long hold nobody up", () =>
    Effect.gen(function* () {
      const [dead] = ids(1)
      if (dead === undefined) return assert.fail()
      const { begun, ended, letGo, walk } = yield* walking(1, [dead])
      yield* walk.start(ids(20), 1_000)
      yield* TestClock.adjust(1_000 + 250)
      assert.strictEqual(ended.length, 19)
      assert.deepStrictEqual(walk.counts(), { due: 0, working: 0, parked: 1 })
      // still at work on it when the next round comes: it is left out of that one
      yield* walk.start(ids(20), 1_000)
      yield* TestClock.adjust(1_250)
      assert.deepStrictEqual([ended.length, begun.filter((id) => id === dead).length], [38, 1])
      letGo(dead)
      yield* walk.start(ids(20), 1_000)
      yield* TestClock.adjust(1_250)
      assert.strictEqual(begun.filter((id) => id === dead).length, 2)
    })
  )

  it.effect("begins a round that was handed over early when the one before it has been dealt out", () =>
    Effect.gen(function* () {
      const { begun, walk } = yield* walking(4)
      yield* walk.start(ids(5), 10_000)
      yield* TestClock.adjust(1)
      yield* walk.start(ids(5), 0)
      yield* walk.start(ids(2), 0)
      yield* TestClock.adjust(10_000)
      assert.strictEqual(begun.length, 7)
    })
  )

  it.effect("ends what it works on with its scope", () =>
    Effect.gen(function* () {
      const ended = yield* Effect.scoped(
        Effect.gen(function* () {
          const { ended, walk } = yield* walking(4, ids(4))
          yield* walk.start(ids(4), 0)
          yield* TestClock.adjust(300)
          return ended
        })
      )
      assert.deepStrictEqual(ended, [])
    })
  )
})
