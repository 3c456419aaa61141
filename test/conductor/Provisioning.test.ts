import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Fiber, Option } from "effect"
import { TestClock } from "effect/testing"
import { BmcError } from "../../src/bmc/BmcError.ts"
import { BmcGovernor } from "../../src/bmc/BmcGovernor.ts"
import { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import type { ConductorError } from "../../src/conductor/ConductorError.ts"
import { NodeLock } from "../../src/conductor/NodeLock.ts"
import { NodeDirectory } from "../../src/conductor/NodeDirectory.ts"
import { Provisioning } from "../../src/conductor/Provisioning.ts"
import { workOn } from "../../src/conductor/ProvisionWork.ts"
import { checkDriverInfo } from "../../src/domain/DriverInfoRules.ts"
import type { NodeId, ProvisionState } from "../../src/domain/Node.ts"
import type { ProvisionVerb } from "../../src/domain/Provision.ts"
import { InventoryStore } from "../../src/store/InventoryStore.ts"
import { LeaseStore } from "../../src/store/LeaseStore.ts"
import type { NewNode } from "../../src/store/NodeStore.ts"
import { nodeId } from "../domain/nodes.ts"
import { bmcInventory, inletTemperature, inspectable } from "./inspections.ts"
import { Database, enrol, journalOf, nodeOf, observationOf, storedOf, world } from "./world.ts"

/** Node 1 in this state, with a machine that is on, as recorded, and can be inspected. */
const nodeIn = Effect.fnUntraced(function* (provisionState: ProvisionState, fields: Partial<NewNode> = {}) {
  const desiredPower = provisionState === "enroll" ? null : "power on"
  const [id = nodeId(0)] = yield* enrol(1, { provisionState, desiredPower, ...fields })
  const bmcs = yield* MemoryGovernor
  bmcs.answer(id, inspectable)
  return id
})

const fake = (driverInfo: Record<string, string | number> = {}) => ({
  driver: "fake-hardware" as const,
  driverInfo: checkDriverInfo("fake-hardware", driverInfo).info
})

const ask = (id: NodeId, verb: ProvisionVerb) =>
  Effect.flatMap(Provisioning, (provisioning) => provisioning.request(id, verb))

/** Asks for what is not refused, and waits for the end. */
const askAndWait = (id: NodeId, verb: ProvisionVerb) =>
  Effect.flatten(Effect.catch(ask(id, verb), ({ message }) => Effect.sync(() => assert.fail(message))))

const refusalOf = <R>(request: Effect.Effect<unknown, ConductorError, R>) =>
  Effect.map(Effect.result(request), (result) => {
    if (result._tag === "Success") assert.fail("it was accepted")
    return [result.failure.reason._tag, result.failure.message] as const
  })

/** The moves that the journal tells, oldest first. */
const movesOf = (id: NodeId) =>
  Effect.map(journalOf(id), (entries) =>
    entries.filter(({ kind }) => kind === "ProvisionChanged").map(({ actor, from, to }) => `${actor}: ${from} > ${to}`)
  )

const stateOf = (id: NodeId) => Effect.map(nodeOf(id), ({ provisionState }) => provisionState)

const asked = Effect.map(MemoryGovernor, (bmcs) => bmcs.asked().map(({ what }) => what))

describe("manage", () => {
  it.effect("takes a node from enroll to manageable by one good read, which becomes the record", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(5000)
      const id = yield* nodeIn("enroll", { lastError: "an old one" })
      assert.deepStrictEqual(yield* askAndWait(id, "manage"), { _tag: "Reached", state: "manageable" })
      const { node } = yield* storedOf(id)
      assert.deepStrictEqual(
        [node.provisionState, node.targetProvisionState, node.desiredPower, node.lastError],
        ["manageable", null, "power on", null]
      )
      assert.strictEqual(DateTime.toEpochMillis(Option.getOrThrow(Option.fromNullOr(node.provisionUpdatedAt))), 5000)
      assert.strictEqual((yield* observationOf(id)).power, "power on")
      assert.deepStrictEqual(yield* asked, ["read"])
      assert.deepStrictEqual(yield* movesOf(id), ["operator: enroll > verifying", "operator: verifying > manageable"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("commits the intent before the BMC is touched", () =>
    Effect.gen(function* () {
      const [bmcs, database] = [yield* MemoryGovernor, yield* Database]
      const id = yield* nodeIn("enroll")
      /** How often the BMC had been asked at the statement of the intent, and at that of the end. */
      const seen: Array<number> = []
      const look: Effect.Effect<void> = Effect.sync(() => {
        seen.push(bmcs.asked().length)
        database.before = look
      })
      database.before = look
      yield* askAndWait(id, "manage")
      assert.deepStrictEqual(seen.slice(0, 2), [0, 1])
    }).pipe(Effect.provide(world()))
  )

  it.effect("shows where it goes, and holds the node's lock, until the end", () =>
    Effect.gen(function* () {
      const [bmcs, locks] = [yield* MemoryGovernor, yield* NodeLock]
      const id = yield* nodeIn("enroll", { lastError: "an old one" })
      bmcs.hold(id)
      const outcome = yield* ask(id, "manage")
      yield* TestClock.adjust("1 second")
      const { node } = yield* storedOf(id)
      assert.deepStrictEqual(
        [node.provisionState, node.targetProvisionState, node.lastError],
        ["verifying", "manageable", null]
      )
      assert.strictEqual(locks.holder(id)?.purpose, "manage")
      bmcs.release(id)
      assert.strictEqual((yield* outcome).state, "manageable")
      assert.strictEqual(locks.holder(id), undefined)
    }).pipe(Effect.provide(world()))
  )

  it.effect.each([["Unreachable"], ["AuthenticationFailed"], ["Protocol"], ["Unsupported"]] as const)(
    "goes back to enroll with a true last_error when the BMC fails as %s",
    ([reason]) =>
      Effect.gen(function* () {
        const bmcs = yield* MemoryGovernor
        const id = yield* nodeIn("enroll")
        bmcs.fail(id, reason, { message: "10.0.0.1 said nothing" })
        const outcome = yield* askAndWait(id, "manage")
        const { node } = yield* storedOf(id)
        assert.strictEqual(outcome._tag, "Failed")
        assert.deepStrictEqual([node.provisionState, node.targetProvisionState], ["enroll", null])
        assert.include(node.lastError, `The verification failed. The BMC could not be read (${reason})`)
        assert.include(node.lastError, "10.0.0.1 said nothing")
        assert.strictEqual((yield* journalOf(id)).at(-1)?.severity, "ERROR")
      }).pipe(Effect.provide(world()))
  )

  it.effect("asks a busy BMC again", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const id = yield* nodeIn("enroll")
      bmcs.fail(id, "Busy", { times: 2 })
      const outcome = yield* ask(id, "manage")
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual((yield* outcome)._tag, "Reached")
    }).pipe(Effect.provide(world()))
  )

  it.effect("lifts the quiet of a refused credential, since a person asks", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const id = yield* nodeIn("enroll")
      yield* askAndWait(id, "manage")
      assert.deepStrictEqual(bmcs.retried(), [id])
    }).pipe(Effect.provide(world()))
  )

  it.effect("does not ask any BMC when driver_info is not valid, and names the key", () =>
    Effect.gen(function* () {
      const id = yield* nodeIn("enroll", { driverInfo: checkDriverInfo("ipmi", {}).info })
      const outcome = yield* askAndWait(id, "manage")
      assert.strictEqual(outcome._tag, "Failed")
      assert.include((yield* nodeOf(id)).lastError, "ipmi_address is required")
      assert.deepStrictEqual(yield* asked, [])
    }).pipe(Effect.provide(world()))
  )

  it.effect("takes an available node back at once, without asking its BMC", () =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      const id = yield* nodeIn("available")
      assert.deepStrictEqual(yield* askAndWait(id, "manage"), { _tag: "Reached", state: "manageable" })
      assert.strictEqual(locks.holder(id), undefined)
      assert.deepStrictEqual(yield* asked, [])
    }).pipe(Effect.provide(world()))
  )
})

describe("provide", () => {
  it.effect("makes a node available: there is nothing to clean, and the BMC is not asked", () =>
    Effect.gen(function* () {
      const id = yield* nodeIn("manageable")
      assert.deepStrictEqual(yield* askAndWait(id, "provide"), { _tag: "Reached", state: "available" })
      assert.deepStrictEqual(yield* movesOf(id), ["operator: manageable > cleaning", "operator: cleaning > available"])
      assert.deepStrictEqual(yield* asked, [])
    }).pipe(Effect.provide(world()))
  )

  it.effect("does not make a retired node available", () =>
    Effect.gen(function* () {
      const id = yield* nodeIn("manageable", { retired: true })
      assert.deepStrictEqual(yield* refusalOf(ask(id, "provide")), [
        "InvalidRequest",
        `The providing operation can't be performed on node ${id} because it is retired.`
      ])
      assert.strictEqual(yield* stateOf(id), "manageable")
    }).pipe(Effect.provide(world()))
  )
})

describe("inspect", () => {
  const inventoryOf = (id: NodeId) => Effect.flatMap(InventoryStore, (store) => store.find(id))

  it.effect("keeps what the BMC tells of the machine, and when", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(7000)
      const id = yield* nodeIn("manageable")
      assert.deepStrictEqual(yield* askAndWait(id, "inspect"), { _tag: "Reached", state: "manageable" })
      const found = yield* inventoryOf(id)
      if (Option.isNone(found)) assert.fail("there is no inventory")
      const { inspectedAt, inventory } = found.value
      assert.deepStrictEqual(
        [inventory.bmcAddress, inventory.bmc, inventory.sensors, inventory.sensorProblem],
        ["127.0.0.1", bmcInventory, [inletTemperature], null]
      )
      assert.strictEqual(DateTime.toEpochMillis(inspectedAt), 7000)
      const node = yield* nodeOf(id)
      assert.deepStrictEqual([node.inspectionStartedAt, node.inspectionFinishedAt], [null, inspectedAt])
      const told = (yield* journalOf(id)).find(({ kind }) => kind === "NodeInspected")
      assert.strictEqual(told?.reason, "Acme R-100, serial number S-1; 1 sensors.")
    }).pipe(Effect.provide(world()))
  )

  it.effect("tells since when it goes on", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(7000)
      const bmcs = yield* MemoryGovernor
      const id = yield* nodeIn("manageable", { inspectionFinishedAt: DateTime.makeUnsafe(1) })
      bmcs.hold(id)
      const outcome = yield* ask(id, "inspect")
      const { node } = yield* storedOf(id)
      assert.deepStrictEqual(
        [node.provisionState, node.targetProvisionState, node.inspectionStartedAt, node.inspectionFinishedAt],
        ["inspecting", "manageable", DateTime.makeUnsafe(7000), null]
      )
      bmcs.release(id)
      yield* outcome
    }).pipe(Effect.provide(world()))
  )

  it.effect("has an inventory of a machine whose sensors can't be listed", () =>
    Effect.gen(function* () {
      const [directory, governor] = [yield* NodeDirectory, yield* BmcGovernor]
      const id = yield* nodeIn("inspecting")
      const mute = BmcGovernor.of({
        ...governor,
        request: (nodeId, priority, use) =>
          governor.request(nodeId, priority, (bmc) =>
            use({
              ...bmc,
              readSensors: () =>
                Effect.fail(new BmcError({ reason: "Unsupported", message: "no SDR repository", withheld: false }))
            })
          )
      })
      const options = { resumed: false, priority: "user" } as const
      const end = yield* workOn({ directory, governor: mute }, yield* nodeOf(id), options)
      assert.strictEqual(end.event, "done")
      assert.deepStrictEqual(
        [end.inventory?.inventory.sensors, end.inventory?.inventory.sensorProblem],
        [[], "no SDR repository"]
      )
    }).pipe(Effect.provide(world()))
  )

  it.effect.each([["Unreachable"], ["Busy"], ["SessionsExhausted"]] as const)(
    "waits for a BMC that fails as %s, without the node's lock",
    ([reason]) =>
      Effect.gen(function* () {
        const [bmcs, locks] = [yield* MemoryGovernor, yield* NodeLock]
        const id = yield* nodeIn("manageable")
        bmcs.fail(id, reason)
        const outcome = yield* askAndWait(id, "inspect")
        const { node } = yield* storedOf(id)
        assert.deepStrictEqual(
          [outcome._tag, node.provisionState, node.targetProvisionState],
          ["Waiting", "inspect wait", "manageable"]
        )
        assert.include(
          node.lastError,
          `The inspection waits, and is tried again. The BMC could not be read (${reason})`
        )
        assert.strictEqual(locks.holder(id), undefined)
      }).pipe(Effect.provide(world()))
  )

  it.effect.each([["AuthenticationFailed"], ["Protocol"], ["Unsupported"]] as const)(
    "does not wait for a BMC that fails as %s",
    ([reason]) =>
      Effect.gen(function* () {
        const bmcs = yield* MemoryGovernor
        const id = yield* nodeIn("manageable")
        bmcs.fail(id, reason)
        assert.strictEqual((yield* askAndWait(id, "inspect"))._tag, "Failed")
        const node = yield* nodeOf(id)
        assert.deepStrictEqual([node.provisionState, node.inspectionStartedAt], ["inspect failed", null])
        assert.include(node.lastError, `The inspection failed. The BMC could not be read (${reason})`)
        assert.deepStrictEqual(yield* inventoryOf(id), Option.none())
      }).pipe(Effect.provide(world()))
  )

  it.effect("can be aborted while it waits, also while it is being tried again", () =>
    Effect.gen(function* () {
      const [bmcs, provisioning] = [yield* MemoryGovernor, yield* Provisioning]
      const id = yield* nodeIn("manageable")
      bmcs.fail(id, "Unreachable", { times: 1 })
      yield* askAndWait(id, "inspect")
      bmcs.hold(id)
      yield* provisioning.inspectAgain(id)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* askAndWait(id, "abort"), { _tag: "Reached", state: "inspect failed" })
      bmcs.release(id)
      yield* TestClock.adjust("1 second")
      const node = yield* nodeOf(id)
      assert.deepStrictEqual(
        [node.provisionState, node.lastError],
        ["inspect failed", "The inspection was aborted by operator."]
      )
    }).pipe(Effect.provide(world()))
  )

  it.effect("is tried again from where it failed", () =>
    Effect.gen(function* () {
      const id = yield* nodeIn("inspect failed", { lastError: "an old one" })
      assert.deepStrictEqual(yield* askAndWait(id, "inspect"), { _tag: "Reached", state: "manageable" })
      assert.strictEqual((yield* nodeOf(id)).lastError, null)
    }).pipe(Effect.provide(world()))
  )
})

describe("what is refused", () => {
  it.effect.each([
    ["enroll", "provide"],
    ["manageable", "manage"],
    ["available", "inspect"],
    ["manageable", "abort"],
    ["inspecting", "abort"],
    ["active", "manage"]
  ] as const)("from %s, %s", ([state, verb]) =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      const id = yield* nodeIn(state)
      assert.deepStrictEqual(yield* refusalOf(ask(id, verb)), [
        "InvalidRequest",
        `The requested action "${verb}" can not be performed on node "${id}" while it is in state "${state}".`
      ])
      assert.strictEqual(locks.holder(id), undefined)
      assert.deepStrictEqual(yield* movesOf(id), [])
    }).pipe(Effect.provide(world()))
  )

  it.effect.each([
    ["available", "deploy"],
    ["active", "rebuild"],
    ["active", "undeploy"],
    ["manageable", "clean"]
  ] as const)("from %s, %s of a node that has a machine: no operating system is deployed or wiped", ([state, verb]) =>
    Effect.gen(function* () {
      const id = yield* nodeIn(state)
      const [tag, message] = yield* refusalOf(ask(id, verb))
      assert.strictEqual(tag, "InvalidRequest")
      assert.include(message, "Tutti neither deploys nor wipes operating systems")
      assert.deepStrictEqual(yield* asked, [])
    }).pipe(Effect.provide(world()))
  )

  it.effect.each([["rebuild"], ["undeploy"]] as const)("%s of a protected node", ([verb]) =>
    Effect.gen(function* () {
      const id = yield* nodeIn("active", { ...fake(), protected: true })
      assert.strictEqual((yield* refusalOf(ask(id, verb)))[0], "NodeProtected")
      assert.strictEqual(yield* stateOf(id), "active")
    }).pipe(Effect.provide(world()))
  )

  it.effect("a node that nobody knows", () =>
    Effect.gen(function* () {
      const provisioning = yield* Provisioning
      assert.strictEqual((yield* refusalOf(provisioning.request("nope", "manage")))[0], "NoSuchNode")
    }).pipe(Effect.provide(world()))
  )

  it.effect("a node that is worked on, as long as it is", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const id = yield* nodeIn("enroll")
      bmcs.hold(id)
      const outcome = yield* ask(id, "manage")
      const second = yield* Effect.forkChild(refusalOf(ask(id, "manage")), { startImmediately: true })
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(second))[0], "NodeLocked")
      bmcs.release(id)
      assert.strictEqual((yield* outcome)._tag, "Reached")
    }).pipe(Effect.provide(world()))
  )
})

describe("adopt", () => {
  it.effect("tells that a machine is in use, without touching it", () =>
    Effect.gen(function* () {
      const id = yield* nodeIn("manageable")
      assert.deepStrictEqual(yield* askAndWait(id, "adopt"), { _tag: "Reached", state: "active" })
      assert.deepStrictEqual(yield* asked, [])
      assert.deepStrictEqual(yield* movesOf(id), ["operator: manageable > adopting", "operator: adopting > active"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("fails when driver_info leads to no BMC", () =>
    Effect.gen(function* () {
      const id = yield* nodeIn("manageable", { driverInfo: checkDriverInfo("ipmi", {}).info })
      assert.strictEqual((yield* askAndWait(id, "adopt"))._tag, "Failed")
      const node = yield* nodeOf(id)
      assert.deepStrictEqual([node.provisionState, node.targetProvisionState], ["adopt failed", "active"])
    }).pipe(Effect.provide(world()))
  )
})

describe("fake-hardware", () => {
  it.effect("moves through the states of a deployment, without an image", () =>
    Effect.gen(function* () {
      const id = yield* nodeIn("available", fake())
      for (const [verb, state] of [
        ["deploy", "active"],
        ["rebuild", "active"],
        ["undeploy", "available"],
        ["manage", "manageable"],
        ["clean", "manageable"],
        ["provide", "available"]
      ] as const) {
        assert.deepStrictEqual(yield* askAndWait(id, verb), { _tag: "Reached", state }, verb)
      }
      assert.deepStrictEqual((yield* movesOf(id)).slice(4, 7), [
        "operator: active > deleting",
        "operator: deleting > cleaning",
        "operator: cleaning > available"
      ])
    }).pipe(Effect.provide(world()))
  )

  it.effect("does not give out a retired machine again that is undeployed", () =>
    Effect.gen(function* () {
      const id = yield* nodeIn("active", { ...fake(), retired: true })
      assert.deepStrictEqual(yield* askAndWait(id, "undeploy"), { _tag: "Reached", state: "manageable" })
    }).pipe(Effect.provide(world()))
  )

  it.effect.each([
    ["available", "deploy", "deploy wait", "active", "fake_deploy_delay"],
    ["manageable", "clean", "clean wait", "manageable", "fake_clean_delay"],
    ["manageable", "provide", "clean wait", "available", "fake_clean_delay"]
  ] as const)("from %s, %s waits in %s and ends in %s after %s seconds", ([from, verb, wait, to, delay]) =>
    Effect.gen(function* () {
      const locks = yield* NodeLock
      const id = yield* nodeIn(from, fake({ [delay]: 30 }))
      assert.deepStrictEqual(yield* askAndWait(id, verb), { _tag: "Waiting", state: wait, error: null })
      assert.strictEqual(locks.holder(id), undefined)
      yield* TestClock.adjust("29 seconds")
      assert.strictEqual(yield* stateOf(id), wait)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* stateOf(id), to)
      assert.strictEqual(locks.holder(id), undefined)
    }).pipe(Effect.provide(world()))
  )

  it.effect("does not take up what was left while it waited", () =>
    Effect.gen(function* () {
      const id = yield* nodeIn("manageable", fake({ fake_clean_delay: "30" }))
      yield* askAndWait(id, "clean")
      yield* TestClock.adjust("10 seconds")
      yield* askAndWait(id, "abort")
      yield* askAndWait(id, "manage")
      yield* askAndWait(id, "clean")
      yield* TestClock.adjust("25 seconds")
      assert.strictEqual(yield* stateOf(id), "clean wait")
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* stateOf(id), "manageable")
    }).pipe(Effect.provide(world()))
  )
})

describe("while the database is away", () => {
  it.effect("nothing is begun", () =>
    Effect.gen(function* () {
      const database = yield* Database
      const id = yield* nodeIn("enroll")
      database.on = false
      assert.strictEqual((yield* refusalOf(ask(id, "manage")))[0], "StoreUnavailable")
      database.on = true
      assert.deepStrictEqual([yield* stateOf(id), yield* asked], ["enroll", []])
      assert.strictEqual((yield* askAndWait(id, "manage"))._tag, "Reached")
    }).pipe(Effect.provide(world()))
  )

  it.effect("an end waits until it can be recorded, and is told then", () =>
    Effect.gen(function* () {
      const [bmcs, database] = [yield* MemoryGovernor, yield* Database]
      const id = yield* nodeIn("enroll")
      bmcs.hold(id)
      const outcome = yield* ask(id, "manage")
      database.on = false
      bmcs.release(id)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* stateOf(id), "verifying")
      database.on = true
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* outcome, { _tag: "Reached", state: "manageable" })
      assert.strictEqual((yield* storedOf(id)).node.provisionState, "manageable")
    }).pipe(Effect.provide(world()))
  )
})

describe("a lock that is lost", () => {
  const lose = Effect.gen(function* () {
    const [bmcs, leases] = [yield* MemoryGovernor, yield* LeaseStore]
    const id = yield* nodeIn("enroll")
    bmcs.hold(id)
    const outcome = yield* ask(id, "manage")
    yield* leases.breakOf({ holders: ["localhost"], expired: false })
    return { id, leases, outcome }
  })

  it.effect("ends what was under way, and last_error says so", () =>
    Effect.gen(function* () {
      const { id, outcome } = yield* lose
      yield* TestClock.adjust("2 minutes")
      const { node } = yield* storedOf(id)
      assert.strictEqual((yield* outcome)._tag, "Failed")
      assert.strictEqual(node.provisionState, "enroll")
      assert.include(node.lastError, "The verification was cut off: the node's lock was lost")
    }).pipe(Effect.provide(world()))
  )

  it.effect("leaves the node to the conductor that has it now", () =>
    Effect.gen(function* () {
      const { id, leases, outcome } = yield* lose
      yield* leases.take("another", [{ nodeId: id, purpose: "manage" }], Duration.minutes(10))
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual((yield* outcome)._tag, "Failed")
      assert.strictEqual((yield* storedOf(id)).node.provisionState, "verifying")
    }).pipe(Effect.provide(world()))
  )
})
