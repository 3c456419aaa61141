import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { ConductorConfig } from "../../src/conductor/ConductorConfig.ts"
import { NodeLock } from "../../src/conductor/NodeLock.ts"
import { makeNode } from "../domain/nodes.ts"

const node = makeNode({ name: "n1" })
const layer = NodeLock.layer.pipe(Layer.provide(ConductorConfig.layer({ conductorHost: "host-1" })))

describe("a node's lock", () => {
  it.effect("tells who holds it, what for, and since when", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      yield* TestClock.setTime(5000)
      const { release } = yield* locks.acquire(node, "power off")
      assert.deepInclude(locks.holder(node.id), { holder: "host-1", purpose: "power off", sinceMillis: 5000 })
      release()
      assert.strictEqual(locks.holder(node.id), undefined)
    }).pipe(Effect.provide(layer))
  )

  it.effect("is waited for 3 times a second apart, and then refused with its holder", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
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
    }).pipe(Effect.provide(layer))
  )

  it.effect("is taken by the one who waits, as soon as it is given back", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      const { release } = yield* locks.acquire(node, "power off")
      const second = yield* Effect.forkChild(locks.acquire(node, "power on"))
      yield* TestClock.adjust("500 millis")
      release()
      yield* Fiber.join(second)
      assert.strictEqual(locks.holder(node.id)?.purpose, "power on")
    }).pipe(Effect.provide(layer))
  )

  it.effect("does nothing when given back twice", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      const { release } = yield* locks.acquire(node, "power off")
      release()
      yield* locks.acquire(node, "power on")
      release()
      assert.strictEqual(locks.holder(node.id)?.purpose, "power on")
    }).pipe(Effect.provide(layer))
  )

  it.effect("is not taken by background work while anybody holds it", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      const { release } = yield* locks.acquire(node, "power off")
      assert.deepStrictEqual(yield* locks.inBackground(node.id, "sync", () => Effect.succeed(1)), Option.none())
      release()
      assert.deepStrictEqual(yield* locks.inBackground(node.id, "sync", () => Effect.succeed(1)), Option.some(1))
      assert.strictEqual(locks.holder(node.id), undefined)
    }).pipe(Effect.provide(layer))
  )

  it.effect("is taken from background work by a person, who waits until that has ended", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
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
        { startImmediately: true }
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
    }).pipe(Effect.provide(layer))
  )

  it.effect("is given back by background work that fails", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      yield* Effect.flip(locks.inBackground(node.id, "sync", () => Effect.fail("broken")))
      assert.strictEqual(locks.holder(node.id), undefined)
    }).pipe(Effect.provide(layer))
  )

  it.effect("is not left taken by one who stops waiting for it", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      const { release } = yield* locks.acquire(node, "power off")
      const second = yield* Effect.forkChild(locks.acquire(node, "power on"), { startImmediately: true })
      yield* Fiber.interrupt(second)
      release()
      assert.strictEqual(locks.holder(node.id), undefined)
    }).pipe(Effect.provide(layer))
  )
})
