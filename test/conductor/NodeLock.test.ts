import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber, Option, Scope } from "effect"
import { TestClock } from "effect/testing"
import { NodeLock } from "../../src/conductor/NodeLock.ts"
import { LeaseStore } from "../../src/store/LeaseStore.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import { makeNode, nodeId } from "../domain/nodes.ts"
import { leaseOf, lockWorld, startLocks, storeNode, storeNodes } from "./locks.ts"
import { Database, journalOf } from "./world.ts"

const node = makeNode({ id: nodeId(1), name: "n1" })

describe("a node's lock", () => {
  it.effect("tells who holds it, what for, since when and until when, here and in the database", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      yield* storeNode
      yield* TestClock.setTime(5000)
      const { fence, release } = yield* locks.acquire(node, "power off")
      const lease = {
        nodeId: node.id,
        holder: "host-1",
        purpose: "power off",
        sinceMillis: 5000,
        expiresAtMillis: 65_000,
        fence
      }
      assert.deepEqual(locks.holder(node.id), lease)
      assert.deepEqual(yield* leaseOf(node.id), Option.some(lease))
      release()
      assert.strictEqual(locks.holder(node.id), undefined)
    }).pipe(Effect.provide(lockWorld()))
  )

  it.effect("is given back in the database within a second", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      yield* storeNode
      const { release } = yield* locks.acquire(node, "power off")
      release()
      yield* TestClock.adjust("1 second")
      assert.deepEqual(yield* leaseOf(node.id), Option.none())
    }).pipe(Effect.provide(lockWorld()))
  )

  it.effect("is waited for 3 times a second apart, and then refused with its holder", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      yield* storeNode
      yield* locks.acquire(node, "power off")
      const second = yield* Effect.forkChild(Effect.flip(locks.acquire(node, "power on")))
      yield* TestClock.adjust("2999 millis")
      assert.strictEqual(second.pollUnsafe(), undefined)
      yield* TestClock.adjust("1 millis")
      const error = yield* Fiber.join(second)
      assert.strictEqual(
        error.message,
        "Node n1 is locked by host host-1, please retry after the current operation is completed."
      )
    }).pipe(Effect.provide(lockWorld()))
  )

  it.effect("is taken by the one who waits, as soon as it is given back", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      yield* storeNode
      const { release } = yield* locks.acquire(node, "power off")
      const second = yield* Effect.forkChild(locks.acquire(node, "power on"))
      yield* TestClock.adjust("500 millis")
      release()
      yield* Fiber.join(second)
      assert.strictEqual(locks.holder(node.id)?.purpose, "power on")
    }).pipe(Effect.provide(lockWorld()))
  )

  it.effect("does nothing when given back twice", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      yield* storeNode
      const { release } = yield* locks.acquire(node, "power off")
      release()
      yield* locks.acquire(node, "power on")
      release()
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(locks.holder(node.id)?.purpose, "power on")
      assert.strictEqual(Option.getOrThrow(yield* leaseOf(node.id)).purpose, "power on")
    }).pipe(Effect.provide(lockWorld()))
  )

  it.effect("is not taken by background work while anybody holds it", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      yield* storeNode
      const { release } = yield* locks.acquire(node, "power off")
      assert.deepStrictEqual(yield* locks.inBackground(node.id, "sync", () => Effect.succeed(1)), Option.none())
      release()
      assert.deepStrictEqual(yield* locks.inBackground(node.id, "sync", () => Effect.succeed(1)), Option.some(1))
      assert.strictEqual(locks.holder(node.id), undefined)
    }).pipe(Effect.provide(lockWorld()))
  )

  it.effect("is taken from background work by a person, who waits until that has ended", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      yield* storeNode
      const order: Array<string> = []
      const cleaned = yield* Deferred.make<void>()
      const work = Effect.never.pipe(
        Effect.onInterrupt(() =>
          Effect.andThen(
            Deferred.await(cleaned),
            Effect.sync(() => order.push("background ended"))
          )
        )
      )
      const background = yield* Effect.forkChild(
        locks.inBackground(node.id, "sync", () => work),
        {
          startImmediately: true
        }
      )
      const person = yield* Effect.forkChild(
        Effect.tap(locks.acquire(node, "power on"), () => Effect.sync(() => order.push("person has it")))
      )
      yield* TestClock.adjust("100 millis")
      assert.deepStrictEqual(order, [])
      yield* Deferred.succeed(cleaned, undefined)
      yield* Fiber.join(person)
      assert.deepStrictEqual(yield* Fiber.join(background), Option.none())
      assert.deepStrictEqual(order, ["background ended", "person has it"])
    }).pipe(Effect.provide(lockWorld()))
  )

  it.effect("is taken from background work also by a person who tries only once", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      yield* storeNode
      yield* Effect.forkChild(
        locks.inBackground(node.id, "sync", () => Effect.never),
        { startImmediately: true }
      )
      yield* TestClock.adjust("1 second")
      yield* locks.acquire(node, "power on")
      const refused = yield* Effect.flip(locks.acquire(node, "power off"))
      assert.deepInclude(refused.reason, { _tag: "NodeLocked", purpose: "power on" })
    }).pipe(Effect.provide(lockWorld({ nodeLockedRetryAttempts: 0 })))
  )

  it.effect("is given back by background work that fails", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      yield* storeNode
      yield* Effect.flip(locks.inBackground(node.id, "sync", () => Effect.fail("broken")))
      assert.strictEqual(locks.holder(node.id), undefined)
    }).pipe(Effect.provide(lockWorld()))
  )

  it.effect("is not left taken by one who stops waiting for it", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      yield* storeNode
      const { release } = yield* locks.acquire(node, "power off")
      const second = yield* Effect.forkChild(locks.acquire(node, "power on"), { startImmediately: true })
      yield* Fiber.interrupt(second)
      release()
      assert.strictEqual(locks.holder(node.id), undefined)
    }).pipe(Effect.provide(lockWorld()))
  )

  it.effect("is not left taken by one who is interrupted while the database answers", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      yield* storeNode
      const first = yield* Effect.forkChild(locks.acquire(node, "power off"), { startImmediately: true })
      yield* Fiber.interrupt(first)
      assert.strictEqual(locks.holder(node.id), undefined)
      yield* TestClock.adjust("1 second")
      assert.deepEqual(yield* leaseOf(node.id), Option.none())
      const background = yield* Effect.forkChild(
        locks.inBackground(node.id, "sync", () => Effect.never),
        { startImmediately: true }
      )
      yield* Fiber.interrupt(background)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(locks.holder(node.id), undefined)
      assert.deepEqual(yield* leaseOf(node.id), Option.none())
    }).pipe(Effect.provide(lockWorld()))
  )

  it.effect("of a node that is gone can't be taken", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      const error = yield* Effect.flip(locks.acquire(node, "power off"))
      assert.strictEqual(error.reason._tag, "NoSuchNode")
      assert.deepStrictEqual(yield* locks.inBackground(node.id, "sync", () => Effect.succeed(1)), Option.none())
      assert.strictEqual(locks.holder(node.id), undefined)
    }).pipe(Effect.provide(lockWorld()))
  )

  it.effect("is taken for a thousand nodes in a few statements, and given back in as few", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      const store = yield* LeaseStore
      const statements: Array<number> = []
      const [taken, released] = [store.take, store.release]
      // The store's own methods, with a count before each.
      Object.assign(store, {
        take: (...args: Parameters<typeof taken>) => {
          statements.push(args[1].length)
          return taken(...args)
        },
        release: (...args: Parameters<typeof released>) => {
          statements.push(-args[0].length)
          return released(...args)
        }
      })
      const ids = yield* storeNodes(1000)
      const leases = yield* Effect.forEach(ids, (id) => locks.acquire(makeNode({ id }), "power on"), {
        concurrency: "unbounded"
      })
      for (const { release } of leases) release()
      yield* TestClock.adjust("1 second")
      const [takes, releases] = [statements.filter((n) => n > 0), statements.filter((n) => n < 0)]
      assert.strictEqual(
        takes.reduce((sum, n) => sum + n, 0),
        1000
      )
      assert.isAtMost(takes.length, 3)
      assert.deepStrictEqual(releases, [-1000])
    }).pipe(Effect.provide(lockWorld()))
  )
})

describe("locks are leases", () => {
  it.effect("a lock holds for as long as its holder lives: it is renewed after a third of its time", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      yield* storeNode
      const { fence } = yield* locks.acquire(node, "soft power off")
      yield* TestClock.adjust("19 seconds")
      assert.strictEqual(locks.holder(node.id)?.expiresAtMillis, 60_000)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(locks.holder(node.id)?.expiresAtMillis, 80_000)
      yield* TestClock.adjust("10 minutes")
      const lease = Option.getOrThrow(yield* leaseOf(node.id))
      assert.strictEqual(lease.fence, fence)
      assert.isAtLeast(lease.expiresAtMillis, 620_000 + 39_000)
      assert.deepStrictEqual(yield* journalOf(node.id), [])
    }).pipe(Effect.provide(lockWorld()))
  )

  it.effect(
    "while the database is away nothing new starts: a person is told, background work waits for another time",
    () =>
      Effect.gen(function* () {
        const locks = yield* NodeLock
        const database = yield* Database
        yield* storeNode
        database.on = false
        const error = yield* Effect.flip(locks.acquire(node, "power off"))
        assert.strictEqual(error.reason._tag, "StoreUnavailable")
        assert.deepStrictEqual(yield* locks.inBackground(node.id, "sync", () => Effect.succeed(1)), Option.none())
        assert.strictEqual(locks.holder(node.id), undefined)
        database.on = true
        yield* locks.acquire(node, "power off")
      }).pipe(Effect.provide(lockWorld()))
  )

  it.effect("what runs goes on while the database is away until its lease would have ended, and stops then", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      const database = yield* Database
      yield* storeNodes(2)
      const { lost } = yield* locks.acquire(node, "power off")
      const person = yield* Effect.forkChild(lost, { startImmediately: true })
      const background = yield* Effect.forkChild(
        locks.inBackground(nodeId(2), "sync", () => Effect.never),
        { startImmediately: true }
      )
      yield* TestClock.adjust("10 seconds")
      database.on = false
      yield* TestClock.adjust("49999 millis")
      assert.deepStrictEqual([person.pollUnsafe(), background.pollUnsafe()], [undefined, undefined])
      yield* TestClock.adjust("1 millis")
      database.on = true
      assert.deepStrictEqual(person.pollUnsafe(), Exit.void)
      assert.deepStrictEqual(background.pollUnsafe(), Exit.succeed(Option.none()))
      const told = (yield* journalOf(node.id)).map(({ kind, reason }) => [kind, reason])
      assert.deepStrictEqual(told, [
        ["LockLost", "The lock could not be renewed in time, or was broken: power off stops."]
      ])
    }).pipe(Effect.provide(lockWorld()))
  )

  it.effect("a database that is away for less costs no lock", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      const database = yield* Database
      yield* storeNode
      const { fence } = yield* locks.acquire(node, "power off")
      database.on = false
      yield* TestClock.adjust("58 seconds")
      database.on = true
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual(Option.getOrThrow(yield* leaseOf(node.id)).fence, fence)
      assert.deepStrictEqual(yield* journalOf(node.id), [])
    }).pipe(Effect.provide(lockWorld()))
  )

  it.effect("a lock that was broken is lost at the next renewal, and its holder can't write", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      const nodes = yield* NodeStore
      const store = yield* LeaseStore
      yield* storeNode
      const { fence, lost } = yield* locks.acquire(node, "power off")
      yield* store.breakOf({ holders: ["host-1"], expired: false })
      const waiting = yield* Effect.forkChild(lost, { startImmediately: true })
      yield* TestClock.adjust("21 seconds")
      yield* Fiber.join(waiting)
      const { reason } = yield* Effect.flip(nodes.update(node.id, { lastError: "late" }, { fence }))
      assert.strictEqual(reason._tag, "LeaseLost")
    }).pipe(Effect.provide(lockWorld()))
  )

  it.effect("who lost a lock takes it anew to record what it knows, unless another has it", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      const nodes = yield* NodeStore
      const store = yield* LeaseStore
      yield* storeNode
      const lease = yield* locks.acquire(node, "power off")
      yield* store.breakOf({ holders: ["host-1"], expired: false })
      const fence = yield* lease.retake
      assert.isAbove(fence, lease.fence)
      yield* nodes.update(node.id, { lastError: "known" }, { fence })
      yield* store.breakOf({ holders: ["host-1"], expired: false })
      const scope = yield* Effect.scope
      const { locks: theirs } = yield* startLocks("host-2", scope)
      yield* theirs.acquire(node, "power on")
      assert.strictEqual((yield* Effect.flip(lease.retake)).reason._tag, "LeaseLost")
      lease.release()
      yield* TestClock.adjust("1 second")
      assert.strictEqual(Option.getOrThrow(yield* leaseOf(node.id)).holder, "host-2")
    }).pipe(Effect.provide(lockWorld()), Effect.scoped)
  )
})

describe("two conductors over one database", () => {
  it.effect("one's lock is refused to the other, who is told its holder", () =>
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const mine = yield* NodeLock
      const { locks: theirs } = yield* startLocks("host-2", scope)
      yield* storeNode
      const { release } = yield* theirs.acquire(node, "rebooting")
      const person = yield* Effect.forkChild(Effect.flip(mine.acquire(node, "power on")))
      yield* TestClock.adjust("3 seconds")
      const { reason } = yield* Fiber.join(person)
      assert.deepInclude(reason, { _tag: "NodeLocked", holder: "host-2", purpose: "rebooting" })
      assert.deepStrictEqual(yield* mine.inBackground(node.id, "sync", () => Effect.succeed(1)), Option.none())
      assert.deepInclude(mine.holder(node.id), { holder: "host-2", purpose: "rebooting" })
      const waiting = yield* Effect.forkChild(mine.acquire(node, "power on"))
      yield* TestClock.adjust("500 millis")
      release()
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(waiting)
      assert.strictEqual(mine.holder(node.id)?.holder, "host-1")
    }).pipe(Effect.provide(lockWorld()), Effect.scoped)
  )

  it.effect("a conductor that died without a word holds its locks for as long as their leases last", () =>
    Effect.gen(function* () {
      const mine = yield* NodeLock
      const dead = yield* Scope.make()
      const { locks: theirs } = yield* startLocks("host-2", dead)
      yield* storeNode
      yield* theirs.acquire(node, "rebooting")
      const store = yield* LeaseStore
      const renew = store.renew
      // Its process is gone: nothing renews any more.
      Object.assign(store, { renew: () => Effect.never })
      yield* TestClock.adjust("59 seconds")
      assert.deepStrictEqual(yield* mine.inBackground(node.id, "sync", () => Effect.succeed(1)), Option.none())
      yield* TestClock.adjust("1 second")
      Object.assign(store, { renew })
      assert.deepStrictEqual(yield* mine.inBackground(node.id, "sync", () => Effect.succeed(1)), Option.some(1))
    }).pipe(Effect.provide(lockWorld()))
  )

  it.effect("a restart clears own locks, says so, and leaves the others'", () =>
    Effect.gen(function* () {
      const store = yield* LeaseStore
      const scope = yield* Effect.scope
      yield* storeNodes(2)
      const purpose = "rebooting"
      yield* store.take("host-1", [{ nodeId: nodeId(1), purpose }], Duration.minutes(1))
      yield* store.take("host-2", [{ nodeId: nodeId(2), purpose }], Duration.minutes(1))
      const { journal, locks } = yield* startLocks("host-1", scope)
      assert.deepEqual(
        (yield* store.list).map(({ holder }) => holder),
        ["host-2"]
      )
      assert.deepInclude(locks.holder(nodeId(2)), { holder: "host-2", purpose })
      yield* journal.drain
      const told = (yield* journalOf(nodeId(1))).map(({ from, kind, reason }) => [kind, from, reason])
      assert.deepStrictEqual(told, [
        [
          "LockBroken",
          "host-1",
          "Held for rebooting by an earlier process of this conductor, which did not give it back."
        ]
      ])
    }).pipe(Effect.provide(lockWorld({ conductorHost: "host-3" })), Effect.scoped)
  )
})
