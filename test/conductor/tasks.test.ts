import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Layer, Logger, Option, References } from "effect"
import { TestClock } from "effect/testing"
import { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import * as Conductor from "../../src/conductor/Conductor.ts"
import { NodeDirectory } from "../../src/conductor/NodeDirectory.ts"
import { NodeLock } from "../../src/conductor/NodeLock.ts"
import { SyncFlow } from "../../src/conductor/SyncFlow.ts"
import { PendingPower } from "../../src/domain/Node.ts"
import { PeriodicWorker } from "../../src/periodics/PeriodicWorker.ts"
import { WorkerPool } from "../../src/periodics/WorkerPool.ts"
import { JournalStore } from "../../src/store/JournalStore.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import { makeNewNode, nodeId } from "../domain/nodes.ts"
import {
  commands,
  Database,
  enrol,
  ground,
  journalOf,
  kindsOf,
  nodeOf,
  observationOf,
  storedOf,
  unheard,
  world
} from "./world.ts"

/** The conductor with its tasks on the real engine. */
const running = (options: Parameters<typeof world>[0] = {}) =>
  Conductor.layerTasks.pipe(
    Layer.provideMerge(Layer.mergeAll(world(options), PeriodicWorker.layer().pipe(Layer.provide(WorkerPool.layer()))))
  )

const readsOf = (id = nodeId(1)) =>
  Effect.map(MemoryGovernor, (bmcs) => bmcs.asked().filter((one) => one.nodeId === id && one.what === "read").length)

const triggered = (task: string) => Effect.flatMap(PeriodicWorker, (worker) => worker.trigger(task))

describe("sync_power_states", () => {
  it.effect("starts a pass at once and then each 30 s, however long the reads take", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const bmcs = yield* MemoryGovernor
      yield* enrol(2)
      yield* TestClock.adjust("5 seconds")
      bmcs.hold(nodeId(1))
      yield* TestClock.adjust("90 seconds")
      const status = yield* worker.status("sync_power_states")
      assert.strictEqual(status.runs.success, 4)
      assert.strictEqual(status.state, "waiting")
      assert.strictEqual((yield* observationOf(nodeId(2))).observedAtMillis, 90_000)
      bmcs.release(nodeId(1))
    }).pipe(Effect.provide(running()))
  )

  it.effect("reads each node once a spacing, spread over it, so that no age exceeds the spacing", () =>
    Effect.gen(function* () {
      const directory = yield* NodeDirectory
      const ids = yield* enrol(60)
      yield* TestClock.adjust("1 second")
      for (const id of ids) assert.isNotNull((yield* observationOf(id)).observedAtMillis)
      yield* TestClock.adjust("30 seconds")
      let oldest = 0
      const started = new Set<number>()
      for (let second = 31; second < 121; second++) {
        yield* TestClock.adjust("1 second")
        const now = (second + 1) * 1000
        for (const { observation } of directory.all()) {
          oldest = Math.max(oldest, now - (observation.observedAtMillis ?? 0))
          started.add(observation.observedAtMillis ?? 0)
        }
      }
      assert.isAtMost(oldest, 31_000)
      assert.isAbove(started.size, 100)
      assert.isAtMost(yield* readsOf(), 6)
    }).pipe(Effect.provide(running({ syncPowerStateSpread: true })))
  )

  it.effect("reads at once at the start what was never observed, or longer ago than a spacing", () =>
    Effect.gen(function* () {
      const store = yield* NodeStore
      const bmcs = yield* MemoryGovernor
      yield* TestClock.setTime(100_000)
      yield* store.importAll([makeNewNode(1), makeNewNode(2), makeNewNode(3)], { update: false })
      yield* store.recordObservations([
        { nodeId: nodeId(2), power: "power on", observedAtMillis: 69_000, failures: 0 },
        { nodeId: nodeId(3), power: "power on", observedAtMillis: 71_000, failures: 0 }
      ])
      for (const n of [1, 2, 3]) bmcs.setPower(nodeId(n), "power on")
      yield* Effect.gen(function* () {
        yield* TestClock.adjust("100 millis")
        const read = new Set(bmcs.asked().map(({ nodeId }) => nodeId))
        assert.deepStrictEqual(read, new Set([nodeId(1), nodeId(2)]))
      }).pipe(Effect.provide(restarted))
    }).pipe(Effect.provide(ground({ syncPowerStateSpread: true })))
  )

  it.effect("reads the whole fleet at once where the spread is switched off", () =>
    Effect.gen(function* () {
      const ids = yield* enrol(20)
      yield* TestClock.adjust("61 seconds")
      const observations = yield* Effect.forEach(ids, observationOf)
      assert.deepStrictEqual(
        observations.map(({ observedAtMillis }) => observedAtMillis),
        ids.map(() => 60_000)
      )
    }).pipe(Effect.provide(running({ syncPowerStateSpread: false })))
  )

  it.effect("spreads a pass over a shorter spacing, once that was set", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      yield* enrol(20)
      yield* TestClock.adjust("60 seconds")
      yield* worker.setSpacing("sync_power_states", Duration.seconds(5))
      yield* TestClock.adjust("12 seconds")
      const before = yield* readsOf()
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual((yield* readsOf()) - before, 6)
    }).pipe(Effect.provide(running({ syncPowerStateSpread: true })))
  )

  it.effect("warns of failed reads in one line a pass, not in one a node, and only when their number changes", () => {
    const lines: Array<readonly [unknown, unknown]> = []
    const logger = Logger.make(({ fiber, message }) => {
      const { failed, task } = fiber.getRef(References.CurrentLogAnnotations)
      if (task === "sync_power_states") lines.push([message, failed])
    })
    return Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const ids = yield* enrol(3)
      yield* TestClock.adjust("29 seconds")
      for (const id of ids.slice(1)) bmcs.fail(id, "Unreachable")
      yield* TestClock.adjust("65 seconds")
      for (const id of ids) bmcs.succeed(id)
      yield* TestClock.adjust("60 seconds")
      assert.deepStrictEqual(lines, [
        [["BMCs fail power sync"], 2],
        [["All BMCs answer power sync again"], 0]
      ])
    }).pipe(Effect.provide(Layer.provide(running(), Logger.layer([logger]))))
  })

  it.effect("tells how the pass before went", () =>
    Effect.gen(function* () {
      const flow = yield* SyncFlow
      const bmcs = yield* MemoryGovernor
      yield* enrol(3)
      yield* TestClock.adjust("29 seconds")
      bmcs.fail(nodeId(1), "Unreachable")
      yield* TestClock.adjust("2 seconds")
      const last = Option.getOrThrow(flow.lastPass())
      assert.deepStrictEqual([last.number, last.nodes, last.outcomes.ok, last.outcomes.timeout], [2, 3, 2, 1])
    }).pipe(Effect.provide(running()))
  )
})

/** The conductor's own part, over a ground that outlives it. */
const restarted = Conductor.layerTasks.pipe(
  Layer.provideMerge(Layer.mergeAll(Conductor.layer, PeriodicWorker.layer().pipe(Layer.provide(WorkerPool.layer()))))
)

describe("power_failure_recovery", () => {
  const disobedient = {
    fault: "power failure",
    faultReason: null,
    lastError: "does not obey",
    desiredPower: "power on"
  } as const

  it.effect("ends the fault of a machine that did not obey, and takes what it sees for the record", () =>
    Effect.gen(function* () {
      const [id = nodeId(0)] = yield* enrol(1, { ...disobedient, machine: "power off" })
      yield* TestClock.adjust("4 minutes")
      assert.strictEqual((yield* nodeOf(id)).fault, "power failure")
      yield* TestClock.adjust("2 minutes")
      const { node } = yield* storedOf(id)
      assert.deepStrictEqual([node.fault, node.lastError, node.desiredPower], [null, null, "power off"])
      assert.deepStrictEqual(yield* commands, [])
      const entry = (yield* journalOf(id)).at(-1)
      assert.deepStrictEqual([entry?.kind, entry?.actor], ["FaultCleared", "power_failure_recovery"])
    }).pipe(Effect.provide(running()))
  )

  it.effect("never ends an operator's maintenance", () =>
    Effect.gen(function* () {
      const [id = nodeId(0)] = yield* enrol(1, { ...disobedient, operatorMaintenance: true })
      yield* triggered("power_failure_recovery")
      const node = yield* nodeOf(id)
      assert.deepStrictEqual([node.fault, node.operatorMaintenance], [null, true])
    }).pipe(Effect.provide(running()))
  )

  it.effect("ends a fault also after a change of which nobody heard", () =>
    Effect.gen(function* () {
      const store = yield* NodeStore
      const [id = nodeId(0)] = yield* enrol(1, { ...disobedient, machine: "power off" })
      yield* unheard(store.update(id, { owner: "me" }))
      yield* TestClock.adjust("11 minutes")
      const { fault, owner } = yield* nodeOf(id)
      assert.deepStrictEqual([fault, owner], [null, "me"])
    }).pipe(Effect.provide(running()))
  )

  it.effect("tries the others when the work on a node breaks", () =>
    Effect.gen(function* () {
      const database = yield* Database
      yield* enrol(3, { ...disobedient, machine: "power off" })
      yield* TestClock.adjust("2 seconds")
      database.before = Effect.die("broken")
      yield* triggered("power_failure_recovery")
      const faults = yield* Effect.forEach([1, 2, 3], (n) => Effect.map(nodeOf(nodeId(n)), ({ fault }) => fault))
      assert.strictEqual(faults.filter((fault) => fault === null).length, 2)
    }).pipe(Effect.provide(running()))
  )

  it.effect("leaves alone what is being enrolled, has an action under way, or is locked", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      const store = yield* NodeStore
      const ids = yield* enrol(3, disobedient)
      const pendingPower = new PendingPower({ action: "power on", requestedAt: DateTime.makeUnsafe(0) })
      yield* store.update(nodeId(1), { provisionState: "enroll" })
      yield* store.update(nodeId(2), { pendingPower })
      yield* locks.acquire(yield* nodeOf(nodeId(3)), "power on")
      yield* triggered("power_failure_recovery")
      for (const id of ids) assert.strictEqual((yield* nodeOf(id)).fault, "power failure")
    }).pipe(Effect.provide(running()))
  )

  it.effect("tries many nodes at once: a hanging BMC does not keep the others waiting", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const ids = yield* enrol(10, disobedient)
      yield* TestClock.adjust("1 second")
      bmcs.hold(nodeId(1))
      yield* Effect.forkScoped(triggered("power_failure_recovery"))
      yield* TestClock.adjust("1 second")
      for (const id of ids.slice(1)) assert.strictEqual((yield* nodeOf(id)).fault, null)
      bmcs.release(nodeId(1))
    }).pipe(Effect.provide(running()), Effect.scoped)
  )

  it.effect("tries a BMC that stays dead at ever longer intervals, an hour at most", () =>
    Effect.gen(function* () {
      const worker = yield* PeriodicWorker
      const bmcs = yield* MemoryGovernor
      yield* enrol(1, disobedient)
      yield* worker.pause("sync_power_states")
      yield* TestClock.adjust("1 second")
      bmcs.fail(nodeId(1), "Unreachable")
      const before = yield* readsOf()
      yield* TestClock.adjust("80 minutes")
      const first = (yield* readsOf()) - before
      yield* TestClock.adjust("6 hours")
      const later = (yield* readsOf()) - before - first
      assert.isAtLeast(first, 4)
      assert.isAtMost(first, 5)
      assert.isAtLeast(later, 5)
      assert.isAtMost(later, 6)
    }).pipe(Effect.provide(running()))
  )

  it.effect("survives a database that is away", () =>
    Effect.gen(function* () {
      const database = yield* Database
      const [id = nodeId(0)] = yield* enrol(1, disobedient)
      database.on = false
      assert.strictEqual((yield* triggered("power_failure_recovery")).outcome, "success")
      database.on = true
      yield* triggered("power_failure_recovery")
      assert.strictEqual((yield* nodeOf(id)).fault, null)
    }).pipe(Effect.provide(running()))
  )
})

describe("the start of the conductor", () => {
  it.effect("ends what an earlier process left pending, and then lets power sync act", () =>
    Effect.gen(function* () {
      const store = yield* NodeStore
      const bmcs = yield* MemoryGovernor
      const pendingPower = new PendingPower({ action: "rebooting", requestedAt: DateTime.makeUnsafe(0) })
      yield* store.importAll([makeNewNode(1, { desiredPower: "power on", pendingPower })], { update: false })
      bmcs.setPower(nodeId(1), "power off")
      yield* Effect.gen(function* () {
        yield* TestClock.adjust("10 seconds")
        const node = yield* nodeOf(nodeId(1))
        assert.strictEqual(node.pendingPower, null)
        assert.include(node.lastError ?? "", "whether it happened is not known")
        assert.deepStrictEqual(yield* commands, [])
        yield* TestClock.adjust("30 seconds")
        assert.deepStrictEqual(yield* commands, ["on"])
        assert.include(yield* kindsOf(nodeId(1)), "PowerAborted")
      }).pipe(Effect.provide(restarted))
    }).pipe(Effect.provide(ground()))
  )

  it.effect("and its stop stand in the journal", () =>
    Effect.gen(function* () {
      yield* Effect.provide(TestClock.adjust("1 second"), restarted)
      const store = yield* JournalStore
      const entries = yield* store.list({ limit: 10 })
      assert.deepStrictEqual(entries.map(({ entry }) => entry.kind).toReversed(), [
        "ConductorStarted",
        "ConductorStopped"
      ])
    }).pipe(Effect.provide(ground()))
  )
})
