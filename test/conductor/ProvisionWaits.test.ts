import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Exit, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import * as Conductor from "../../src/conductor/Conductor.ts"
import { ConductorConfig } from "../../src/conductor/ConductorConfig.ts"
import { NodeLock } from "../../src/conductor/NodeLock.ts"
import { Provisioning } from "../../src/conductor/Provisioning.ts"
import { checkDriverInfo } from "../../src/domain/DriverInfoRules.ts"
import type { NodeId, ProvisionState } from "../../src/domain/Node.ts"
import { PeriodicWorker } from "../../src/periodics/PeriodicWorker.ts"
import { WorkerPool } from "../../src/periodics/WorkerPool.ts"
import { type NewNode, NodeStore } from "../../src/store/NodeStore.ts"
import { makeNewNode, nodeId } from "../domain/nodes.ts"
import { inspectable } from "./inspections.ts"
import { enrol, ground, journalOf, nodeOf, storedOf } from "./world.ts"

/** The conductor with its tasks, over a ground that outlives it; power sync rests. */
const conductor = Layer.effectDiscard(
  Effect.flatMap(PeriodicWorker, (worker) => worker.pause("sync_power_states"))
).pipe(
  Layer.provideMerge(Conductor.layerTasks),
  Layer.provideMerge(Layer.mergeAll(Conductor.layer, PeriodicWorker.layer().pipe(Layer.provide(WorkerPool.layer()))))
)

const running = (options: Parameters<typeof ground>[0] = {}) => conductor.pipe(Layer.provideMerge(ground(options)))

const at = (seconds: number) => DateTime.makeUnsafe(seconds * 1000)

const fake = (driverInfo: Record<string, number> = {}) => ({
  driver: "fake-hardware" as const,
  driverInfo: checkDriverInfo("fake-hardware", driverInfo).info
})

/** Node 1, which has been in this state since the beginning of time, with a BMC that does not answer. */
const waitingIn = Effect.fnUntraced(function* (provisionState: ProvisionState, fields: Partial<NewNode> = {}) {
  const [id = nodeId(0)] = yield* enrol(1, {
    provisionState,
    provisionUpdatedAt: at(0),
    inspectionStartedAt: at(0),
    targetProvisionState: "manageable",
    desiredPower: "power on",
    ...fields
  })
  const bmcs = yield* MemoryGovernor
  bmcs.answer(id, inspectable)
  bmcs.fail(id, "Unreachable")
  return id
})

const stateOf = (id: NodeId) => Effect.map(nodeOf(id), ({ provisionState }) => provisionState)

const inspections = (id: NodeId) =>
  Effect.map(MemoryGovernor, (bmcs) => bmcs.asked().filter((one) => one.nodeId === id && one.what === "inspect").length)

describe("check_wait_timeouts", () => {
  it.effect("tries an inspection that waits again, each minute, until the BMC answers", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const id = yield* waitingIn("inspect wait")
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual(yield* stateOf(id), "inspect wait")
      assert.isAtLeast(yield* inspections(id), 4)
      assert.isAtMost(yield* inspections(id), 5)
      bmcs.succeed(id)
      yield* TestClock.adjust("64 seconds")
      const node = yield* nodeOf(id)
      assert.deepStrictEqual(
        [node.provisionState, node.lastError, node.inspectionStartedAt],
        ["manageable", null, null]
      )
      assert.isNotNull(node.inspectionFinishedAt)
      const entries = yield* journalOf(id)
      assert.deepStrictEqual(
        entries.map(({ actor, kind }) => `${actor}: ${kind}`),
        ["check_wait_timeouts: NodeInspected", "check_wait_timeouts: ProvisionChanged"]
      )
    }).pipe(Effect.provide(running()))
  )

  it.effect("has one try at a time of a BMC that takes long", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const id = yield* waitingIn("inspect wait")
      bmcs.hold(id)
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(yield* inspections(id), 1)
      bmcs.release(id)
    }).pipe(Effect.provide(running()))
  )

  it.effect.each([
    ["inspect wait", "inspect failed", "The inspection waited"],
    ["clean wait", "clean failed", "The cleaning waited"],
    ["deploy wait", "deploy failed", "The deployment waited"]
  ] as const)("fails a node that is in %s for longer than 1,800 s: %s, with last_error", ([wait, failed, words]) =>
    Effect.gen(function* () {
      const id = yield* waitingIn(wait, { lastError: "It was said why." })
      yield* TestClock.adjust("1799 seconds")
      assert.strictEqual(yield* stateOf(id), wait)
      yield* TestClock.adjust("65 seconds")
      const { node } = yield* storedOf(id)
      assert.deepStrictEqual(
        [node.provisionState, node.lastError, node.targetProvisionState],
        [failed, `${words} for longer than its time-out of 1800 s. It was said why.`, "manageable"]
      )
      const told = (yield* journalOf(id)).at(-1)
      assert.deepStrictEqual(
        [told?.kind, told?.actor, told?.severity, told?.from, told?.to],
        ["ProvisionChanged", "check_wait_timeouts", "ERROR", wait, failed]
      )
    }).pipe(Effect.provide(running()))
  )

  it.effect.each([
    ["inspect wait", { inspectWaitTimeout: Duration.zero }],
    ["clean wait", { cleanCallbackTimeout: Duration.zero }],
    ["deploy wait", { deployCallbackTimeout: Duration.zero }]
  ] as const)("leaves a node in %s for ever where the time-out is 0", ([wait, options]) =>
    Effect.gen(function* () {
      const id = yield* waitingIn(wait)
      yield* TestClock.adjust("3 hours")
      assert.strictEqual(yield* stateOf(id), wait)
    }).pipe(Effect.provide(running({ ...options, checkProvisionStateInterval: Duration.minutes(30) })))
  )

  it.effect("goes by a time-out that was changed while it ran", () =>
    Effect.gen(function* () {
      const config = yield* ConductorConfig
      const id = yield* waitingIn("inspect wait")
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual(yield* stateOf(id), "inspect wait")
      Object.assign(config, { inspectWaitTimeout: Duration.seconds(90) })
      yield* TestClock.adjust("65 seconds")
      assert.strictEqual(yield* stateOf(id), "inspect failed")
    }).pipe(Effect.provide(running()))
  )

  it.effect("leaves a node alone that somebody works on", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      const id = yield* waitingIn("clean wait")
      const lease = yield* locks.acquire(yield* nodeOf(id), "power on")
      yield* TestClock.adjust("40 minutes")
      assert.strictEqual(yield* stateOf(id), "clean wait")
      lease.release()
      yield* TestClock.adjust("65 seconds")
      assert.strictEqual(yield* stateOf(id), "clean failed")
    }).pipe(Effect.provide(running()))
  )
})

/** Starts the conductor over what is there; `stop` stops it. */
const start = Effect.gen(function* () {
  const scope = yield* Scope.make()
  const services = yield* Layer.buildWithScope(conductor, scope)
  return { services, stop: Scope.close(scope, Exit.void) }
})

const store = (fields: Partial<NewNode>) =>
  Effect.flatMap(NodeStore, (store) => store.importAll([makeNewNode(1, fields)], { update: false }))

describe("a start", () => {
  it.effect.each([
    ["verifying", "enroll", "The verification"],
    ["inspecting", "inspect failed", "The inspection"],
    ["adopting", "adopt failed", "The adoption"],
    ["cleaning", "clean failed", "The cleaning"],
    ["deploying", "deploy failed", "The deployment"],
    ["deleting", "error", "The tear-down"]
  ] as const)("fails what an earlier process was at: %s becomes %s", ([left, failed, words]) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(60_000)
      const bmcs = yield* MemoryGovernor
      yield* store({ provisionState: left, provisionUpdatedAt: at(30), inspectionStartedAt: at(30) })
      const { services, stop } = yield* start
      yield* TestClock.adjust("1 second")
      const { node } = yield* storedOf(nodeId(1))
      assert.strictEqual(node.provisionState, failed)
      assert.strictEqual(
        node.lastError,
        `${words} that began at 1970-01-01T00:00:30.000Z was cut off when the conductor that did it ended. ` +
          "It is not taken up again; ask for it anew."
      )
      const told = (yield* Effect.provideContext(journalOf(nodeId(1)), services)).at(-1)
      assert.deepStrictEqual([told?.kind, told?.actor, told?.severity], ["ProvisionChanged", "start", "ERROR"])
      assert.deepStrictEqual(
        bmcs.asked().filter(({ what }) => what !== "read"),
        []
      )
      yield* stop
    }).pipe(Effect.provide(ground()))
  )

  it.effect.each([["inspect wait"], ["clean wait"], ["deploy wait"]] as const)("leaves what waits: %s", ([wait]) =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      bmcs.fail(nodeId(1), "Unreachable")
      yield* store({ provisionState: wait, provisionUpdatedAt: at(0), inspectionStartedAt: at(0) })
      const { stop } = yield* start
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual((yield* storedOf(nodeId(1))).node.provisionState, wait)
      yield* stop
    }).pipe(Effect.provide(ground()))
  )

  it.effect("counts the wait of fake-hardware from where it began, not anew", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(40_000)
      const bmcs = yield* MemoryGovernor
      bmcs.setPower(nodeId(1), "power on")
      yield* store({ ...fake({ fake_deploy_delay: 60 }), provisionState: "deploy wait", provisionUpdatedAt: at(30) })
      const { stop } = yield* start
      yield* TestClock.adjust("49 seconds")
      assert.strictEqual((yield* storedOf(nodeId(1))).node.provisionState, "deploy wait")
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* storedOf(nodeId(1))).node.provisionState, "active")
      yield* stop
    }).pipe(Effect.provide(ground()))
  )
})

describe("a stop", () => {
  it.effect("cuts work off, and last_error says so", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const { services, stop } = yield* start
      yield* Effect.gen(function* () {
        const provisioning = yield* Provisioning
        const [id = nodeId(0)] = yield* enrol(1, { provisionState: "enroll" })
        bmcs.hold(id)
        yield* Effect.asVoid(provisioning.request(id, "manage"))
        assert.deepStrictEqual(provisioning.inFlight(), [id])
      }).pipe(Effect.provideContext(services))
      yield* stop
      const { node } = yield* storedOf(nodeId(1))
      assert.deepStrictEqual(
        [node.provisionState, node.lastError],
        [
          "enroll",
          "The verification was cut off when the conductor stopped. It is not taken up again; ask for it anew."
        ]
      )
    }).pipe(Effect.provide(ground()))
  )
})
