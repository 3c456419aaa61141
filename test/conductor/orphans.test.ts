import { assert, describe, it } from "@effect/vitest"
import { Context, DateTime, Duration, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import * as Conductor from "../../src/conductor/Conductor.ts"
import { ConductorConfig } from "../../src/conductor/ConductorConfig.ts"
import { Conductors, ConductorVersion } from "../../src/conductor/Conductors.ts"
import { PowerControl } from "../../src/conductor/PowerControl.ts"
import { cleanupStaleConductors } from "../../src/conductor/tasks/cleanupStaleConductors.ts"
import { PendingPower } from "../../src/domain/Node.ts"
import type { PowerAction } from "../../src/domain/PowerState.ts"
import { PeriodicWorker } from "../../src/periodics/PeriodicWorker.ts"
import { WorkerPool } from "../../src/periodics/WorkerPool.ts"
import { ConductorStore } from "../../src/store/ConductorStore.ts"
import { LeaseStore } from "../../src/store/LeaseStore.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import { nodeId } from "../domain/nodes.ts"
import { commands, Database, enrol, ground, journalOf, nodeOf, storedOf, unheard, world } from "./world.ts"

const id = nodeId(1)

/** A conductor of this name with its tasks, over a ground that it may share. */
const conductor = (conductorHost: string) =>
  Layer.fresh(
    Conductor.layerTasks.pipe(
      Layer.provideMerge(
        Layer.mergeAll(Conductor.layer, PeriodicWorker.layer().pipe(Layer.provide(WorkerPool.layer())))
      ),
      Layer.provide([
        ConductorConfig.layer({ conductorHost, syncPowerStateSpread: false }),
        Layer.succeed(ConductorVersion, "1.2.3")
      ])
    )
  )

const alone = conductor("host-1").pipe(Layer.provideMerge(ground()))

const triggered = (task: string) => Effect.flatMap(PeriodicWorker, (worker) => worker.trigger(task))

/** The kinds and reasons of the journal: of a node, or of conductors (null). */
const told = (of: typeof id | null) =>
  Effect.map(journalOf(of), (entries) =>
    entries
      .filter(({ nodeId }) => nodeId === of)
      .map(({ actor, from, kind, reason }) => ({ actor, from, kind, reason }))
  )

/** Node 1 as a conductor left it that died in the middle of an action: pending, and its lease still there. */
const leftBy = Effect.fnUntraced(function* (holder: string, action: PowerAction, machine: "power on" | "power off") {
  const nodes = yield* NodeStore
  const leases = yield* LeaseStore
  yield* enrol(1, { machine, desiredPower: "power on" })
  yield* (yield* ConductorStore).register({ hostname: holder, version: "1.0.0", groups: [], drivers: [] })
  yield* leases.take(holder, [{ nodeId: id, purpose: action }], Duration.hours(1))
  const pendingPower = new PendingPower({ action, requestedAt: DateTime.makeUnsafe(0) })
  yield* nodes.update(id, { pendingPower })
})

describe("check_orphan_nodes", () => {
  it.effect(
    "locks held by offline conductors are released, and a reboot of theirs ends with a true last_error and no second cycle",
    () =>
      Effect.gen(function* () {
        yield* leftBy("host-2", "rebooting", "power off")
        const leases = yield* LeaseStore
        yield* TestClock.adjust("59 seconds")
        yield* triggered("check_orphan_nodes")
        assert.strictEqual((yield* leases.list).length, 1)
        assert.notStrictEqual((yield* nodeOf(id)).pendingPower, null)
        yield* TestClock.adjust("70 seconds")
        assert.deepEqual(yield* leases.list, [])
        const { node } = yield* storedOf(id)
        assert.strictEqual(node.pendingPower, null)
        assert.strictEqual(
          node.lastError,
          "rebooting, asked for at 1970-01-01T00:00:00.000Z, was under way when its conductor ended or lost the node's " +
            "lock. It is not sent again, and whether it happened is not known; the machine is in 'power off' now."
        )
        assert.deepStrictEqual(
          (yield* commands).filter((command) => command !== "on"),
          []
        )
        const entries = yield* told(id)
        assert.deepInclude(entries, {
          actor: "check_orphan_nodes",
          from: "host-2",
          kind: "LockBroken",
          reason: "Held for rebooting by host-2, which is offline."
        })
        assert.deepInclude(entries, {
          actor: "check_orphan_nodes",
          from: "power on",
          kind: "PowerAborted",
          reason: node.lastError
        })
        const lost = (yield* told(null)).filter(({ kind }) => kind === "ConductorLost")
        assert.deepStrictEqual(
          lost.map(({ from }) => from),
          ["host-2"]
        )
      }).pipe(Effect.provide(alone))
  )

  it.effect("on and off of a conductor that is gone are re-checked by a read, and confirmed", () =>
    Effect.gen(function* () {
      yield* leftBy("host-2", "power off", "power off")
      yield* TestClock.adjust("3 minutes")
      const { node } = yield* storedOf(id)
      assert.deepStrictEqual([node.pendingPower, node.lastError, node.desiredPower], [null, null, "power off"])
      assert.deepStrictEqual(yield* commands, [])
      const changed = (yield* told(id)).find(({ kind }) => kind === "PowerChanged")
      assert.strictEqual(
        changed?.reason,
        "power off was under way when its conductor ended or lost the node's lock; a read confirms it now."
      )
    }).pipe(Effect.provide(alone))
  )

  it.effect("an action is ended also where nobody heard of a change since", () =>
    Effect.gen(function* () {
      const nodes = yield* NodeStore
      yield* enrol(1)
      yield* TestClock.adjust("1 second")
      const pendingPower = new PendingPower({ action: "power off", requestedAt: DateTime.makeUnsafe(0) })
      yield* nodes.update(id, { pendingPower })
      yield* unheard(nodes.update(id, { owner: "me" }))
      yield* TestClock.adjust("3 minutes")
      const { owner, pendingPower: pending } = yield* nodeOf(id)
      assert.deepStrictEqual([owner, pending], ["me", null])
    }).pipe(Effect.provide(alone))
  )

  it.effect("a lock of a conductor that lives is left alone, and so is what it is at", () =>
    Effect.gen(function* () {
      const conductors = yield* ConductorStore
      yield* leftBy("host-2", "rebooting", "power off")
      for (let i = 0; i < 30; i++) {
        yield* TestClock.adjust("10 seconds")
        yield* conductors.beat({ hostname: "host-2", version: "1.0.0", groups: [], drivers: [] })
      }
      assert.deepEqual(
        (yield* (yield* LeaseStore).list).map(({ holder }) => holder),
        ["host-2"]
      )
      assert.notStrictEqual((yield* storedOf(id)).node.pendingPower, null)
      assert.deepStrictEqual(yield* commands, [])
    }).pipe(Effect.provide(alone))
  )

  it.effect("a lock that its holder did not renew is broken, although the holder lives", () =>
    Effect.gen(function* () {
      const conductors = yield* ConductorStore
      const leases = yield* LeaseStore
      yield* enrol(1)
      yield* leases.take("host-2", [{ nodeId: id, purpose: "change" }], Duration.seconds(60))
      for (let i = 0; i < 13; i++) {
        yield* conductors.beat({ hostname: "host-2", version: "1.0.0", groups: [], drivers: [] })
        yield* TestClock.adjust("10 seconds")
      }
      assert.deepEqual(yield* leases.list, [])
      const broken = (yield* told(id)).find(({ kind }) => kind === "LockBroken")
      assert.strictEqual(broken?.reason, "Held for change by host-2, which did not renew it.")
    }).pipe(Effect.provide(alone))
  )

  it.effect("a provision state in which somebody would be at work fails, with a last_error", () =>
    Effect.gen(function* () {
      const nodes = yield* NodeStore
      const leases = yield* LeaseStore
      yield* enrol(1)
      yield* leases.take("host-2", [{ nodeId: id, purpose: "manage" }], Duration.seconds(60))
      yield* nodes.update(id, { provisionState: "verifying", targetProvisionState: "manageable" })
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual((yield* storedOf(id)).node.provisionState, "verifying")
      yield* TestClock.adjust("70 seconds")
      const { node } = yield* storedOf(id)
      assert.strictEqual(node.provisionState, "enroll")
      assert.include(node.lastError ?? "", "was cut off when the conductor that did it ended")
    }).pipe(Effect.provide(alone))
  )

  it.effect("an action that lost its lock stops there, and is ended by a read once the database is back", () =>
    Effect.gen(function* () {
      const database = yield* Database
      const power = yield* PowerControl
      const bmcs = yield* MemoryGovernor
      yield* enrol(1)
      yield* TestClock.adjust("1 second")
      bmcs.setDelay(id, Infinity)
      const outcome = yield* Effect.forkChild(
        yield* power.request("n1", "rebooting", { timeout: Duration.minutes(10) }),
        { startImmediately: true }
      )
      yield* TestClock.adjust("5 seconds")
      database.on = false
      yield* TestClock.adjust("54 seconds")
      assert.strictEqual(outcome.pollUnsafe(), undefined)
      yield* TestClock.adjust("2 seconds")
      assert.deepEqual(yield* Fiber.join(outcome), {
        _tag: "Failed",
        error:
          "rebooting was cut off: the node's lock could not be renewed in the database. What became of the machine is " +
          "looked at once the database is back."
      })
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(yield* commands, ["off"])
      database.on = true
      yield* TestClock.adjust("90 seconds")
      const { node } = yield* storedOf(id)
      assert.strictEqual(node.pendingPower, null)
      assert.deepStrictEqual(yield* commands, ["off"])
      const entries = yield* told(id)
      const kinds = entries.map(({ kind }) => kind)
      const aborted = entries.find(({ kind }) => kind === "PowerAborted")
      assert.include(aborted?.reason ?? "", "It is not sent again, and whether it happened is not known")
      assert.includeMembers(kinds, ["LockLost", "PowerAborted"])
      assert.notInclude(kinds, "LockBroken")
    }).pipe(Effect.provide(alone))
  )
})

describe("keepalive", () => {
  it.effect("a conductor gives a sign of life every 10 seconds, and is offline 60 seconds after the last", () =>
    Effect.gen(function* () {
      const store = yield* ConductorStore
      const mine = yield* Conductors
      const scope = yield* Scope.make()
      const theirs = Context.get(yield* Layer.buildWithScope(conductor("host-2"), scope), PeriodicWorker)
      yield* TestClock.adjust("35 seconds")
      const [first, second] = yield* store.list
      assert.deepInclude(first, { hostname: "host-1", version: "1.2.3", online: true, heartbeatAtMillis: 30_000 })
      assert.deepInclude(second, { hostname: "host-2", startedAtMillis: 0, heartbeatAtMillis: 30_000 })
      assert.deepStrictEqual(
        mine.all().map(({ alive, hostname }) => [hostname, alive]),
        [
          ["host-1", true],
          ["host-2", true]
        ]
      )
      // It hangs: nothing of its periodic tasks runs any more.
      for (const { name } of yield* theirs.list) yield* theirs.pause(name)
      yield* TestClock.adjust("55 seconds")
      assert.isTrue(mine.all()[1]?.alive)
      yield* TestClock.adjust("10 seconds")
      assert.isFalse(mine.all()[1]?.alive)
      yield* TestClock.adjust("10 minutes")
      const lost = (yield* told(null)).filter(({ kind }) => kind === "ConductorLost")
      assert.deepStrictEqual(
        lost.map(({ actor, from }) => [actor, from]),
        [["check_orphan_nodes", "host-2"]]
      )
      yield* theirs.trigger("keepalive")
      yield* TestClock.adjust("10 seconds")
      assert.isTrue(mine.all()[1]?.alive)
    }).pipe(Effect.provide(alone))
  )

  it.effect("a conductor that stops says goodbye, and is not lost", () =>
    Effect.gen(function* () {
      const mine = yield* Conductors
      const scope = yield* Scope.make()
      yield* Layer.buildWithScope(conductor("host-2"), scope)
      const stop = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("11 seconds")
      yield* Fiber.join(stop)
      assert.deepStrictEqual(
        mine.all().map(({ alive }) => alive),
        [true, false]
      )
      yield* TestClock.adjust("10 minutes")
      assert.notInclude(
        (yield* told(null)).map(({ kind }) => kind),
        "ConductorLost"
      )
    }).pipe(Effect.provide(alone))
  )

  it.effect("a database that is away for minutes costs nobody the name of being alive to himself", () =>
    Effect.gen(function* () {
      const database = yield* Database
      const mine = yield* Conductors
      database.on = false
      yield* TestClock.adjust("5 minutes")
      assert.isTrue(mine.all()[0]?.alive)
      database.on = true
      yield* TestClock.adjust("2 minutes")
      const [self] = yield* (yield* ConductorStore).list
      assert.isTrue(self?.online)
      assert.notInclude(
        (yield* told(null)).map(({ kind }) => kind),
        "ConductorLost"
      )
    }).pipe(Effect.provide(alone))
  )
})

describe("cleanup_stale_conductors", () => {
  it.effect("forgets conductors that have been offline for 14 days, 50 a run, and says which", () =>
    Effect.gen(function* () {
      const store = yield* ConductorStore
      const names = Array.from({ length: 52 }, (_, index) => `old-${10 + index}`)
      for (const hostname of names) {
        yield* store.register({ hostname, version: "0.9.0", groups: [], drivers: [] })
        yield* store.leave(hostname)
      }
      const { run } = yield* cleanupStaleConductors
      const left = Effect.map(Effect.andThen(run, store.list), (all) => all.length)
      yield* TestClock.adjust("14 days")
      assert.strictEqual(yield* left, 53)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* left, 3)
      assert.strictEqual(yield* left, 1)
      assert.deepEqual(
        (yield* store.list).map(({ hostname }) => hostname),
        ["host-1"]
      )
      const forgotten = (yield* told(null)).filter(({ kind }) => kind === "ConductorForgotten")
      assert.sameMembers(
        forgotten.map(({ from }) => from ?? ""),
        names
      )
    }).pipe(Effect.provide(world({ conductorHost: "host-1" })))
  )
})
