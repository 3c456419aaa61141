/** A power action, step by step. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import { NodeLock } from "../../src/conductor/NodeLock.ts"
import { accepted, arranged, carriedOut, id, request } from "./powerRequests.ts"
import { commands, importLines, journalOf, line, nodeOf, pass, storedOf, world } from "./world.ts"

/** What node 1 was asked since it was recorded. */
const asked = Effect.map(MemoryGovernor, (bmcs) =>
  bmcs
    .asked()
    .map(({ what }) => what)
    .slice(bmcs.asked().findIndex(({ what }) => what !== "read") - 1)
)

describe("a power action, step by step,", () => {
  it.effect("holds the node's lock until it has ended", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      yield* arranged({}, { delayMillis: 10_000 })
      yield* accepted("power off")
      yield* TestClock.adjust("9 seconds")
      assert.strictEqual(locks.holder(id)?.purpose, "power off")
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(locks.holder(id), undefined)
    }).pipe(Effect.provide(world()))
  )

  it.effect("takes the lock from background work, which has no say", () =>
    Effect.gen(function* () {
      const bmcs = yield* arranged()
      const locks = yield* NodeLock
      const background = yield* Effect.forkChild(
        locks.inBackground(id, "power_failure_recovery", () => Effect.never),
        { startImmediately: true }
      )
      yield* TestClock.adjust("10 millis")
      const person = yield* Effect.forkChild(accepted("power off"))
      yield* TestClock.adjust("500 millis")
      assert.notStrictEqual(person.pollUnsafe(), undefined)
      assert.notStrictEqual(background.pollUnsafe(), undefined)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(bmcs.powerOf(id), "power off")
    }).pipe(Effect.provide(world()))
  )

  it.effect("is journalled when it starts, and when it ends", () =>
    Effect.gen(function* () {
      yield* arranged({}, { delayMillis: 10_000 })
      yield* accepted("power off")
      yield* TestClock.adjust("5 seconds")
      const told = Effect.map(journalOf(id), (entries) => entries.slice(1).map(({ actor, kind }) => [kind, actor]))
      assert.deepStrictEqual(yield* told, [["PowerRequested", "operator"]])
      yield* TestClock.adjust("6 seconds")
      assert.deepStrictEqual(yield* told, [
        ["PowerRequested", "operator"],
        ["PowerChanged", "operator"]
      ])
    }).pipe(Effect.provide(world()))
  )

  it.effect("confirms an off by a read that was made after it was sent", () =>
    Effect.gen(function* () {
      yield* arranged({}, { delayMillis: 0 })
      yield* carriedOut("power off")
      assert.deepStrictEqual(yield* asked, ["read", "off", "read"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("sends nothing more after its process stood still for longer than the lock holds", () =>
    Effect.gen(function* () {
      const clock = yield* TestClock.testClockWith(Effect.succeed)
      let stoodStillNanos = 0n
      const late = { ...clock, monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe() + stoodStillNanos }
      yield* Effect.gen(function* () {
        const bmcs = yield* arranged()
        const outcome = yield* Effect.forkChild(yield* request("rebooting"))
        yield* TestClock.adjust("1 second")
        bmcs.hold(id)
        yield* TestClock.adjust("1 second")
        stoodStillNanos = 61_000_000_000n
        // The answer that was waited for is the first that it hears of.
        bmcs.release(id)
        yield* Effect.yieldNow
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual(yield* commands, ["off"])
        assert.include(JSON.stringify(yield* Fiber.join(outcome)), "the node's lock could not be renewed")
      }).pipe(Effect.provide(world()), Effect.provideService(Clock.Clock, late))
    })
  )

  it.effect("sends nothing to the BMC of another address that an import gives the node meanwhile", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      bmcs.setPower(id, "power on")
      yield* importLines([line(1)])
      yield* pass
      bmcs.setDelay(id, 10_000)
      const outcome = yield* Effect.forkChild(yield* request("rebooting"))
      yield* TestClock.adjust("5 seconds")
      const driver_info = { ipmi_address: "127.0.0.9", ipmi_username: "admin", ipmi_password: "secret" }
      yield* importLines([line(1, { driver_info })], { update: true })
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(yield* commands, ["off"])
      assert.strictEqual((yield* Fiber.join(outcome))._tag, "Failed")
      assert.include((yield* nodeOf(id)).lastError ?? "", "the address of the BMC was changed meanwhile")
    }).pipe(Effect.provide(world()))
  )

  it.effect("goes on with a new password that an import gives the node meanwhile", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      bmcs.setPower(id, "power on")
      yield* importLines([line(1)])
      yield* pass
      bmcs.setDelay(id, 10_000)
      const outcome = yield* Effect.forkChild(yield* request("rebooting"))
      yield* TestClock.adjust("5 seconds")
      const driver_info = { ...line(1).value.driver_info, ipmi_password: "hunter2" }
      yield* importLines([line(1, { driver_info })], { update: true })
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual((yield* Fiber.join(outcome))._tag, "Confirmed")
    }).pipe(Effect.provide(world()))
  )

  it.effect("waits by the clock, however long a read takes", () =>
    Effect.gen(function* () {
      const bmcs = yield* arranged({}, { delayMillis: Infinity })
      const outcome = yield* Effect.forkChild(yield* request("power off"))
      yield* TestClock.adjust("10 seconds")
      bmcs.hold(id)
      yield* TestClock.adjust("49 seconds")
      assert.strictEqual(outcome.pollUnsafe(), undefined)
      yield* TestClock.adjust("1 second")
      assert.notStrictEqual(outcome.pollUnsafe(), undefined)
      assert.include((yield* nodeOf(id)).lastError ?? "", "was not seen within 60 s")
    }).pipe(Effect.provide(world()))
  )

  it.effect("shows the target until it has ended, and the recorded state as it was", () =>
    Effect.gen(function* () {
      yield* arranged({}, { delayMillis: 10_000 })
      const outcome = yield* Effect.forkChild(yield* request("power off"))
      yield* TestClock.adjust("9 seconds")
      const shown = Effect.map(storedOf(id), ({ node }) => [node.pendingPower?.action, node.desiredPower])
      assert.deepStrictEqual(yield* shown, ["power off", "power on"])
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(outcome)
      assert.deepStrictEqual(yield* shown, [undefined, "power off"])
    }).pipe(Effect.provide(world()))
  )
})
