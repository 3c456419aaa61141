/** What power sync does about what it saw, decided by the node as it is by then. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { TestClock } from "effect/testing"
import { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import * as Conductor from "../../src/conductor/Conductor.ts"
import { Enrolment } from "../../src/conductor/Enrolment.ts"
import { NodeDirectory } from "../../src/conductor/NodeDirectory.ts"
import { NodeLock } from "../../src/conductor/NodeLock.ts"
import { SyncFlow } from "../../src/conductor/SyncFlow.ts"
import { Node, type NodeId } from "../../src/domain/Node.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import { nodeId } from "../domain/nodes.ts"
import { commands, Database, enrol, ground, nodeOf, observationOf, pass, unheard, world } from "./world.ts"

const passes = (count: number) => Effect.forEach(Array.from({ length: count }), () => pass, { discard: true })

/** The directory has the node with these changes at once, as after an update. */
const change = Effect.fnUntraced(function* (id: NodeId, changes: Partial<Node>) {
  const directory = yield* NodeDirectory
  const node = yield* nodeOf(id)
  directory.put(new Node({ ...node, ...changes, version: node.version + 1 }), "operator")
})

/** Node 1, recorded as on, was just read to be off; nothing was done about it yet. */
const readOff = Effect.gen(function* () {
  const bmcs = yield* MemoryGovernor
  const flow = yield* SyncFlow
  const [id = nodeId(0)] = yield* enrol(1)
  yield* pass
  bmcs.setPower(id, "power off")
  yield* flow.startPass
  return id
})

describe("acting on what power sync saw", () => {
  it.effect("switches a machine back while holding its lock", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const locks = yield* NodeLock
      const id = yield* readOff
      bmcs.hold(id)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* commands, ["on"])
      assert.strictEqual(locks.holder(id)?.purpose, "sync_power_states")
      bmcs.release(id)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(locks.holder(id), undefined)
    }).pipe(Effect.provide(world()))
  )

  it.effect("does not switch a machine when its lock was given so late that it has ended", () =>
    Effect.gen(function* () {
      const clock = yield* TestClock.testClockWith(Effect.succeed)
      let stoodStillNanos = 0n
      const late = { ...clock, monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe() + stoodStillNanos }
      yield* Effect.gen(function* () {
        const database = yield* Database
        yield* readOff
        database.duringTake = Effect.sync(() => (stoodStillNanos = 61_000_000_000n))
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual([stoodStillNanos > 0n, yield* commands], [true, []])
      }).pipe(Effect.provide(world()), Effect.provideService(Clock.Clock, late))
    })
  )

  it.effect("does not switch a machine that is as recorded by then", () =>
    Effect.gen(function* () {
      const id = yield* readOff
      yield* change(id, { desiredPower: "power off" })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* commands, [])
    }).pipe(Effect.provide(world()))
  )

  it.effect("does not switch a machine that an operator took into maintenance meanwhile", () =>
    Effect.gen(function* () {
      const id = yield* readOff
      yield* change(id, { operatorMaintenance: true })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* commands, [])
    }).pipe(Effect.provide(world()))
  )

  it.effect("raises no fault for a node that somebody locked meanwhile", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const flow = yield* SyncFlow
      const locks = yield* NodeLock
      const [id = nodeId(0)] = yield* enrol(1)
      yield* pass
      bmcs.fail(id, "Unreachable")
      yield* passes(3)
      yield* flow.startPass
      yield* locks.acquire(yield* nodeOf(id), "power off")
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* nodeOf(id)).fault, null)
    }).pipe(Effect.provide(world()))
  )

  it.effect("acts on a node as it is stored, also after a change of which nobody heard", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const store = yield* NodeStore
      const [id = nodeId(0)] = yield* enrol(1)
      yield* pass
      yield* unheard(store.update(id, { owner: "me" }))
      bmcs.fail(id, "Unreachable")
      for (let i = 0; i < 5; i++) yield* pass
      const { fault, owner } = yield* nodeOf(id)
      assert.deepStrictEqual([fault, owner], ["power failure", "me"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("skips a node that is gone meanwhile, and acts on the others", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const enrolment = yield* Enrolment
      const flow = yield* SyncFlow
      const [first = nodeId(0), second = nodeId(0)] = yield* enrol(2)
      yield* pass
      for (const id of [first, second]) bmcs.setPower(id, "power off")
      yield* flow.startPass
      yield* enrolment.remove("n1")
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* nodeOf(second)).desiredPower, "power off")
    }).pipe(Effect.provide(world({ forcePowerStateDuringSync: false })))
  )
})

describe("the count of failed passes", () => {
  it.effect("outlives the process: the next one raises the fault at the fourth", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const failTwice = Effect.gen(function* () {
        yield* passes(2)
        return [(yield* observationOf(nodeId(1))).failures, (yield* nodeOf(nodeId(1))).fault]
      })
      const first = Effect.gen(function* () {
        yield* enrol(1)
        yield* pass
        bmcs.fail(nodeId(1), "Unreachable")
        return yield* failTwice
      })
      assert.deepStrictEqual(yield* Effect.provide(first, Conductor.layer), [2, null])
      assert.deepStrictEqual(yield* Effect.provide(failTwice, Conductor.layer), [4, "power failure"])
    }).pipe(Effect.provide(ground()))
  )
})
