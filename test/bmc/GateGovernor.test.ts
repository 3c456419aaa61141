import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Logger, Option, Scope } from "effect"
import { TestClock } from "effect/testing"
import type { BmcError } from "../../src/bmc/BmcError.ts"
import { BmcGovernor } from "../../src/bmc/BmcGovernor.ts"
import * as GateGovernor from "../../src/bmc/GateGovernor.ts"
import { defaultSettings, type GovernorSettings } from "../../src/bmc/GovernorSettings.ts"
import { MemoryConnector } from "../../src/bmc/MemoryConnector.ts"
import { ProfileStore, ProfileStoreError } from "../../src/bmc/ProfileStore.ts"
import type { Priority } from "../../src/bmc/Turns.ts"
import { BmcProfile, unknownProfile } from "../../src/domain/BmcProfile.ts"
import { BootTarget } from "../../src/domain/BootDevice.ts"
import { endpointOf, nodeIdOf } from "./endpoints.ts"

const a = nodeIdOf(1)
const b = nodeIdOf(2)

const layerWith = (settings: Partial<GovernorSettings> = {}) =>
  GateGovernor.layer({ ...defaultSettings, ...settings }).pipe(
    Layer.provideMerge(Layer.merge(MemoryConnector.layer, ProfileStore.layerMemory))
  )

/** The governor with node `a` attached and on, its BMC arranged. */
const attached = Effect.gen(function* () {
  const governor = yield* BmcGovernor
  const bmcs = yield* MemoryConnector
  yield* governor.attach(endpointOf(a))
  bmcs.arrange(a, { power: "power on" })
  return { governor, bmcs }
})

/** `reason`, and `(withheld)` when the BMC was not asked; or the power. */
const outcome = (governor: BmcGovernor["Service"], nodeId = a) =>
  Effect.match(governor.readPower(nodeId), { onSuccess: (power): string => power, onFailure: told })
const told = (error: BmcError) => (error.withheld ? `${error.reason} (withheld)` : error.reason)

/** Reads and records what came back, in the plain form. */
const recorder = (governor: BmcGovernor["Service"]) => {
  const answers: Array<string> = []
  return {
    answers,
    read: (nodeId = a, name = "") =>
      governor.startRead(nodeId, {
        onPower: (power) => answers.push(name + power),
        onFailure: (error) => answers.push(name + told(error))
      })
  }
}

const stateOf = (governor: BmcGovernor["Service"], nodeId = a) => Option.getOrThrow(governor.state(nodeId))

/** Three unanswered reads: the breaker is open. */
const opened = Effect.gen(function* () {
  const { governor, bmcs } = yield* attached
  bmcs.arrange(a, { failure: "Unreachable", pings: false })
  for (let i = 0; i < 3; i++) yield* outcome(governor)
  return { governor, bmcs }
})

const noSensors = { sheetId: "none", sheet: [], values: [] }
const noBoot = new BootTarget({ device: null, persistent: false, uefi: false })

/** What was released has been heard by the fibers that wait for it. */
const settled = TestClock.adjust(0)

const count = (asked: ReadonlyArray<string>, what: string) => asked.filter((one) => one === what).length

describe("GateGovernor: requests", () => {
  it.effect("sends one read for all who want to read at the same time", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* attached
      bmcs.arrange(a, { held: true })
      const { answers, read } = recorder(governor)
      read(a, "1: ")
      read(a, "2: ")
      assert.deepStrictEqual(governor.counts(), {
        attached: 1,
        open: 0,
        halfOpen: 0,
        quiet: 0,
        inFlight: 1,
        waiting: 0
      })
      bmcs.release(a)
      assert.deepStrictEqual(answers, ["1: power on", "2: power on"])
      assert.deepStrictEqual(bmcs.askedOf(a), ["connect", "read"])
      assert.strictEqual(governor.counts().inFlight, 0)
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("lets a person's command go before a read that waits", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* attached
      bmcs.arrange(a, { held: true })
      yield* Effect.forkChild(governor.power(a, "off"), { startImmediately: true })
      const { answers, read } = recorder(governor)
      read()
      yield* Effect.forkChild(governor.power(a, "on"), { startImmediately: true })
      assert.deepStrictEqual([stateOf(governor).inFlight, stateOf(governor).waiting], [1, 2])
      for (let i = 0; i < 3; i++) {
        bmcs.release(a)
        yield* TestClock.adjust(1)
      }
      assert.deepStrictEqual(bmcs.askedOf(a), ["connect", "off", "on", "read"])
      assert.deepStrictEqual(answers, ["power on"])
      assert.strictEqual(governor.counts().waiting, 0)
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("has as many requests in flight as the profile allows", () =>
    Effect.gen(function* () {
      const governor = yield* BmcGovernor
      const bmcs = yield* MemoryConnector
      bmcs.arrange(a, {
        power: "power on",
        held: true,
        profile: new BmcProfile({ ...unknownProfile, maxInFlight: 2 })
      })
      yield* governor.attach(endpointOf(a))
      for (const command of ["on", "nmi", "off"] as const) {
        yield* Effect.forkChild(governor.power(a, command), { startImmediately: true })
      }
      assert.deepStrictEqual([stateOf(governor).inFlight, stateOf(governor).waiting], [2, 1])
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("does not send a read that was withdrawn while it waited", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* attached
      bmcs.arrange(a, { held: true })
      const command = yield* Effect.forkChild(governor.power(a, "on"), { startImmediately: true })
      const { answers, read } = recorder(governor)
      read()()
      assert.strictEqual(governor.counts().waiting, 0)
      bmcs.release(a)
      yield* Fiber.join(command)
      assert.deepStrictEqual([bmcs.askedOf(a), answers], [["connect", "on"], []])
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("withdraws one reader and answers the others", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* attached
      bmcs.arrange(a, { held: true })
      const { answers, read } = recorder(governor)
      const withdraw = read(a, "1: ")
      read(a, "2: ")
      withdraw()
      withdraw()
      bmcs.release(a)
      withdraw()
      assert.deepStrictEqual(answers, ["2: power on"])
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("does not let a late withdrawal hit the next read of the same reader", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* attached
      bmcs.arrange(a, { held: true })
      let answers = 0
      const reader = { onPower: () => void answers++, onFailure: () => assert.fail("must not fail") }
      const withdrawFirst = governor.startRead(a, reader)
      bmcs.release(a)
      governor.startRead(a, reader)
      withdrawFirst()
      bmcs.release(a)
      assert.strictEqual(answers, 2)
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("gives the turn on when a command is interrupted, in flight or waiting", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* attached
      bmcs.arrange(a, { held: true })
      const inFlight = yield* Effect.forkChild(governor.power(a, "on"), { startImmediately: true })
      const waiting = yield* Effect.forkChild(governor.power(a, "off"), { startImmediately: true })
      const { answers, read } = recorder(governor)
      read()
      yield* Fiber.interrupt(waiting)
      yield* Fiber.interrupt(inFlight)
      bmcs.release(a)
      assert.deepStrictEqual(bmcs.askedOf(a), ["connect", "on", "withdraw", "read"])
      assert.deepStrictEqual(answers, ["power on"])
      assert.deepStrictEqual([governor.counts().inFlight, governor.counts().waiting], [0, 0])
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("answers a hundred thousand reads in a row of a BMC that answers at once, without recursion", () =>
    Effect.gen(function* () {
      const { governor } = yield* attached
      let left = 100_000
      const reader = {
        onPower: () => {
          if (--left > 0) governor.startRead(a, reader)
        },
        onFailure: () => assert.fail("must not fail")
      }
      governor.startRead(a, reader)
      assert.strictEqual(left, 0)
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("answers in the order of the requests when answers come at once", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* attached
      bmcs.arrange(a, { held: true })
      const order: Array<string> = []
      const reader = (name: string, then?: () => void) => ({
        onPower: () => {
          order.push(`${name} begins`)
          then?.()
          order.push(`${name} ends`)
        },
        onFailure: () => assert.fail("must not fail")
      })
      const readInner = () => {
        bmcs.arrange(a, { held: false })
        governor.startRead(a, reader("inner"))
      }
      governor.startRead(a, reader("outer", readInner))
      bmcs.release(a)
      assert.deepStrictEqual(order, ["outer begins", "outer ends", "inner begins", "inner ends"])
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("refuses one command more than may wait", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* attached
      bmcs.arrange(a, { held: true })
      for (let i = 0; i < 3; i++) yield* Effect.forkChild(governor.power(a, "on"), { startImmediately: true })
      assert.strictEqual(told(yield* Effect.flip(governor.power(a, "on"))), "Busy (withheld)")
    }).pipe(Effect.provide(layerWith({ waitingCommands: 2 })))
  )

  it.effect("refuses one reader more than may share a read", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* attached
      bmcs.arrange(a, { held: true })
      const { answers, read } = recorder(governor)
      for (let i = 0; i < 3; i++) read()
      assert.deepStrictEqual(answers, ["Busy (withheld)"])
    }).pipe(Effect.provide(layerWith({ sharingReaders: 2 })))
  )

  it.effect("keeps the minimum interval between two requests to a BMC", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* attached
      const { answers, read } = recorder(governor)
      read()
      read()
      yield* TestClock.adjust(999)
      assert.strictEqual(count(bmcs.askedOf(a), "read"), 1)
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(answers, ["power on", "power on"])
      assert.strictEqual(count(bmcs.askedOf(a), "read"), 2)
    }).pipe(Effect.provide(layerWith({ minimumIntervalMillis: 1_000 })))
  )

  it.effect("ends a read that never ends by itself, within two sweeps", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* attached
      bmcs.arrange(a, { held: true })
      const { answers, read } = recorder(governor)
      read()
      yield* TestClock.adjust(defaultSettings.sweepMillis)
      assert.deepStrictEqual(answers, [])
      yield* TestClock.adjust(defaultSettings.sweepMillis)
      assert.deepStrictEqual(answers, ["Protocol"])
      assert.deepStrictEqual(bmcs.askedOf(a), ["connect", "read", "withdraw"])
    }).pipe(Effect.provide(layerWith()))
  )
})

describe("GateGovernor: requests of many exchanges", () => {
  const walking = Effect.gen(function* () {
    const { bmcs, governor } = yield* attached
    bmcs.arrange(a, { held: true, exchanges: 3, answers: { readSensors: noSensors } })
    const walk = (priority: Priority) =>
      Effect.forkChild(
        governor.request(a, priority, (bmc) => bmc.readSensors({ knownSheet: null })),
        { startImmediately: true }
      )
    return { bmcs, governor, walk }
  })

  it.effect("makes a person's power action during a sensor walk wait for one exchange at most", () =>
    Effect.gen(function* () {
      const { bmcs, governor, walk } = yield* walking
      const walked = yield* walk("background")
      const command = yield* Effect.forkChild(governor.power(a, "off"), { startImmediately: true })
      assert.deepStrictEqual(bmcs.askedOf(a), ["connect", "readSensors"])
      bmcs.release(a)
      yield* settled
      assert.deepStrictEqual(bmcs.askedOf(a), ["connect", "readSensors", "off"])
      for (let left = 3; left > 0; left--) {
        bmcs.release(a)
        yield* settled
      }
      yield* Fiber.join(command)
      assert.deepStrictEqual(yield* Fiber.join(walked), noSensors)
      assert.deepStrictEqual(bmcs.askedOf(a), ["connect", "readSensors", "off", "readSensors", "readSensors"])
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("lets a power read go before a background request, and a person's request before both", () =>
    Effect.gen(function* () {
      const { bmcs, governor, walk } = yield* walking
      bmcs.arrange(a, { exchanges: 1 })
      yield* walk("background")
      yield* walk("background")
      const { read } = recorder(governor)
      read()
      yield* Effect.forkChild(
        governor.request(a, "user", (bmc) => bmc.setBootTarget(noBoot, { keepThroughTimeout: false })),
        { startImmediately: true }
      )
      assert.strictEqual(stateOf(governor).waiting, 3)
      for (let left = 4; left > 0; left--) {
        bmcs.release(a)
        yield* settled
      }
      assert.deepStrictEqual(bmcs.askedOf(a), ["connect", "readSensors", "setBootTarget", "read", "readSensors"])
      assert.deepStrictEqual([governor.counts().inFlight, governor.counts().waiting], [0, 0])
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("withholds background requests while the breaker is open, and sends a person's", () =>
    Effect.gen(function* () {
      const { bmcs, governor } = yield* opened
      bmcs.arrange(a, { failure: null, answers: { readSensors: noSensors } })
      const ask = (priority: Priority) => governor.request(a, priority, (bmc) => bmc.readSensors({ knownSheet: null }))
      const error = yield* Effect.flip(ask("background"))
      assert.deepStrictEqual([error.reason, error.withheld], ["Unreachable", true])
      assert.notInclude(bmcs.askedOf(a), "readSensors")
      assert.deepStrictEqual(yield* ask("user"), noSensors)
      assert.strictEqual(stateOf(governor).breaker, "closed")
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("asks a BMC that refused the credential no background request until the next try is due", () =>
    Effect.gen(function* () {
      const { bmcs, governor } = yield* attached
      bmcs.arrange(a, { failure: "AuthenticationFailed", answers: { readSensors: noSensors } })
      const ask = Effect.flip(governor.request(a, "background", (bmc) => bmc.readSensors({ knownSheet: null })))
      assert.isFalse((yield* ask).withheld)
      assert.isTrue((yield* ask).withheld)
      assert.strictEqual(count(bmcs.askedOf(a), "readSensors"), 1)
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("gives the turn back when a walk is interrupted, in flight or waiting", () =>
    Effect.gen(function* () {
      const { bmcs, governor, walk } = yield* walking
      const inFlight = yield* walk("background")
      const waiting = yield* walk("background")
      yield* Fiber.interrupt(waiting)
      yield* Fiber.interrupt(inFlight)
      assert.deepStrictEqual([governor.counts().inFlight, governor.counts().waiting], [0, 0])
      const { answers, read } = recorder(governor)
      read()
      bmcs.release(a)
      assert.deepStrictEqual(answers, ["power on"])
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("fails the requests of a node that is detached, and of one that was never attached", () =>
    Effect.gen(function* () {
      const { governor, walk } = yield* walking
      yield* walk("background")
      const waiting = yield* walk("background")
      yield* governor.detach(a)
      const error = yield* Effect.flip(Fiber.join(waiting))
      assert.deepStrictEqual([error.reason, error.withheld], ["Unreachable", true])
      const unknown = yield* Effect.flip(governor.request(b, "user", (bmc) => bmc.inspect))
      assert.deepStrictEqual([unknown.reason, unknown.withheld], ["Unsupported", true])
    }).pipe(Effect.provide(layerWith()))
  )
})

describe("GateGovernor: breaker", () => {
  it.effect("opens after three unanswered reads, and then answers at once without asking the BMC", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* attached
      bmcs.arrange(a, { failure: "Unreachable" })
      assert.deepStrictEqual([yield* outcome(governor), yield* outcome(governor)], ["Unreachable", "Unreachable"])
      assert.strictEqual(stateOf(governor).breaker, "closed")
      assert.strictEqual(yield* outcome(governor), "Unreachable")
      assert.strictEqual(stateOf(governor).breaker, "open")
      assert.strictEqual(yield* outcome(governor), "Unreachable (withheld)")
      assert.strictEqual(count(bmcs.askedOf(a), "read"), 3)
      assert.strictEqual(governor.counts().open, 1)
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("counts failures in a row only", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* attached
      for (let i = 0; i < 5; i++) {
        bmcs.arrange(a, { failure: "Unreachable" })
        yield* outcome(governor)
        yield* outcome(governor)
        bmcs.arrange(a, { failure: i % 2 === 0 ? null : "Busy" })
        yield* outcome(governor)
      }
      assert.deepStrictEqual([stateOf(governor).breaker, stateOf(governor).consecutiveFailures], ["closed", 0])
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("does not count what was never sent to the BMC", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* attached
      bmcs.arrange(a, { failure: "Unreachable", withheld: true })
      for (let i = 0; i < 5; i++) yield* outcome(governor)
      assert.deepStrictEqual([stateOf(governor).breaker, stateOf(governor).lastFailure], ["closed", null])
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("never has two probes of one BMC under way", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* opened
      bmcs.arrange(a, { held: true })
      yield* TestClock.adjust(6_500)
      assert.strictEqual(count(bmcs.askedOf(a), "probe"), 1)
      // meanwhile a command closes the breaker and reads open it again: its first probe is due while the old one hangs
      bmcs.arrange(a, { held: false, failure: null })
      yield* governor.power(a, "on")
      bmcs.arrange(a, { failure: "Unreachable" })
      for (let i = 0; i < 3; i++) yield* outcome(governor)
      yield* TestClock.adjust(6_500)
      assert.strictEqual(count(bmcs.askedOf(a), "probe"), 1)
      bmcs.release(a)
      yield* TestClock.adjust(12_000)
      assert.strictEqual(count(bmcs.askedOf(a), "probe"), 2)
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("probes with a growing back-off, each at its time and not before", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* opened
      for (const nominalMillis of [5_000, 10_000, 20_000]) {
        const before = count(bmcs.askedOf(a), "probe")
        const at = stateOf(governor).nextProbeAtMillis
        assert.isNotNull(at)
        const waitMillis = (at ?? 0) - (yield* Effect.clockWith((clock) => clock.currentTimeMillis))
        assert.isAtLeast(waitMillis, nominalMillis * 0.8 - 1)
        assert.isAtMost(waitMillis, nominalMillis * 1.2 + 1)
        yield* TestClock.adjust(Math.floor(waitMillis) - 1)
        assert.strictEqual(count(bmcs.askedOf(a), "probe"), before)
        yield* TestClock.adjust(30)
        assert.strictEqual(count(bmcs.askedOf(a), "probe"), before + 1)
        assert.strictEqual(yield* outcome(governor), "Unreachable (withheld)")
      }
      assert.strictEqual(count(bmcs.askedOf(a), "read"), 3)
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("lets one read through after an answered probe, and closes when it is answered", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* opened
      bmcs.arrange(a, { failure: null, pings: true })
      yield* TestClock.adjust(6_000)
      assert.strictEqual(stateOf(governor).breaker, "half-open")
      assert.strictEqual(governor.counts().halfOpen, 1)
      assert.strictEqual(yield* outcome(governor), "power on")
      const { breaker, consecutiveFailures, lastFailure } = stateOf(governor)
      assert.deepStrictEqual([breaker, consecutiveFailures, lastFailure], ["closed", 0, null])
      assert.deepStrictEqual(governor.counts(), {
        attached: 1,
        open: 0,
        halfOpen: 0,
        quiet: 0,
        inFlight: 0,
        waiting: 0
      })
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("lets all who read while the trial is under way share it", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* opened
      bmcs.arrange(a, { pings: true })
      yield* TestClock.adjust(6_000)
      bmcs.arrange(a, { held: true })
      const { answers, read } = recorder(governor)
      read()
      read()
      bmcs.release(a)
      assert.deepStrictEqual(answers, ["Unreachable", "Unreachable"])
      assert.strictEqual(count(bmcs.askedOf(a), "read"), 4)
      assert.strictEqual(stateOf(governor).breaker, "open")
      read()
      assert.strictEqual(answers[2], "Unreachable (withheld)")
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("comes back to a BMC that answers reads but no pings", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* opened
      bmcs.arrange(a, { failure: null })
      // four probes: 5 + 10 + 20 + 40 s, and the jitter
      yield* TestClock.adjust(75_000 * 1.2)
      assert.strictEqual(count(bmcs.askedOf(a), "probe"), 4)
      assert.strictEqual(yield* outcome(governor), "power on")
      assert.strictEqual(stateOf(governor).breaker, "closed")
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("sends a person's command while it is open, and closes when it is answered", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* opened
      bmcs.arrange(a, { failure: null })
      yield* governor.power(a, "on")
      assert.strictEqual(stateOf(governor).breaker, "closed")
      assert.strictEqual(yield* outcome(governor), "power on")
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("answers a read that waits behind a command when that command opens the breaker", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* attached
      bmcs.arrange(a, { failure: "Unreachable" })
      yield* outcome(governor)
      yield* outcome(governor)
      bmcs.arrange(a, { held: true })
      const command = yield* Effect.forkChild(Effect.exit(governor.power(a, "on")), { startImmediately: true })
      const { answers, read } = recorder(governor)
      read()
      bmcs.release(a)
      assert.isTrue(Exit.isFailure(yield* Fiber.join(command)))
      assert.deepStrictEqual(answers, ["Unreachable (withheld)"])
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("lets the next read through when a person asks to try again", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* opened
      bmcs.arrange(a, { failure: null })
      yield* governor.retry(a)
      assert.strictEqual(yield* outcome(governor), "power on")
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("asks a thousand dead BMCs a bounded number of times in ten minutes, and logs nothing", () => {
    const lines: Array<unknown> = []
    const logger = Logger.make((line) => lines.push(line.message))
    const nodes = Array.from({ length: 1_000 }, (_, index) => nodeIdOf(index))
    return Effect.gen(function* () {
      const governor = yield* BmcGovernor
      const bmcs = yield* MemoryConnector
      for (const nodeId of nodes) {
        bmcs.arrange(nodeId, { failure: "Unreachable", pings: false })
        yield* governor.attach(endpointOf(nodeId))
      }
      const { answers, read } = recorder(governor)
      // a pass over the fleet every 30 s, as power sync does
      for (let pass = 0; pass < 20; pass++) {
        for (const nodeId of nodes) read(nodeId)
        yield* TestClock.adjust(30_000)
      }
      assert.strictEqual(answers.length, 20_000)
      // per BMC: 3 reads to open, at most 2 trials (75 s, 515 s); probes at 5, 15, 35, 75, then 80 and 120 s apart
      const reads = bmcs.asked().filter(({ what }) => what === "read").length
      const probes = bmcs.asked().filter(({ what }) => what === "probe").length
      assert.isAtMost(reads, 5 * nodes.length)
      assert.isAtMost(probes, 10 * nodes.length)
      assert.isAtLeast(probes, 6 * nodes.length)
      assert.strictEqual(governor.counts().open + governor.counts().halfOpen, nodes.length)
      assert.deepStrictEqual(lines, [])
    }).pipe(Effect.provide(Layer.merge(layerWith(), Logger.layer([logger]))))
  })

  it.effect("probes no more BMCs at the same moment than allowed", () =>
    Effect.gen(function* () {
      const governor = yield* BmcGovernor
      const bmcs = yield* MemoryConnector
      const nodes = Array.from({ length: 10 }, (_, index) => nodeIdOf(index))
      for (const nodeId of nodes) {
        bmcs.arrange(nodeId, { failure: "Unreachable" })
        yield* governor.attach(endpointOf(nodeId))
        for (let i = 0; i < 3; i++) yield* outcome(governor, nodeId)
        bmcs.arrange(nodeId, { held: true })
      }
      const probed = () => bmcs.asked().filter(({ what }) => what === "probe").length
      yield* TestClock.adjust(6_000)
      assert.strictEqual(probed(), 4)
      for (const nodeId of nodes) bmcs.release(nodeId)
      yield* TestClock.adjust(1)
      assert.strictEqual(probed(), 8)
    }).pipe(Effect.provide(layerWith({ probesAtOnce: 4 })))
  )
})

describe("GateGovernor: credentials", () => {
  const refused = Effect.gen(function* () {
    const { governor, bmcs } = yield* attached
    bmcs.arrange(a, { failure: "AuthenticationFailed" })
    assert.strictEqual(yield* outcome(governor), "AuthenticationFailed")
    return { governor, bmcs }
  })
  const quiet = Effect.gen(function* () {
    const { governor, bmcs } = yield* refused
    yield* TestClock.adjust(30_000)
    assert.strictEqual(yield* outcome(governor), "AuthenticationFailed")
    yield* TestClock.adjust(60_000)
    assert.strictEqual(yield* outcome(governor), "AuthenticationFailed")
    return { governor, bmcs }
  })

  it.effect("withholds reads between spaced tries, on both sides of the spacing", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* refused
      yield* TestClock.adjust(24_999)
      assert.strictEqual(yield* outcome(governor), "AuthenticationFailed (withheld)")
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* outcome(governor), "AuthenticationFailed")
      yield* TestClock.adjust(49_999)
      assert.strictEqual(yield* outcome(governor), "AuthenticationFailed (withheld)")
      assert.isFalse(stateOf(governor).quiet)
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* outcome(governor), "AuthenticationFailed")
      assert.deepStrictEqual([stateOf(governor).quiet, stateOf(governor).authenticationFailures], [true, 3])
      assert.strictEqual(count(bmcs.askedOf(a), "read"), 3)
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("is quiet for ever after the third refusal, for commands too", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* quiet
      yield* TestClock.adjust("2 days")
      assert.strictEqual(yield* outcome(governor), "AuthenticationFailed (withheld)")
      assert.strictEqual(told(yield* Effect.flip(governor.power(a, "on"))), "AuthenticationFailed (withheld)")
      assert.deepStrictEqual(bmcs.askedOf(a), ["connect", "read", "read", "read"])
      assert.strictEqual(governor.counts().quiet, 1)
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("gives a new credential version new tries", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* quiet
      bmcs.arrange(a, { failure: null })
      yield* governor.attach(endpointOf(a))
      assert.strictEqual(yield* outcome(governor), "AuthenticationFailed (withheld)")
      yield* governor.attach(endpointOf(a, { credentialVersion: 2 }))
      assert.strictEqual(yield* outcome(governor), "power on")
      assert.deepStrictEqual([governor.counts().quiet, stateOf(governor).authenticationFailures], [0, 0])
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("tries again when a person asks, and starts counting afresh", () =>
    Effect.gen(function* () {
      const { governor } = yield* quiet
      yield* governor.retry(a)
      assert.strictEqual(yield* outcome(governor), "AuthenticationFailed")
      assert.deepStrictEqual([stateOf(governor).quiet, stateOf(governor).authenticationFailures], [false, 1])
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("forgets refusals once a login worked: one failure is no verdict", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* refused
      bmcs.arrange(a, { failure: null })
      yield* TestClock.adjust(30_000)
      assert.strictEqual(yield* outcome(governor), "power on")
      assert.strictEqual(stateOf(governor).authenticationFailures, 0)
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("is not hammered by restarts either: refusals are kept with the version of the credential", () =>
    Effect.gen(function* () {
      const process = Effect.gen(function* () {
        const bmcs = yield* MemoryConnector
        bmcs.arrange(a, { failure: "AuthenticationFailed" })
        const governor = yield* BmcGovernor
        yield* governor.attach(endpointOf(a))
        const first = yield* outcome(governor)
        yield* TestClock.adjust(60_000)
        const second = yield* outcome(governor)
        yield* TestClock.adjust(1)
        return [first, second]
      }).pipe(Effect.provide(Layer.fresh(GateGovernor.layer().pipe(Layer.provideMerge(MemoryConnector.layer)))))
      const refused = "AuthenticationFailed"
      const withheld = "AuthenticationFailed (withheld)"
      assert.deepStrictEqual(yield* process, [refused, refused])
      assert.deepStrictEqual(yield* process, [withheld, refused])
      assert.deepStrictEqual(yield* process, [withheld, withheld])
      const [kept] = yield* (yield* ProfileStore).all
      assert.deepStrictEqual(kept?.profile.refused, { credentialVersion: 1, times: 3 })
    }).pipe(Effect.provide(ProfileStore.layerMemory))
  )

  it.effect("does not take a refused credential for a dead BMC", () =>
    Effect.gen(function* () {
      const { governor } = yield* quiet
      assert.deepStrictEqual([stateOf(governor).breaker, governor.counts().open], ["closed", 0])
    }).pipe(Effect.provide(layerWith()))
  )
})

describe("GateGovernor: sessions and attachment", () => {
  it.effect("closes the session that was not used lately when the budget is spent", () =>
    Effect.gen(function* () {
      const governor = yield* BmcGovernor
      const bmcs = yield* MemoryConnector
      const nodes = [1, 2, 3].map(nodeIdOf)
      for (const nodeId of nodes) {
        bmcs.arrange(nodeId, { power: "power on" })
        yield* governor.attach(endpointOf(nodeId))
        yield* governor.readPower(nodeId)
      }
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(
        bmcs.asked().filter(({ what }) => what === "disconnect"),
        [{ nodeId: nodeIdOf(1), what: "disconnect" }]
      )
    }).pipe(Effect.provide(layerWith({ sessionLimit: 2 })))
  )

  it.effect("makes a read wait while all sessions of the budget are in use", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* attached
      bmcs.arrange(a, { held: true })
      bmcs.arrange(b, { power: "power off" })
      yield* governor.attach(endpointOf(b))
      const { answers, read } = recorder(governor)
      read(a)
      read(b)
      assert.deepStrictEqual(answers, [])
      bmcs.release(a)
      assert.deepStrictEqual(answers, ["power on", "power off"])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(bmcs.askedOf(a), ["connect", "read", "disconnect"])
    }).pipe(Effect.provide(layerWith({ sessionLimit: 1 })))
  )

  it.effect("claims a session anew after its own was given away", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* attached
      bmcs.arrange(b, { power: "power off" })
      yield* governor.attach(endpointOf(b))
      for (const nodeId of [a, b, a]) yield* governor.readPower(nodeId)
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(bmcs.askedOf(a), ["connect", "read", "read"])
      assert.deepStrictEqual(bmcs.askedOf(b), ["connect", "read", "disconnect"])
    }).pipe(Effect.provide(layerWith({ sessionLimit: 1 })))
  )

  it.effect("hands the session of a detached node to one that waits", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* attached
      bmcs.arrange(a, { held: true })
      bmcs.arrange(b, { power: "power off" })
      yield* governor.attach(endpointOf(b))
      const { answers, read } = recorder(governor)
      read(a)
      read(b)
      yield* governor.detach(a)
      assert.sameMembers(answers, ["Unreachable (withheld)", "power off"])
    }).pipe(Effect.provide(layerWith({ sessionLimit: 1 })))
  )

  it.effect("withholds what is asked of a node that is not attached", () =>
    Effect.gen(function* () {
      const governor = yield* BmcGovernor
      assert.strictEqual(yield* outcome(governor), "Unsupported (withheld)")
      assert.strictEqual(told(yield* Effect.flip(governor.power(a, "on"))), "Unsupported (withheld)")
      assert.isTrue(Option.isNone(governor.state(a)))
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("tells all who wait when the node is detached, and closes its connection", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* attached
      bmcs.arrange(a, { held: true })
      const inFlight = yield* Effect.forkChild(Effect.flip(governor.readPower(a)), { startImmediately: true })
      const waiting = yield* Effect.forkChild(Effect.flip(governor.power(a, "on")), { startImmediately: true })
      yield* governor.detach(a)
      assert.strictEqual(told(yield* Fiber.join(inFlight)), "Unreachable (withheld)")
      assert.strictEqual(told(yield* Fiber.join(waiting)), "Unreachable (withheld)")
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(bmcs.askedOf(a), ["connect", "read", "withdraw", "closed"])
      assert.deepStrictEqual(governor.counts(), {
        attached: 0,
        open: 0,
        halfOpen: 0,
        quiet: 0,
        inFlight: 0,
        waiting: 0
      })
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("does not probe a node that was detached while its breaker was open", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* opened
      yield* governor.detach(a)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(count(bmcs.askedOf(a), "probe"), 0)
      assert.strictEqual(governor.counts().open, 0)
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("closes every session at the stop but those of dead BMCs, and takes no more requests", () =>
    Effect.gen(function* () {
      const { governor, bmcs } = yield* opened
      bmcs.arrange(b, { power: "power on" })
      yield* governor.attach(endpointOf(b))
      yield* governor.closeAll
      assert.deepStrictEqual(bmcs.askedOf(b), ["connect", "disconnect"])
      assert.strictEqual(count(bmcs.askedOf(a), "disconnect"), 0)
      yield* governor.attach(endpointOf(b))
      assert.strictEqual(yield* outcome(governor, b), "Unsupported (withheld)")
    }).pipe(Effect.provide(layerWith()))
  )

  it.effect("closes its connections with its scope", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryConnector
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(GateGovernor.layer(), scope)
      yield* Effect.provide(
        Effect.flatMap(BmcGovernor, (governor) => governor.attach(endpointOf(a))),
        context
      )
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(bmcs.askedOf(a), ["connect", "disconnect", "closed"])
    }).pipe(Effect.provide(Layer.merge(MemoryConnector.layer, ProfileStore.layerMemory)))
  )
})

describe("GateGovernor: profiles", () => {
  const learned = new BmcProfile({ ...unknownProfile, cipherSuite: 3, roundTripMillis: 4 })

  it.effect("starts from the stored profile, but not when the address changes", () =>
    Effect.gen(function* () {
      const store = yield* ProfileStore
      yield* store.save([{ nodeId: a, profile: learned }])
      const bmcs = yield* MemoryConnector
      yield* Effect.provide(
        Effect.gen(function* () {
          const governor = yield* BmcGovernor
          yield* governor.attach(endpointOf(a))
          yield* governor.attach(endpointOf(a, { credentialVersion: 2 }))
          yield* governor.attach(endpointOf(a, { credentialVersion: 3, host: "127.0.0.2" }))
        }),
        GateGovernor.layer()
      )
      assert.deepStrictEqual(
        bmcs.connections(a).map(({ profile }) => profile.cipherSuite),
        [3, 3, null]
      )
    }).pipe(Effect.provide(Layer.merge(MemoryConnector.layer, ProfileStore.layerMemory)))
  )

  it.effect("forgets what was learned of a node that was detached", () =>
    Effect.gen(function* () {
      const store = yield* ProfileStore
      yield* store.save([{ nodeId: a, profile: learned }])
      const bmcs = yield* MemoryConnector
      yield* Effect.provide(
        Effect.gen(function* () {
          const governor = yield* BmcGovernor
          yield* governor.attach(endpointOf(a))
          yield* governor.detach(a)
          yield* governor.attach(endpointOf(a))
        }),
        GateGovernor.layer()
      )
      assert.deepStrictEqual(
        bmcs.connections(a).map(({ profile }) => profile.cipherSuite),
        [3, null]
      )
    }).pipe(Effect.provide(Layer.merge(MemoryConnector.layer, ProfileStore.layerMemory)))
  )

  it.effect("saves what was learned at the next sweep, once, and again only after a change that matters", () => {
    const batches: Array<ReadonlyArray<unknown>> = []
    const store = Layer.succeed(ProfileStore, {
      all: Effect.succeed([]),
      save: (batch) => Effect.sync(() => void batches.push(batch.map(({ profile }) => profile.roundTripMillis)))
    })
    return Effect.gen(function* () {
      const { bmcs } = yield* attached
      bmcs.arrange(a, { profile: learned })
      yield* TestClock.adjust(defaultSettings.sweepMillis)
      yield* TestClock.adjust(defaultSettings.sweepMillis)
      bmcs.arrange(a, { profile: new BmcProfile({ ...learned, roundTripMillis: 8 }) })
      yield* TestClock.adjust(defaultSettings.sweepMillis)
      assert.deepStrictEqual(batches, [[4]])
      bmcs.arrange(a, { profile: new BmcProfile({ ...learned, roundTripMillis: 8.1 }) })
      yield* TestClock.adjust(defaultSettings.sweepMillis)
      assert.deepStrictEqual(batches, [[4], [8.1]])
    }).pipe(Effect.provide(GateGovernor.layer().pipe(Layer.provideMerge(Layer.merge(MemoryConnector.layer, store)))))
  })

  it.effect("works without its store, and saves when it is back", () => {
    let away = true
    const saved: Array<unknown> = []
    const error = new ProfileStoreError({ message: "the database is away" })
    const store = Layer.succeed(ProfileStore, {
      all: Effect.fail(error),
      save: (batch) => Effect.suspend(() => (away ? Effect.fail(error) : Effect.sync(() => void saved.push(...batch))))
    })
    return Effect.gen(function* () {
      const { governor, bmcs } = yield* attached
      bmcs.arrange(a, { profile: learned })
      yield* TestClock.adjust(defaultSettings.sweepMillis)
      assert.strictEqual(yield* outcome(governor), "power on")
      away = false
      yield* TestClock.adjust(defaultSettings.sweepMillis)
      assert.deepStrictEqual(saved, [{ nodeId: a, profile: learned }])
    }).pipe(
      Effect.provide(
        GateGovernor.layer().pipe(
          Layer.provideMerge(Layer.merge(MemoryConnector.layer, store)),
          Layer.provideMerge(Logger.layer([]))
        )
      )
    )
  })
})
