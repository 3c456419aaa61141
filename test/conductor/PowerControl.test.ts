import { assert, describe, it } from "@effect/vitest"
import { Context, DateTime, Duration, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as Conductor from "../../src/conductor/Conductor.ts"
import { Enrolment } from "../../src/conductor/Enrolment.ts"
import { NodeLock } from "../../src/conductor/NodeLock.ts"
import { PowerControl, type PowerOutcome } from "../../src/conductor/PowerControl.ts"
import { PendingPower } from "../../src/domain/Node.ts"
import type { PowerAction } from "../../src/domain/PowerState.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import { accepted, arranged, carriedOut, id, request } from "./powerRequests.ts"
import {
  commands,
  Database,
  enrol,
  ground,
  journalOf,
  kindsOf,
  nodeOf,
  observationOf,
  pass,
  refuse,
  storedOf,
  world
} from "./world.ts"

describe("a power action", () => {
  it.effect("has its intent in the database before the BMC is touched", () =>
    Effect.gen(function* () {
      const bmcs = yield* arranged()
      const before = bmcs.asked().length
      bmcs.hold(id)
      yield* TestClock.setTime(7000)
      yield* accepted("power off")
      const { node } = yield* storedOf(id)
      assert.strictEqual(bmcs.asked().length, before)
      assert.deepStrictEqual(
        node.pendingPower,
        new PendingPower({ action: "power off", requestedAt: DateTime.makeUnsafe(7000) })
      )
      bmcs.release(id)
      yield* TestClock.adjust("5 seconds")
    }).pipe(Effect.provide(world()))
  )

  it.effect("clears last_error when it is accepted", () =>
    Effect.gen(function* () {
      const store = yield* NodeStore
      yield* arranged()
      yield* store.update(id, { lastError: "old" })
      yield* accepted("power off")
      assert.strictEqual((yield* storedOf(id)).node.lastError, null)
      yield* TestClock.adjust("5 seconds")
    }).pipe(Effect.provide(world()))
  )

  it.effect("is not accepted while the database is away, and the BMC is not touched", () =>
    Effect.gen(function* () {
      const database = yield* Database
      const locks = yield* NodeLock
      const bmcs = yield* arranged()
      const before = bmcs.asked().length
      database.on = false
      const error = yield* Effect.flip(accepted("power off"))
      assert.strictEqual(error.reason._tag, "StoreUnavailable")
      assert.strictEqual(bmcs.asked().length, before)
      assert.strictEqual(locks.holder(id), undefined)
    }).pipe(Effect.provide(world()))
  )

  it.effect.each([
    ["power off", "power on", ["off"], "power off"],
    ["power on", "power off", ["on"], "power on"],
    ["soft power off", "power on", ["soft"], "power off"],
    ["rebooting", "power on", ["off", "on"], "power on"],
    ["rebooting", "power off", ["on"], "power on"],
    ["soft rebooting", "power on", ["soft", "on"], "power on"]
  ] as const)("%s of a machine in %s sends %j and is confirmed by a read", ([action, machine, sent, end]) =>
    Effect.gen(function* () {
      yield* arranged({ machine })
      const outcome = yield* carriedOut(action)
      assert.deepStrictEqual(outcome, { _tag: "Confirmed", power: end } satisfies PowerOutcome)
      assert.deepStrictEqual(yield* commands, [...sent])
      const { node } = yield* storedOf(id)
      assert.deepStrictEqual([node.desiredPower, node.pendingPower, node.lastError], [end, null, null])
      assert.strictEqual((yield* observationOf(id)).power, end)
      assert.deepStrictEqual(yield* kindsOf(id), ["PowerObserved", "PowerRequested", "PowerChanged"])
    }).pipe(Effect.provide(world()))
  )

  it.effect.each([
    ["power on", "power on"],
    ["power off", "power off"],
    ["soft power off", "power off"]
  ] as const)("%s of a machine in %s ends without anything sent", ([action, machine]) =>
    Effect.gen(function* () {
      yield* arranged({ machine })
      assert.deepStrictEqual(yield* carriedOut(action), { _tag: "AlreadyThere", power: machine } satisfies PowerOutcome)
      assert.deepStrictEqual(yield* commands, [])
      assert.strictEqual((yield* storedOf(id)).node.pendingPower, null)
    }).pipe(Effect.provide(world()))
  )

  it.effect("reboots by off, confirmed, and only then on", () =>
    Effect.gen(function* () {
      const bmcs = yield* arranged({}, { delayMillis: 10_000 })
      const outcome = yield* Effect.forkChild(yield* request("rebooting"))
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual(yield* commands, ["off"])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* commands, ["off", "on"])
      assert.strictEqual(outcome.pollUnsafe(), undefined)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* Fiber.join(outcome), { _tag: "Confirmed", power: "power on" })
      assert.strictEqual(bmcs.powerOf(id), "power on")
    }).pipe(Effect.provide(world()))
  )

  it.effect("that is a reboot where power off is disabled is one cycle, told as sent", () =>
    Effect.gen(function* () {
      yield* arranged({ disablePowerOff: true })
      assert.deepStrictEqual(yield* carriedOut("rebooting"), { _tag: "Sent" })
      assert.deepStrictEqual(yield* commands, ["cycle"])
      assert.strictEqual((yield* storedOf(id)).node.pendingPower, null)
    }).pipe(Effect.provide(world()))
  )

  it.effect("that powers off is refused where that is disabled, and leaves no trace", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      yield* arranged({ disablePowerOff: true })
      const error = yield* Effect.flip(accepted("power off"))
      assert.strictEqual(error.reason._tag, "InvalidRequest")
      assert.include(error.message, "disable_power_off")
      assert.strictEqual(locks.holder(id), undefined)
      assert.deepStrictEqual(yield* kindsOf(id), ["PowerObserved"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("fails after 60 s in which the state was not seen, and says what was", () =>
    Effect.gen(function* () {
      yield* arranged({}, { delayMillis: Infinity })
      const outcome = yield* Effect.forkChild(yield* request("power off"))
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual(outcome.pollUnsafe(), undefined)
      yield* TestClock.adjust("1 seconds")
      const failed = yield* Fiber.join(outcome)
      const { node } = yield* storedOf(id)
      assert.deepStrictEqual(failed, { _tag: "Failed", error: node.lastError ?? "" })
      assert.include(node.lastError ?? "", "'power off' was not seen within 60 s; it was last seen in 'power on'")
      assert.deepStrictEqual([node.pendingPower, node.desiredPower, node.fault], [null, "power on", null])
      assert.strictEqual(node.operatorMaintenance, false)
      assert.deepStrictEqual(yield* kindsOf(id), ["PowerObserved", "PowerRequested", "PowerFailed"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("gives a soft power off 600 s", () =>
    Effect.gen(function* () {
      yield* arranged({}, { delayMillis: 590_000 })
      assert.deepStrictEqual(yield* carriedOut("soft power off"), { _tag: "Confirmed", power: "power off" })
    }).pipe(Effect.provide(world()))
  )

  it.effect("waits as long as the request says", () =>
    Effect.gen(function* () {
      yield* arranged({}, { delayMillis: Infinity })
      const outcome = yield* Effect.forkChild(yield* request("power off", { timeout: Duration.seconds(5) }))
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* Fiber.join(outcome))._tag, "Failed")
    }).pipe(Effect.provide(world()))
  )

  it.effect("tolerates reads that fail while it waits", () =>
    Effect.gen(function* () {
      const bmcs = yield* arranged({}, { delayMillis: 5000 })
      const outcome = yield* Effect.forkChild(yield* request("power off"))
      yield* TestClock.adjust("1 second")
      bmcs.fail(id, "Unreachable", { times: 3 })
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* Fiber.join(outcome), { _tag: "Confirmed", power: "power off" })
    }).pipe(Effect.provide(world()))
  )

  it.effect("is sent although the breaker withholds reads, since a person asked", () =>
    Effect.gen(function* () {
      const bmcs = yield* arranged()
      bmcs.fail(id, "Unreachable", { withheld: true, commands: false, times: 1 })
      assert.deepStrictEqual(yield* carriedOut("power off"), { _tag: "Confirmed", power: "power off" })
    }).pipe(Effect.provide(world()))
  )

  it.effect("fails at once when the BMC is dead or refuses the credential", () =>
    Effect.gen(function* () {
      const bmcs = yield* arranged()
      for (const reason of ["Unreachable", "AuthenticationFailed"] as const) {
        bmcs.fail(id, reason)
        const outcome = yield* yield* request("power off")
        assert.include(outcome._tag === "Failed" ? outcome.error : "", reason)
      }
      assert.deepStrictEqual(yield* commands, [])
    }).pipe(Effect.provide(world()))
  )

  it.effect("whose answer was lost is decided by a read, and not sent again", () =>
    Effect.gen(function* () {
      const bmcs = yield* arranged()
      yield* refuse(id, "Unreachable", { times: 1 })
      const failed = yield* carriedOut("power off")
      assert.include(failed._tag === "Failed" ? failed.error : "", "may still have acted")
      yield* refuse(id, "Unreachable", { times: 1, meanwhile: () => bmcs.setPower(id, "power off") })
      assert.deepStrictEqual(yield* carriedOut("power off"), { _tag: "Confirmed", power: "power off" })
      assert.deepStrictEqual(yield* commands, [])
    }).pipe(Effect.provide(world()))
  )

  it.effect("that the BMC refuses fails with the BMC's words", () =>
    Effect.gen(function* () {
      yield* arranged()
      yield* refuse(id, "Busy", { message: "node busy" })
      const outcome = yield* carriedOut("power off")
      assert.strictEqual(outcome._tag === "Failed" ? outcome.error : "", "power off failed: Busy: node busy.")
    }).pipe(Effect.provide(world()))
  )

  it.effect("is not blocked by an operator's maintenance or a fault", () =>
    Effect.gen(function* () {
      const store = yield* NodeStore
      yield* arranged()
      yield* store.update(id, { operatorMaintenance: true, fault: "power failure" })
      assert.strictEqual((yield* carriedOut("power off"))._tag, "Confirmed")
    }).pipe(Effect.provide(world()))
  )

  it.effect("is refused with the holder's name while another is under way", () =>
    Effect.gen(function* () {
      const power = yield* PowerControl
      const bmcs = yield* arranged({}, { delayMillis: Infinity })
      yield* accepted("power off")
      assert.deepStrictEqual(power.inFlight(), [id])
      const second = yield* Effect.forkChild(Effect.flip(accepted("power on")))
      yield* TestClock.adjust("3 seconds")
      const { reason } = yield* Fiber.join(second)
      assert.deepInclude(reason, { _tag: "NodeLocked", node: "n1", purpose: "power off" })
      bmcs.setPower(id, "power off")
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(power.inFlight(), [])
    }).pipe(Effect.provide(world()))
  )

  it.effect("goes on when whoever asked stops waiting", () =>
    Effect.gen(function* () {
      const bmcs = yield* arranged()
      const waiting = yield* Effect.forkChild(yield* request("power off"), { startImmediately: true })
      yield* Fiber.interrupt(waiting)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(bmcs.powerOf(id), "power off")
      assert.strictEqual((yield* storedOf(id)).node.desiredPower, "power off")
    }).pipe(Effect.provide(world()))
  )

  it.effect("is told only once it is recorded, however long the database is away", () =>
    Effect.gen(function* () {
      const database = yield* Database
      yield* arranged()
      const outcome = yield* Effect.forkChild(yield* request("power off"))
      database.on = false
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual(outcome.pollUnsafe(), undefined)
      database.on = true
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* Fiber.join(outcome), { _tag: "Confirmed", power: "power off" })
      assert.strictEqual((yield* storedOf(id)).node.pendingPower, null)
    }).pipe(Effect.provide(world()))
  )

  it.effect("is not possible for a node whose driver_info leads to no BMC, and says what is missing", () =>
    Effect.gen(function* () {
      const enrolment = yield* Enrolment
      yield* enrolment.create({ name: "n1", driver: "ipmi" }, { provisionState: "enroll" })
      const error = yield* Effect.flip(accepted("power on"))
      assert.include(error.message, "ipmi_address is required")
    }).pipe(Effect.provide(world()))
  )

  it.effect("is not possible for a node that is not there", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(accepted("power on"))
      assert.strictEqual(error.message, "Node n1 could not be found.")
    }).pipe(Effect.provide(world()))
  )

  it.effect("is not undone by power sync, which leaves the node alone meanwhile", () =>
    Effect.gen(function* () {
      yield* arranged({}, { delayMillis: 5000 })
      const outcome = yield* Effect.forkChild(yield* request("power off"))
      for (let i = 0; i < 10; i++) {
        yield* TestClock.adjust("1 second")
        yield* pass
      }
      assert.strictEqual((yield* Fiber.join(outcome))._tag, "Confirmed")
      assert.deepStrictEqual(yield* commands, ["off"])
    }).pipe(Effect.provide(world()))
  )
})

describe("reading a node's power now", () => {
  it.effect("asks the BMC and records what it says", () =>
    Effect.gen(function* () {
      const power = yield* PowerControl
      const bmcs = yield* arranged()
      bmcs.setPower(id, "power off")
      assert.deepStrictEqual(yield* power.readNow("n1"), { power: "power off", error: null })
      assert.strictEqual((yield* observationOf(id)).power, "power off")
    }).pipe(Effect.provide(world()))
  )

  it.effect("says why the BMC could not be asked, and leaves the observation as it was", () =>
    Effect.gen(function* () {
      const power = yield* PowerControl
      const bmcs = yield* arranged()
      const before = yield* observationOf(id)
      bmcs.fail(id, "Busy", { message: "node busy" })
      assert.deepStrictEqual(yield* power.readNow("n1"), { power: null, error: "Busy: node busy" })
      assert.deepStrictEqual(yield* observationOf(id), before)
    }).pipe(Effect.provide(world()))
  )
})

describe("what an earlier process left pending", () => {
  const leave = Effect.fnUntraced(function* (action: PowerAction) {
    const store = yield* NodeStore
    const bmcs = yield* arranged()
    const pendingPower = new PendingPower({ action, requestedAt: DateTime.makeUnsafe(0) })
    yield* store.update(id, { pendingPower })
    yield* TestClock.adjust("1 second")
    return bmcs
  })
  const resolved = Effect.gen(function* () {
    const power = yield* PowerControl
    const fiber = yield* Effect.forkChild(power.resolvePending)
    yield* TestClock.adjust("1 minute")
    yield* Fiber.join(fiber)
    return (yield* storedOf(id)).node
  })

  it.effect("is confirmed by a read when it was on or off, and recorded", () =>
    Effect.gen(function* () {
      const bmcs = yield* leave("power off")
      bmcs.setPower(id, "power off")
      const node = yield* resolved
      assert.deepStrictEqual([node.pendingPower, node.lastError, node.desiredPower], [null, null, "power off"])
      assert.strictEqual((yield* kindsOf(id)).at(-1), "PowerChanged")
    }).pipe(Effect.provide(world()))
  )

  it.effect("is ended and never sent again when the machine is not there", () =>
    Effect.gen(function* () {
      yield* leave("power off")
      const node = yield* resolved
      assert.deepStrictEqual([node.pendingPower, node.desiredPower], [null, "power on"])
      assert.include(node.lastError ?? "", "the machine is in 'power on' now")
      assert.deepStrictEqual(yield* commands, [])
      assert.strictEqual((yield* kindsOf(id)).at(-1), "PowerAborted")
    }).pipe(Effect.provide(world()))
  )

  it.effect("is never a second reboot: what is not known is said", () =>
    Effect.gen(function* () {
      yield* leave("rebooting")
      const node = yield* resolved
      assert.include(
        node.lastError ?? "",
        "rebooting, asked for at 1970-01-01T00:00:00.000Z, was under way when the conductor ended. It is not sent again"
      )
      assert.include(node.lastError ?? "", "whether it happened is not known")
      assert.deepStrictEqual(yield* commands, [])
    }).pipe(Effect.provide(world()))
  )

  it.effect("is ended for a BMC that does not answer, which is tried three times", () =>
    Effect.gen(function* () {
      const bmcs = yield* leave("power off")
      bmcs.fail(id, "Unreachable", { message: "no answer" })
      const node = yield* resolved
      assert.strictEqual(node.pendingPower, null)
      assert.include(node.lastError ?? "", "the BMC could not be read since (no answer)")
      bmcs.succeed(id)
    }).pipe(Effect.provide(world()))
  )

  it.effect("is left to the next orphan check while the database is away", () =>
    Effect.gen(function* () {
      const database = yield* Database
      const power = yield* PowerControl
      yield* leave("power off")
      database.on = false
      yield* power.resolvePending
      database.on = true
      assert.notStrictEqual((yield* storedOf(id)).node.pendingPower, null)
      yield* power.resolveOrphans
      assert.strictEqual((yield* storedOf(id)).node.pendingPower, null)
    }).pipe(Effect.provide(world()))
  )
})

describe("the stop of the conductor", () => {
  /** The conductor over a ground that outlives it, and its end. */
  const conductor = Effect.gen(function* () {
    const scope = yield* Scope.make()
    const services = yield* Layer.buildWithScope(Conductor.layer, scope)
    const stop = Effect.gen(function* () {
      const stopping = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(stopping)
    })
    return { power: Context.get(services, PowerControl), services, stop }
  })

  it.effect("lets an action finish that is in flight, within its bound", () =>
    Effect.gen(function* () {
      const { power, services, stop } = yield* conductor
      const bmcs = yield* Effect.provideContext(arranged({}, { delayMillis: 19_000 }), services)
      yield* Effect.asVoid(power.request("n1", "power off"))
      yield* stop
      assert.strictEqual(bmcs.powerOf(id), "power off")
      const { node } = yield* storedOf(id)
      assert.deepStrictEqual([node.pendingPower, node.desiredPower, node.lastError], [null, "power off", null])
    }).pipe(Effect.provide(ground()))
  )

  it.effect("records an action as aborted that takes longer, with a true last_error", () =>
    Effect.gen(function* () {
      const { power, services, stop } = yield* conductor
      yield* Effect.provideContext(arranged({}, { delayMillis: 21_000 }), services)
      const outcome = yield* Effect.forkChild(yield* power.request("n1", "power off"))
      yield* stop
      const { node } = yield* storedOf(id)
      assert.deepStrictEqual([node.pendingPower, node.desiredPower], [null, "power on"])
      assert.strictEqual(
        node.lastError,
        "power off was under way when the conductor stopped; whether the machine followed is not known."
      )
      assert.deepStrictEqual(yield* Fiber.join(outcome), { _tag: "Failed", error: node.lastError ?? "" })
    }).pipe(Effect.provide(ground()))
  )

  it.effect("leaves an action pending for the next start when the database is away", () =>
    Effect.gen(function* () {
      const database = yield* Database
      const { power, services, stop } = yield* conductor
      yield* Effect.provideContext(arranged({}, { delayMillis: Infinity }), services)
      yield* Effect.asVoid(power.request("n1", "power off"))
      database.on = false
      yield* stop
      database.on = true
      assert.strictEqual((yield* storedOf(id)).node.pendingPower?.action, "power off")
    }).pipe(Effect.provide(ground()))
  )

  it.effect("writes what is left of observations and journal", () =>
    Effect.gen(function* () {
      const { services, stop } = yield* conductor
      yield* Effect.provideContext(enrol(1, { machine: "power off" }), services)
      yield* TestClock.adjust("200 millis")
      assert.strictEqual((yield* storedOf(id)).observation.power, null)
      yield* stop
      assert.strictEqual((yield* storedOf(id)).observation.power, "power off")
      const restarted = yield* conductor
      const entries = yield* Effect.provideContext(journalOf(id), restarted.services)
      assert.deepStrictEqual(
        entries.map(({ kind }) => kind),
        ["PowerObserved"]
      )
      assert.strictEqual((yield* Effect.provideContext(nodeOf(id), restarted.services)).desiredPower, "power off")
    }).pipe(Effect.provide(ground()))
  )
})
