import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import { PowerControl, type PowerOutcome } from "../../src/conductor/PowerControl.ts"
import { PendingPower } from "../../src/domain/Node.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import { nodeId } from "../domain/nodes.ts"
import { accepted, arranged, carriedOut, id, request } from "./powerRequests.ts"
import { commands, Database, enrol, journalOf, kindsOf, pass, refuse, storedOf, world } from "./world.ts"

const forced = { _tag: "Confirmed", power: "power off", forced: true } satisfies PowerOutcome

describe("a soft power off with a hard one to fall back to", () => {
  const limit = Duration.seconds(300)

  it.effect("is switched off hard once the machine was not seen off in time, and then is confirmed", () =>
    Effect.gen(function* () {
      const bmcs = yield* arranged({}, { delayMillis: Infinity })
      const outcome = yield* Effect.forkChild(yield* request("soft power off", { fallback: "hard", timeout: limit }))
      yield* TestClock.adjust("299 seconds")
      assert.deepStrictEqual(yield* commands, ["soft"])
      bmcs.setDelay(id, 2000)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* Fiber.join(outcome), forced)
      assert.deepStrictEqual(yield* commands, ["soft", "off"])
      const { node } = yield* storedOf(id)
      assert.deepStrictEqual([node.desiredPower, node.pendingPower, node.lastError], ["power off", null, null])
    }).pipe(Effect.provide(world()))
  )

  it.effect("says in the journal that it was forced, and why", () =>
    Effect.gen(function* () {
      const bmcs = yield* arranged({}, { delayMillis: Infinity })
      yield* accepted("soft power off", { fallback: "hard", timeout: limit })
      yield* TestClock.adjust("299 seconds")
      bmcs.setDelay(id, 0)
      yield* TestClock.adjust("10 seconds")
      const told = (yield* journalOf(id)).slice(1).map(({ kind, reason, severity }) => [kind, severity, reason])
      assert.deepStrictEqual(told, [
        ["PowerRequested", "INFO", "soft power off"],
        [
          "PowerRequested",
          "WARNING",
          "soft power off: the BMC took the command, but 'power off' was not seen within 300 s; it was last seen in " +
            "'power on'. It is switched off hard now, as was asked for."
        ],
        ["PowerChanged", "INFO", "soft power off, by a hard power off, confirmed by a read."]
      ])
    }).pipe(Effect.provide(world()))
  )

  it.effect("gives the hard power off the conductor's own time, however short the soft one's was", () =>
    Effect.gen(function* () {
      const bmcs = yield* arranged({}, { delayMillis: Infinity })
      const outcome = yield* Effect.forkChild(
        yield* request("soft power off", { fallback: "hard", timeout: Duration.seconds(1) })
      )
      yield* TestClock.adjust("500 millis")
      bmcs.setDelay(id, 30_000)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Fiber.join(outcome), forced)
    }).pipe(Effect.provide(world()))
  )

  it.effect("is not forced when the operating system followed", () =>
    Effect.gen(function* () {
      yield* arranged({}, { delayMillis: 200_000 })
      const outcome = yield* carriedOut("soft power off", { fallback: "hard", timeout: limit })
      assert.deepStrictEqual(outcome, { _tag: "Confirmed", power: "power off" })
      assert.deepStrictEqual(yield* commands, ["soft"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("is not forced when the BMC refused the soft one, since nobody asked the operating system", () =>
    Effect.gen(function* () {
      yield* arranged()
      yield* refuse(id, "Unsupported", { message: "no soft shutdown" })
      const outcome = yield* carriedOut("soft power off", { fallback: "hard" })
      assert.deepStrictEqual(outcome, {
        _tag: "Failed",
        error: "soft power off failed: Unsupported: no soft shutdown."
      })
      assert.deepStrictEqual(yield* commands, [])
    }).pipe(Effect.provide(world()))
  )

  it.effect("fails when not even the hard one is seen, and last_error says so", () =>
    Effect.gen(function* () {
      yield* arranged({}, { delayMillis: Infinity })
      const outcome = yield* carriedOut("soft power off", { fallback: "hard", timeout: limit })
      assert.include(outcome._tag === "Failed" ? outcome.error : "", "'power off' was not seen within 60 s")
      assert.deepStrictEqual((yield* storedOf(id)).node.desiredPower, "power on")
    }).pipe(Effect.provide(world()))
  )

  it.effect("of a reboot switches on again after the hard power off", () =>
    Effect.gen(function* () {
      const bmcs = yield* arranged({}, { delayMillis: Infinity })
      const outcome = yield* Effect.forkChild(yield* request("soft rebooting", { fallback: "hard", timeout: limit }))
      yield* TestClock.adjust("299 seconds")
      bmcs.setDelay(id, 1000)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* Fiber.join(outcome), { _tag: "Confirmed", power: "power on", forced: true })
      assert.deepStrictEqual(yield* commands, ["soft", "off", "on"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("without the fallback just fails", () =>
    Effect.gen(function* () {
      yield* arranged({}, { delayMillis: Infinity })
      assert.strictEqual((yield* carriedOut("soft power off"))._tag, "Failed")
      assert.deepStrictEqual(yield* commands, ["soft"])
    }).pipe(Effect.provide(world()))
  )
})

describe("a diagnostic interrupt", () => {
  it.effect("is sent once, told as sent, and leaves the desired power as it was", () =>
    Effect.gen(function* () {
      const bmcs = yield* arranged({ machine: "power on" })
      const readsBefore = bmcs.asked().length
      assert.deepStrictEqual(yield* carriedOut("nmi"), { _tag: "Sent" })
      assert.deepStrictEqual(
        bmcs
          .asked()
          .slice(readsBefore)
          .map(({ what }) => what),
        ["nmi"]
      )
      const { node } = yield* storedOf(id)
      assert.deepStrictEqual([node.desiredPower, node.pendingPower, node.lastError], ["power on", null, null])
      assert.deepStrictEqual(yield* kindsOf(id), ["PowerObserved", "PowerRequested", "NmiSent"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("whose answer was lost is not repeated, and said to may have happened", () =>
    Effect.gen(function* () {
      yield* arranged()
      yield* refuse(id, "Unreachable", { times: 1, message: "no answer" })
      assert.deepStrictEqual(yield* carriedOut("nmi"), {
        _tag: "Failed",
        error: "nmi failed: Unreachable: no answer. The BMC may still have acted on it."
      })
      assert.deepStrictEqual(yield* commands, [])
    }).pipe(Effect.provide(world()))
  )

  it.effect("that the BMC can't send fails with its words", () =>
    Effect.gen(function* () {
      yield* arranged()
      yield* refuse(id, "Unsupported", { message: "no diagnostic interrupt" })
      assert.deepStrictEqual(yield* carriedOut("nmi"), {
        _tag: "Failed",
        error: "nmi failed: Unsupported: no diagnostic interrupt."
      })
    }).pipe(Effect.provide(world()))
  )

  it.effect("is refused for a node that has no BMC to send it, and leaves no trace", () =>
    Effect.gen(function* () {
      yield* arranged({ driver: "fake-hardware" })
      const { reason } = yield* Effect.flip(accepted("nmi"))
      assert.strictEqual(reason._tag, "InvalidRequest")
      assert.include(reason.message, "fake-hardware has no BMC")
      assert.deepStrictEqual(yield* kindsOf(id), ["PowerObserved"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("that an earlier process left behind is not sent again, whatever a read shows", () =>
    Effect.gen(function* () {
      const store = yield* NodeStore
      const power = yield* PowerControl
      const bmcs = yield* arranged()
      yield* store.update(id, {
        pendingPower: new PendingPower({ action: "nmi", requestedAt: DateTime.makeUnsafe(0) })
      })
      bmcs.fail(id, "Unreachable", { message: "no answer" })
      const resolving = yield* Effect.forkChild(power.resolvePending)
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(resolving)
      const { node } = yield* storedOf(id)
      assert.strictEqual(node.pendingPower, null)
      assert.include(node.lastError ?? "", "nmi, asked for at 1970-01-01T00:00:00.000Z, was under way")
      assert.deepStrictEqual(yield* commands, [])
    }).pipe(Effect.provide(world()))
  )
})

describe("a user's power action", () => {
  it.effect("that failed never sets maintenance, and leaves the recorded power as it was", () =>
    Effect.gen(function* () {
      yield* arranged({}, { delayMillis: Infinity })
      yield* carriedOut("power off")
      yield* carriedOut("rebooting")
      const { node } = yield* storedOf(id)
      assert.deepStrictEqual(
        [node.operatorMaintenance, node.fault, node.desiredPower, node.pendingPower],
        [false, null, "power on", null]
      )
      assert.isNotNull(node.lastError)
    }).pipe(Effect.provide(world()))
  )

  it.effect("is told as a success only after a read confirmed it", () =>
    Effect.gen(function* () {
      const bmcs = yield* arranged({ machine: "power off" }, { delayMillis: 10_000 })
      const outcome = yield* Effect.forkChild(yield* request("power on"))
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual(yield* commands, ["on"])
      assert.strictEqual(outcome.pollUnsafe(), undefined)
      assert.strictEqual((yield* storedOf(id)).node.desiredPower, "power off")
      const sentAt = bmcs.asked().findIndex(({ what }) => what === "on")
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* Fiber.join(outcome))._tag, "Confirmed")
      assert.strictEqual(bmcs.asked().at(-1)?.what, "read")
      assert.isAbove(bmcs.asked().length - 1, sentAt)
    }).pipe(Effect.provide(world()))
  )

  it.effect("whose answer was lost waits for the state like any other, and is not sent again", () =>
    Effect.gen(function* () {
      const bmcs = yield* arranged()
      // A soft power off takes the operating system its time, whether or not the BMC's answer came through.
      yield* refuse(id, "Unreachable", { times: 1 })
      const outcome = yield* Effect.forkChild(yield* request("soft power off"))
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual(outcome.pollUnsafe(), undefined)
      bmcs.setPower(id, "power off")
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* Fiber.join(outcome), { _tag: "Confirmed", power: "power off" })
      assert.deepStrictEqual(yield* commands, [])
    }).pipe(Effect.provide(world()))
  )

  it.effect("is refused while as many are under way as may be, and goes again once one has ended", () =>
    Effect.gen(function* () {
      const power = yield* PowerControl
      const bmcs = yield* MemoryGovernor
      yield* enrol(3)
      for (const id of [nodeId(1), nodeId(2)]) bmcs.setDelay(id, 2000)
      yield* pass
      const [first, second] = [yield* power.request("n1", "rebooting"), yield* power.request("n2", "power off")]
      const { reason } = yield* Effect.flip(Effect.asVoid(power.request("n3", "power off")))
      assert.strictEqual(reason._tag, "NoFreeWorker")
      assert.include(reason.message, "2 power actions are under way, as many as may be (TUTTI_POWER_ACTIONS_AT_ONCE)")
      assert.deepStrictEqual(yield* kindsOf(nodeId(3)), ["PowerObserved"])
      yield* TestClock.adjust("1 minute")
      yield* Effect.all([first, second])
      assert.strictEqual((yield* yield* power.request("n3", "power off"))._tag, "Confirmed")
    }).pipe(Effect.provide(world({ powerActionsAtOnce: 2 })))
  )

  it.effect("that was refused takes no worker", () =>
    Effect.gen(function* () {
      const power = yield* PowerControl
      const database = yield* Database
      yield* enrol(1, { disablePowerOff: true })
      yield* pass
      for (let i = 0; i < 3; i++) yield* Effect.flip(Effect.asVoid(power.request("n1", "power off")))
      database.on = false
      for (let i = 0; i < 3; i++) {
        const refused = yield* Effect.forkChild(Effect.flip(Effect.asVoid(power.request("n1", "power on"))))
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* Fiber.join(refused)).reason._tag, "StoreUnavailable")
      }
      database.on = true
      assert.strictEqual((yield* yield* power.request("n1", "power on"))._tag, "AlreadyThere")
    }).pipe(Effect.provide(world({ powerActionsAtOnce: 1 })))
  )

  it.effect("is refused by a conductor that stops, and the BMC is not touched", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(world(), scope)
      yield* Effect.gen(function* () {
        const power = yield* PowerControl
        yield* arranged({}, { delayMillis: Infinity })
        yield* accepted("power off")
        const stopping = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
        const { reason } = yield* Effect.flip(Effect.asVoid(power.request("n1", "power on")))
        assert.strictEqual(reason._tag, "NoFreeWorker")
        assert.include(reason.message, "stopping")
        yield* TestClock.adjust("1 minute")
        yield* Fiber.join(stopping)
      }).pipe(Effect.provideContext(context))
    })
  )
})
