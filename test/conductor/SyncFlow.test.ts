import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import { Enrolment } from "../../src/conductor/Enrolment.ts"
import { NodeDirectory } from "../../src/conductor/NodeDirectory.ts"
import { NodeLock } from "../../src/conductor/NodeLock.ts"
import { PowerControl } from "../../src/conductor/PowerControl.ts"
import { SyncFlow } from "../../src/conductor/SyncFlow.ts"
import type { FailureReason } from "../../src/domain/Failure.ts"
import { ProvisionState } from "../../src/domain/Node.ts"
import { type NodeChanges, NodeStore } from "../../src/store/NodeStore.ts"
import { nodeId } from "../domain/nodes.ts"
import {
  commands,
  Database,
  enrol,
  importLines,
  journalOf,
  kindsOf,
  line,
  nodeOf,
  observationOf,
  pass,
  refuse,
  storedOf,
  world
} from "./world.ts"

const readsOf = (id = nodeId(1)) =>
  Effect.map(
    MemoryGovernor,
    (bmcs) => bmcs.asked().filter(({ nodeId, what }) => nodeId === id && what === "read").length
  )

describe("power sync: observing", () => {
  it.effect("records what every machine is in, with the time, in one pass", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_000_000)
      const ids = yield* enrol(3)
      const summary = yield* pass
      assert.deepStrictEqual([summary.nodes, summary.skipped, summary.outcomes.ok], [3, 0, 3])
      for (const id of ids) {
        const { observation } = yield* storedOf(id)
        assert.deepStrictEqual(observation, { nodeId: id, power: "power on", observedAtMillis: 1_000_000, failures: 0 })
      }
    }).pipe(Effect.provide(world()))
  )

  it.effect("records the first observation as the recorded state, and never acts on it", () =>
    Effect.gen(function* () {
      const [id = nodeId(0)] = yield* enrol(1, { machine: "power off" })
      yield* pass
      assert.strictEqual((yield* storedOf(id)).node.desiredPower, "power off")
      assert.deepStrictEqual(yield* commands, [])
      assert.deepStrictEqual(yield* kindsOf(id), ["PowerObserved"])
    }).pipe(Effect.provide(world()))
  )

  it.effect(
    "observes nodes in every provision state, in maintenance and at fault, whether it acts on them or not",
    () =>
      Effect.gen(function* () {
        const store = yield* NodeStore
        const bmcs = yield* MemoryGovernor
        const states: ReadonlyArray<NodeChanges> = [
          ...ProvisionState.literals.map((provisionState) => ({ provisionState })),
          { operatorMaintenance: true },
          { fault: "power failure", faultReason: null }
        ]
        const ids = yield* enrol(states.length, { desiredPower: "power on" })
        for (const [index, changes] of states.entries()) yield* store.update(ids[index] ?? nodeId(0), changes)
        yield* pass
        for (const id of ids) bmcs.setPower(id, "power off")
        const reads = yield* Effect.forEach(ids, readsOf)
        yield* pass
        assert.deepStrictEqual(
          yield* Effect.forEach(ids, readsOf),
          reads.map((before) => before + 1)
        )
        for (const id of ids) assert.strictEqual((yield* observationOf(id)).power, "power off")
      }).pipe(Effect.provide(world({ forcePowerStateDuringSync: false })))
  )

  it.effect("tells in the journal that a machine changed which it leaves alone", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const [id = nodeId(0)] = yield* enrol(1, { desiredPower: "power on", operatorMaintenance: true })
      yield* pass
      bmcs.setPower(id, "power off")
      yield* pass
      yield* pass
      const entries = yield* journalOf(id)
      assert.deepStrictEqual(
        entries.map(({ from, kind, to }) => [kind, from, to]),
        [["PowerObserved", "power on", "power off"]]
      )
    }).pipe(Effect.provide(world()))
  )

  it.effect("keeps the last observation and its time when a read fails", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const [id = nodeId(0)] = yield* enrol(1)
      yield* pass
      const before = yield* observationOf(id)
      bmcs.fail(id, "Unreachable")
      yield* TestClock.adjust("30 seconds")
      const { outcomes } = yield* pass
      assert.deepStrictEqual(yield* observationOf(id), { ...before, failures: 1 })
      assert.strictEqual(outcomes.timeout, 1)
    }).pipe(Effect.provide(world()))
  )

  it.effect("reads a node at once that comes by an import", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      bmcs.setPower(nodeId(1), "power off")
      yield* importLines([line(1)])
      yield* TestClock.adjust("100 millis")
      assert.strictEqual((yield* observationOf(nodeId(1))).power, "power off")
    }).pipe(Effect.provide(world()))
  )

  it.effect("reads a node at once whose credential changed, and not one whose description did", () =>
    Effect.gen(function* () {
      const enrolment = yield* Enrolment
      yield* enrol(1)
      yield* TestClock.adjust("1 second")
      const before = yield* readsOf()
      yield* enrolment.patch("n1", [{ op: "add", path: "/description", value: "x" }])
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* readsOf(), before)
      yield* enrolment.patch("n1", [{ op: "add", path: "/driver_info/ipmi_password", value: "new" }])
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* readsOf(), before + 1)
    }).pipe(Effect.provide(world()))
  )

  it.effect("does not read a node that was removed", () =>
    Effect.gen(function* () {
      const enrolment = yield* Enrolment
      yield* enrol(2)
      yield* pass
      yield* enrolment.remove("n1")
      yield* TestClock.adjust("1 second")
      const before = yield* readsOf()
      assert.strictEqual((yield* pass).nodes, 1)
      assert.strictEqual(yield* readsOf(), before)
    }).pipe(Effect.provide(world()))
  )

  it.effect("does not wait for the answer of a node that is removed while it is being read", () =>
    Effect.gen(function* () {
      const enrolment = yield* Enrolment
      const flow = yield* SyncFlow
      const bmcs = yield* MemoryGovernor
      yield* enrol(2)
      yield* pass
      bmcs.hold(nodeId(1))
      const waiting = yield* Effect.forkChild(pass)
      yield* TestClock.adjust("1 second")
      yield* enrolment.remove("n1")
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(waiting)).outcomes.ok, 1)
      assert.deepStrictEqual(flow.counts(), { due: 0, reading: 0, parked: 0 })
    }).pipe(Effect.provide(world()))
  )

  it.effect("counts polls by how they ended", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const reasons = ["Unreachable", "AuthenticationFailed", "Busy", "SessionsExhausted", "Protocol"] as const
      const ids = yield* enrol(7)
      for (const [index, reason] of reasons.entries()) bmcs.fail(ids[index] ?? nodeId(0), reason)
      bmcs.fail(ids[5] ?? nodeId(0), "Unreachable", { withheld: true })
      const { outcomes } = yield* pass
      assert.deepStrictEqual(outcomes, { ok: 1, timeout: 1, auth: 1, busy: 2, protocol: 1, skipped: 1 })
    }).pipe(Effect.provide(world()))
  )
})

describe("power sync: a BMC that is slow or dead", () => {
  it.effect("does not keep the others from being read, and the pass does not wait for it", () =>
    Effect.gen(function* () {
      const flow = yield* SyncFlow
      const bmcs = yield* MemoryGovernor
      const ids = yield* enrol(5)
      yield* pass
      bmcs.hold(nodeId(1))
      yield* TestClock.adjust("30 seconds")
      yield* flow.startPass
      yield* TestClock.adjust("2 seconds")
      for (const id of ids.slice(1)) assert.strictEqual((yield* observationOf(id)).observedAtMillis, 30_000)
      assert.deepStrictEqual(flow.counts(), { due: 0, reading: 1, parked: 0 })
    }).pipe(Effect.provide(world()))
  )

  it.effect("is left out of the next pass while it is still being read, and counted", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      yield* enrol(2)
      yield* pass
      const before = yield* readsOf()
      bmcs.hold(nodeId(1))
      const held = yield* Effect.forkChild(pass)
      yield* TestClock.adjust("30 seconds")
      const next = yield* pass
      assert.deepStrictEqual([next.nodes, next.skipped], [1, 1])
      assert.strictEqual(yield* readsOf(), before + 1)
      bmcs.release(nodeId(1))
      assert.deepStrictEqual((yield* Fiber.join(held)).outcomes.ok, 2)
    }).pipe(Effect.provide(world()))
  )

  it.effect("gives its place in the window back after a second", () =>
    Effect.gen(function* () {
      const flow = yield* SyncFlow
      const bmcs = yield* MemoryGovernor
      const ids = yield* enrol(4)
      yield* pass
      for (const id of ids.slice(0, 2)) bmcs.hold(id)
      yield* TestClock.adjust("30 seconds")
      yield* flow.startPass
      yield* TestClock.adjust("900 millis")
      assert.deepStrictEqual(flow.counts(), { due: 2, reading: 2, parked: 0 })
      yield* TestClock.adjust("200 millis")
      assert.deepStrictEqual(flow.counts(), { due: 0, reading: 2, parked: 2 })
      assert.isAbove((yield* observationOf(ids[3] ?? nodeId(0))).observedAtMillis ?? 0, 30_000)
    }).pipe(Effect.provide(world({ syncPowerStateWorkers: 2 })))
  )
})

describe("power sync: faults", () => {
  const failPasses = (count: number) => Effect.forEach(Array.from({ length: count }), () => pass, { discard: true })

  it.effect("raises the fault at the fourth failed pass in a row, tells why, and forgets the recorded state", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const [id = nodeId(0)] = yield* enrol(1)
      yield* pass
      bmcs.fail(id, "Unreachable", { message: "no answer after 5 tries" })
      yield* failPasses(3)
      assert.strictEqual((yield* nodeOf(id)).fault, null)
      yield* pass
      const { node, observation } = yield* storedOf(id)
      assert.deepStrictEqual(
        [node.fault, node.faultReason, node.desiredPower, node.operatorMaintenance],
        ["power failure", "Unreachable", null, false]
      )
      assert.include(node.lastError ?? "", "(Unreachable): no answer after 5 tries")
      assert.deepStrictEqual([observation.power, observation.failures], ["power on", 4])
      assert.deepStrictEqual(yield* kindsOf(id), ["PowerObserved", "FaultRaised"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("counts what an open breaker withholds as failed passes too", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const [id = nodeId(0)] = yield* enrol(1)
      yield* pass
      bmcs.fail(id, "Unreachable", { withheld: true })
      yield* failPasses(4)
      assert.strictEqual((yield* nodeOf(id)).faultReason, "Unreachable")
    }).pipe(Effect.provide(world()))
  )

  it.effect("starts counting anew after a pass that went well", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const [id = nodeId(0)] = yield* enrol(1)
      bmcs.fail(id, "Unreachable")
      yield* failPasses(3)
      bmcs.succeed(id)
      yield* pass
      bmcs.fail(id, "Unreachable")
      yield* failPasses(3)
      assert.strictEqual((yield* nodeOf(id)).fault, null)
    }).pipe(Effect.provide(world()))
  )

  it.effect("stores the failure count, so that a restart goes on counting", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const [id = nodeId(0)] = yield* enrol(1)
      bmcs.fail(id, "Unreachable")
      yield* failPasses(2)
      assert.strictEqual((yield* storedOf(id)).observation.failures, 2)
    }).pipe(Effect.provide(world()))
  )

  it.effect("costs no writes once a dead BMC is at fault", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const database = yield* Database
      const [id = nodeId(0)] = yield* enrol(1)
      bmcs.fail(id, "Unreachable")
      yield* failPasses(4)
      const before = database.statements
      yield* failPasses(3)
      assert.strictEqual(database.statements, before)
    }).pipe(Effect.provide(world()))
  )

  it.effect("raises the fault at once for a credential that is surely refused, and says so once", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const [id = nodeId(0)] = yield* enrol(1)
      yield* pass
      bmcs.fail(id, "AuthenticationFailed", { message: "RAKP 2: unauthorized name" })
      yield* failPasses(5)
      const doubtful = yield* nodeOf(id)
      assert.strictEqual(doubtful.fault, null)
      assert.include(doubtful.lastError ?? "", "refused the credential: RAKP 2: unauthorized name. It is tried")
      bmcs.setState(id, { quiet: true })
      bmcs.fail(id, "AuthenticationFailed", { message: "RAKP 2: unauthorized name", withheld: true })
      yield* failPasses(3)
      const node = yield* nodeOf(id)
      assert.strictEqual(node.faultReason, "AuthenticationFailed")
      assert.include(node.lastError ?? "", "tutti node set")
      assert.deepStrictEqual(yield* kindsOf(id), ["PowerObserved", "CredentialRejected", "FaultRaised"])
    }).pipe(Effect.provide(world()))
  )

  it.effect.each(["Unreachable", "AuthenticationFailed", "Busy"] satisfies ReadonlyArray<FailureReason>)(
    "ends a fault for %s as soon as the BMC answers, and records what is seen without acting",
    (reason) =>
      Effect.gen(function* () {
        const bmcs = yield* MemoryGovernor
        const [id = nodeId(0)] = yield* enrol(1)
        yield* pass
        bmcs.fail(id, reason)
        bmcs.setState(id, { quiet: reason === "AuthenticationFailed" })
        yield* failPasses(4)
        assert.strictEqual((yield* nodeOf(id)).fault, "power failure")
        bmcs.setPower(id, "power off")
        bmcs.succeed(id)
        yield* TestClock.adjust("30 seconds")
        yield* pass
        const { node, observation } = yield* storedOf(id)
        assert.deepStrictEqual(
          [node.fault, node.faultReason, node.faultAt, node.lastError, node.desiredPower, observation.failures],
          [null, null, null, null, "power off", 0]
        )
        assert.deepStrictEqual(yield* commands, [])
        assert.strictEqual((yield* kindsOf(id)).at(-1), "FaultCleared")
      }).pipe(Effect.provide(world()))
  )

  it.effect("never ends an operator's maintenance", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const enrolment = yield* Enrolment
      const [id = nodeId(0)] = yield* enrol(1)
      bmcs.fail(id, "Unreachable")
      yield* failPasses(4)
      yield* enrolment.setMaintenance("n1", true, "moving it")
      bmcs.succeed(id)
      yield* pass
      const node = yield* nodeOf(id)
      assert.deepStrictEqual([node.fault, node.operatorMaintenance, node.maintenanceReason], [null, true, "moving it"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("does not raise a fault in an operator's maintenance", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const [id = nodeId(0)] = yield* enrol(1, { operatorMaintenance: true })
      bmcs.fail(id, "Unreachable")
      yield* failPasses(6)
      assert.strictEqual((yield* nodeOf(id)).fault, null)
    }).pipe(Effect.provide(world()))
  )

  it.effect("reads a node at once, and again, when an operator asks for a retry", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const enrolment = yield* Enrolment
      const [id = nodeId(0)] = yield* enrol(1)
      bmcs.fail(id, "AuthenticationFailed")
      bmcs.setState(id, { quiet: true })
      yield* pass
      bmcs.succeed(id)
      yield* enrolment.retry("n1")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(bmcs.retried(), [id])
      assert.strictEqual((yield* nodeOf(id)).fault, null)
    }).pipe(Effect.provide(world()))
  )
})

describe("power sync: a machine in another state than recorded", () => {
  it.effect("is switched back, and the journal tells it", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const [id = nodeId(0)] = yield* enrol(1)
      yield* pass
      bmcs.setPower(id, "power off")
      yield* pass
      assert.deepStrictEqual(yield* commands, ["on"])
      assert.deepStrictEqual(yield* kindsOf(id), ["PowerObserved", "PowerCorrected"])
      yield* pass
      assert.deepStrictEqual(
        [(yield* nodeOf(id)).desiredPower, (yield* observationOf(id)).failures, (yield* commands).length],
        ["power on", 0, 1]
      )
    }).pipe(Effect.provide(world()))
  )

  it.effect("becomes a fault at the fourth pass in which it did not obey, and its record follows it", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const [id = nodeId(0)] = yield* enrol(1)
      yield* pass
      bmcs.setPower(id, "power off")
      bmcs.setDelay(id, Infinity)
      for (let i = 0; i < 4; i++) yield* pass
      assert.deepStrictEqual(yield* commands, ["on", "on", "on"])
      const node = yield* nodeOf(id)
      assert.deepStrictEqual([node.fault, node.faultReason, node.desiredPower], ["power failure", null, "power off"])
      assert.include(node.lastError ?? "", "after 3 attempts")
    }).pipe(Effect.provide(world()))
  )

  it.effect("becomes a fault all the same while somebody looks at it between the passes", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const power = yield* PowerControl
      const [id = nodeId(0)] = yield* enrol(1)
      yield* pass
      bmcs.setPower(id, "power off")
      bmcs.setDelay(id, Infinity)
      for (let i = 0; i < 4; i++) {
        yield* pass
        yield* power.readNow("n1")
      }
      assert.deepStrictEqual([(yield* nodeOf(id)).fault, yield* commands], ["power failure", ["on", "on", "on"]])
    }).pipe(Effect.provide(world()))
  )

  it.effect("is followed by its record where force_power_state_during_sync is off", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const [id = nodeId(0)] = yield* enrol(1)
      yield* pass
      bmcs.setPower(id, "power off")
      yield* pass
      assert.deepStrictEqual(yield* commands, [])
      assert.strictEqual((yield* nodeOf(id)).desiredPower, "power off")
      assert.deepStrictEqual(yield* kindsOf(id), ["PowerObserved", "PowerCorrected"])
    }).pipe(Effect.provide(world({ forcePowerStateDuringSync: false })))
  )

  it.effect("is switched back or followed as its conductor group has force_power_state_during_sync", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const store = yield* NodeStore
      const ids = yield* enrol(3)
      const groups = ["lab", "prod", ""]
      for (const [index, id] of ids.entries()) yield* store.update(id, { conductorGroup: groups[index] ?? "" })
      yield* pass
      for (const id of ids) bmcs.setPower(id, "power off")
      yield* pass
      assert.deepStrictEqual(
        bmcs.commands().map(({ nodeId }) => nodeId),
        ids.slice(1)
      )
      assert.strictEqual((yield* nodeOf(ids[0] ?? nodeId(0))).desiredPower, "power off")
    }).pipe(Effect.provide(world({ forcePowerStateDuringSyncByGroup: new Map([["lab", false]]) })))
  )

  it.effect("is only observed where that is said, and the journal tells once a change what would have been done", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const [id = nodeId(0)] = yield* enrol(1)
      yield* pass
      bmcs.setPower(id, "power off")
      for (let i = 0; i < 6; i++) yield* pass
      const node = yield* nodeOf(id)
      assert.deepStrictEqual([yield* commands, node.desiredPower, node.fault], [[], "power on", null])
      assert.strictEqual((yield* observationOf(id)).power, "power off")
      const told = (yield* journalOf(id)).filter(({ kind }) => kind === "PowerWithheld")
      assert.deepStrictEqual(
        told.map(({ from, to }) => [from, to]),
        [["power off", "power on"]]
      )
      bmcs.setPower(id, "power on")
      yield* pass
      bmcs.setPower(id, "power off")
      yield* pass
      const withheld = (yield* kindsOf(id)).filter((kind) => kind === "PowerWithheld")
      assert.strictEqual(withheld.length, 2)
    }).pipe(Effect.provide(world({ observeOnly: true })))
  )

  it.effect("is only observed by conductor group too", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const store = yield* NodeStore
      const ids = yield* enrol(2)
      yield* store.update(ids[0] ?? nodeId(0), { conductorGroup: "prod" })
      yield* pass
      for (const id of ids) bmcs.setPower(id, "power off")
      yield* pass
      assert.deepStrictEqual(
        bmcs.commands().map(({ nodeId }) => nodeId),
        [ids[0]]
      )
    }).pipe(Effect.provide(world({ observeOnly: true, observeOnlyByGroup: new Map([["prod", false]]) })))
  )

  it.effect("is never forced where power off is disabled", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const [id = nodeId(0)] = yield* enrol(1, { disablePowerOff: true })
      yield* pass
      bmcs.setPower(id, "power off")
      yield* pass
      assert.deepStrictEqual(yield* commands, [])
      assert.strictEqual((yield* nodeOf(id)).desiredPower, "power off")
    }).pipe(Effect.provide(world()))
  )

  it.effect("is left alone while somebody holds its lock, and is not counted", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const locks = yield* NodeLock
      const [id = nodeId(0)] = yield* enrol(1)
      yield* pass
      const { release } = yield* locks.acquire(yield* nodeOf(id), "power off")
      bmcs.setPower(id, "power off")
      yield* pass
      assert.deepStrictEqual([yield* commands, (yield* observationOf(id)).failures], [[], 0])
      release()
      yield* pass
      assert.deepStrictEqual(yield* commands, ["on"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("is left alone when somebody takes its lock between the read and the acting", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const flow = yield* SyncFlow
      const locks = yield* NodeLock
      const [id = nodeId(0)] = yield* enrol(1)
      yield* pass
      bmcs.setPower(id, "power off")
      yield* flow.startPass
      yield* locks.acquire(yield* nodeOf(id), "power off")
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* nodeOf(id)).desiredPower, "power on")
    }).pipe(Effect.provide(world({ forcePowerStateDuringSync: false })))
  )

  it.effect("is not acted on by what was seen before somebody else observed it", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const directory = yield* NodeDirectory
      const flow = yield* SyncFlow
      const [id = nodeId(0)] = yield* enrol(1)
      yield* pass
      bmcs.setPower(id, "power off")
      yield* flow.startPass
      directory.observe({ nodeId: id, power: "power on", observedAtMillis: 1, failures: 0 })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* commands, [])
    }).pipe(Effect.provide(world()))
  )

  it.effect("that can't be switched back is tried again, and says why", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const [id = nodeId(0)] = yield* enrol(1)
      yield* pass
      bmcs.setPower(id, "power off")
      yield* refuse(id, "Busy", { message: "node busy", times: 1 })
      yield* pass
      assert.include((yield* nodeOf(id)).lastError ?? "", "node busy")
      yield* pass
      assert.deepStrictEqual(yield* commands, ["on"])
      assert.deepStrictEqual(yield* kindsOf(id), ["PowerObserved", "PowerFailed", "PowerCorrected"])
    }).pipe(Effect.provide(world()))
  )
})

describe("power sync: when a node is read next", () => {
  it.effect("is known: in this pass, now, and in the next one at the same part of the spacing", () =>
    Effect.gen(function* () {
      const flow = yield* SyncFlow
      const bmcs = yield* MemoryGovernor
      const [id = nodeId(0)] = yield* enrol(1)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(flow.nextPoll(id, null), null)
      yield* flow.startPass
      const next = flow.nextPoll(id, null)
      const atMillis = next !== null && "atMillis" in next ? next.atMillis : 0
      assert.isTrue(atMillis > 1_000 && atMillis < 31_000)
      bmcs.hold(id)
      yield* TestClock.adjust(Duration.millis(atMillis - 1_000 + 100))
      assert.deepStrictEqual(flow.nextPoll(id, null), { now: true })
      bmcs.release(id)
      assert.deepStrictEqual(flow.nextPoll(id, 31_000), { atMillis: atMillis + 30_000 })
      assert.strictEqual((yield* observationOf(id)).power, "power on")
    }).pipe(Effect.provide(world({ syncPowerStateSpread: true })))
  )
})

describe("power sync: what follows from many answers", () => {
  it.effect("is written in one batch every quarter of a second, and not in one for each", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const database = yield* Database
      const flow = yield* SyncFlow
      const ids = yield* enrol(100)
      yield* pass
      for (const id of ids) bmcs.setPower(id, "power off")
      yield* TestClock.adjust("1 minute")
      const before = database.statements
      yield* flow.startPass
      yield* TestClock.adjust("10 seconds")
      const nodes = yield* Effect.forEach(ids, nodeOf)
      assert.isTrue(nodes.every(({ desiredPower }) => desiredPower === "power off"))
      // Eight of these in the two seconds of the pass, and a batch of observations and one of the journal each second.
      assert.isAtMost(database.statements - before, 20)
    }).pipe(
      Effect.provide(
        world({
          forcePowerStateDuringSync: false,
          incidents: false,
          syncPowerStateSpread: true,
          syncPowerStateInterval: Duration.seconds(2)
        })
      )
    )
  )
})

describe("power sync: when the machine is as recorded", () => {
  it.effect("clears last_error, once it could be read for a minute", () =>
    Effect.gen(function* () {
      const store = yield* NodeStore
      const [id = nodeId(0)] = yield* enrol(1)
      yield* pass
      yield* store.update(id, { lastError: "power off failed" })
      yield* TestClock.adjust("59 seconds")
      yield* pass
      assert.strictEqual((yield* nodeOf(id)).lastError, "power off failed")
      yield* TestClock.adjust("1 second")
      yield* pass
      assert.strictEqual((yield* nodeOf(id)).lastError, null)
    }).pipe(Effect.provide(world()))
  )

  it.effect("writes nothing but the observation", () =>
    Effect.gen(function* () {
      const [id = nodeId(0)] = yield* enrol(1)
      yield* pass
      const { version } = yield* nodeOf(id)
      yield* TestClock.adjust("30 seconds")
      yield* pass
      assert.strictEqual((yield* nodeOf(id)).version, version)
      assert.strictEqual((yield* storedOf(id)).observation.observedAtMillis, 30_000)
    }).pipe(Effect.provide(world()))
  )
})

describe("power sync: while Postgres is away", () => {
  it.effect("goes on observing, and writes what it saw when it is back", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const database = yield* Database
      const flow = yield* SyncFlow
      const [id = nodeId(0)] = yield* enrol(1)
      yield* pass
      database.on = false
      bmcs.setPower(id, "power off")
      bmcs.setDelay(id, Infinity)
      for (let i = 0; i < 3; i++) {
        yield* TestClock.adjust("30 seconds")
        yield* flow.startPass
      }
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* observationOf(id)).power, "power off")
      database.on = true
      yield* TestClock.adjust("1 minute")
      const { observation } = yield* storedOf(id)
      assert.deepStrictEqual([observation.power, observation.observedAtMillis], ["power off", 90_000])
    }).pipe(Effect.provide(world()))
  )

  it.effect("raises a fault in the first pass after it is back", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const database = yield* Database
      const flow = yield* SyncFlow
      const [id = nodeId(0)] = yield* enrol(1)
      yield* pass
      database.on = false
      bmcs.fail(id, "Unreachable")
      for (let i = 0; i < 6; i++) {
        yield* flow.startPass
        yield* TestClock.adjust(Duration.seconds(30))
      }
      assert.strictEqual((yield* nodeOf(id)).fault, null)
      database.on = true
      yield* pass
      assert.strictEqual((yield* nodeOf(id)).fault, "power failure")
    }).pipe(Effect.provide(world()))
  )
})
