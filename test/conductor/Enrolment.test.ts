import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import { Enrolment, type PatchOperation } from "../../src/conductor/Enrolment.ts"
import { Journal } from "../../src/conductor/Journal.ts"
import { NodeDirectory } from "../../src/conductor/NodeDirectory.ts"
import { PowerControl } from "../../src/conductor/PowerControl.ts"
import { label } from "../../src/domain/Node.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import { makeNewNode, nodeId } from "../domain/nodes.ts"
import { Database, importLines, journalOf, kindsOf, line, nodeOf, pass, storedOf, unheard, world } from "./world.ts"

const names = Effect.map(NodeDirectory, (directory) => Array.from(directory.all(), ({ node }) => label(node)))

/** Machines for nodes 1 to `count`, which come by import. */
const machines = (count: number) =>
  Effect.map(MemoryGovernor, (bmcs) => {
    for (let n = 1; n <= count; n++) bmcs.setPower(nodeId(n), "power on")
    return bmcs
  })

const patch = (...operations: ReadonlyArray<PatchOperation>) =>
  Effect.flatMap(Enrolment, (enrolment) => enrolment.patch("n1", operations))

describe("an import", () => {
  it.effect("stores its nodes available, and they are there when it answers", () =>
    Effect.gen(function* () {
      yield* machines(2)
      const result = yield* importLines([line(1), line(2, { properties: { rack: "r1" } })])
      assert.deepStrictEqual(result, { created: 2, updated: 0, errors: [] })
      assert.deepStrictEqual(yield* names, ["n1", "n2"])
      const node = yield* nodeOf(nodeId(2))
      assert.deepStrictEqual([node.provisionState, node.properties], ["available", { rack: "r1" }])
      assert.deepStrictEqual(yield* kindsOf(nodeId(2)), ["NodeEnrolled"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("makes the BMCs known to the governor, with what was said of them", () =>
    Effect.gen(function* () {
      const bmcs = yield* machines(1)
      yield* importLines([line(1)])
      const endpoint = bmcs.attached().get(nodeId(1))
      assert.deepInclude(endpoint, { driver: "ipmi", host: "127.0.0.1", port: 20_001, username: "admin" })
      assert.strictEqual(endpoint && Redacted.value(endpoint.password), "secret")
    }).pipe(Effect.provide(world()))
  )

  it.effect("gives a node without uuid one", () =>
    Effect.gen(function* () {
      const directory = yield* NodeDirectory
      yield* importLines([line(1, { uuid: undefined, driver: "fake-hardware" })].map(withoutUndefined))
      assert.match(directory.find("n1")?.node.id ?? "", /^[0-9a-f]{8}-/)
    }).pipe(Effect.provide(world()))
  )

  it.effect("with a bad line names line and field, and imports nothing", () =>
    Effect.gen(function* () {
      const result = yield* importLines([line(1), line(2, { driver_info: { ipmi_address: "x y" } }), line(3, { a: 1 })])
      assert.deepStrictEqual(result, {
        created: 0,
        updated: 0,
        errors: [
          {
            line: 2,
            field: "driver_info.ipmi_address",
            message: "ipmi_address must be an IPv4 or IPv6 address, or a DNS name"
          },
          { line: 3, field: "a", message: "is not a known key" }
        ]
      })
      assert.deepStrictEqual(yield* names, [])
    }).pipe(Effect.provide(world()))
  )

  it.effect("with partial imports the good lines and tells the others", () =>
    Effect.gen(function* () {
      yield* machines(2)
      yield* importLines([line(1)])
      const lines = [line(1), line(2), line(3, { driver: "x" }), { ...line(2), line: 4 }]
      const { created, errors } = yield* importLines(lines, { partial: true })
      assert.strictEqual(created, 1)
      assert.deepStrictEqual(
        errors.map(({ field, line }) => [line, field]),
        [
          [1, "uuid"],
          [3, "driver"],
          [4, "uuid"]
        ]
      )
      assert.deepStrictEqual(yield* names, ["n1", "n2"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("of a name that is taken is a conflict that names line and name", () =>
    Effect.gen(function* () {
      yield* machines(1)
      yield* importLines([line(1)])
      const error = yield* Effect.flip(importLines([line(2), { ...line(3, { name: "n1" }), line: 7 }]))
      assert.deepInclude(error.reason, { _tag: "Conflict", detail: "Line 7, name: a node with name n1 exists already" })
      assert.deepStrictEqual(yield* names, ["n1"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("of a name that is used twice in it is a conflict that names both lines", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(importLines([line(1), line(2, { name: "n1" })]))
      assert.strictEqual(error.message, "Line 2, name: name n1 is used on line 1 already")
    }).pipe(Effect.provide(world()))
  )

  it.effect("with update changes what its lines say and keeps what they leave out, also the hidden password", () =>
    Effect.gen(function* () {
      yield* machines(1)
      yield* importLines([line(1, { owner: "me", properties: { rack: "r1" } })])
      yield* pass
      const again = line(1, {
        properties: { rack: "r2" },
        driver_info: { ipmi_address: "127.0.0.1", ipmi_port: 20_001, ipmi_username: "admin", ipmi_password: "******" }
      })
      const result = yield* importLines([again], { update: true })
      assert.deepStrictEqual(result, { created: 0, updated: 1, errors: [] })
      const node = yield* nodeOf(nodeId(1))
      assert.deepStrictEqual([node.owner, node.properties, node.desiredPower], ["me", { rack: "r2" }, "power on"])
      assert.strictEqual(Redacted.value(node.driverInfo.secrets["ipmi_password"] ?? Redacted.make("")), "secret")
      assert.strictEqual(node.credentialVersion, 1)
    }).pipe(Effect.provide(world()))
  )

  it.effect("with update is answered once the governor has the new addresses: nothing goes to the old machines", () =>
    Effect.gen(function* () {
      const bmcs = yield* machines(3000)
      const lines = Array.from({ length: 3000 }, (_, index) => line(index + 1))
      yield* importLines(lines)
      const driver_info = { ipmi_address: "127.0.0.9", ipmi_username: "admin", ipmi_password: "secret" }
      yield* importLines(
        lines.map((one) => ({ ...one, value: { ...one.value, driver_info } })),
        { update: true }
      )
      const hosts = new Set(Array.from(bmcs.attached().values(), ({ host }) => host))
      assert.deepStrictEqual(Array.from(hosts), ["127.0.0.9"])
    }).pipe(Effect.provide(world()))
  )

  it.effect(
    "with update keeps the maintenance that an operator sets meanwhile, where its line says nothing of it",
    () =>
      Effect.gen(function* () {
        yield* machines(1)
        const enrolment = yield* Enrolment
        const database = yield* Database
        yield* importLines([line(1)])
        database.before = Effect.orDie(enrolment.setMaintenance("n1", true, "new disk"))
        assert.strictEqual((yield* importLines([line(1, { owner: "me" })], { update: true })).updated, 1)
        const { maintenanceReason, operatorMaintenance, owner } = yield* nodeOf(nodeId(1))
        assert.deepStrictEqual([operatorMaintenance, maintenanceReason, owner], [true, "new disk", "me"])
        assert.deepStrictEqual(yield* kindsOf(nodeId(1)), ["NodeEnrolled", "MaintenanceSet", "NodeChanged"])
      }).pipe(Effect.provide(world()))
  )

  it.effect("fails when the database is away, and nothing is there", () =>
    Effect.gen(function* () {
      const database = yield* Database
      database.on = false
      const error = yield* Effect.flip(importLines([line(1)]))
      assert.strictEqual(error.reason._tag, "StoreUnavailable")
      assert.deepStrictEqual(yield* names, [])
    }).pipe(Effect.provide(world()))
  )

  it.effect("that was stored although its answer was lost is known once the database is back", () =>
    Effect.gen(function* () {
      yield* machines(1)
      const database = yield* Database
      const store = yield* NodeStore
      database.on = false
      database.before = Effect.gen(function* () {
        database.on = true
        yield* unheard(store.importAll([makeNewNode(1)], { update: false }))
        database.on = false
      }).pipe(Effect.provideService(Database, database), Effect.orDie)
      assert.strictEqual((yield* Effect.flip(importLines([line(1)]))).reason._tag, "StoreUnavailable")
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* names, [])
      database.on = true
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* names, ["n1"])
      yield* pass
      assert.strictEqual((yield* nodeOf(nodeId(1))).desiredPower, "power on")
    }).pipe(Effect.provide(world()))
  )

  it.effect("of 2,000 nodes ends with all of them known and read", () =>
    Effect.gen(function* () {
      yield* machines(2000)
      const { created } = yield* importLines(Array.from({ length: 2000 }, (_, index) => line(index + 1)))
      assert.strictEqual(created, 2000)
      yield* TestClock.adjust("1 second")
      const directory = yield* NodeDirectory
      const unread = Array.from(directory.all()).filter(({ observation }) => observation.power === null)
      assert.strictEqual(unread.length, 0)
    }).pipe(Effect.provide(world()))
  )
})

describe("a node that is created", () => {
  it.effect("is answered as it is stored", () =>
    Effect.gen(function* () {
      const enrolment = yield* Enrolment
      yield* machines(1)
      const { node } = yield* enrolment.create(line(1).value, { provisionState: "available" })
      assert.deepStrictEqual(node, (yield* storedOf(nodeId(1))).node)
    }).pipe(Effect.provide(world()))
  )

  it.effect("may wait for its address in enroll, and is not asked for until it has one", () =>
    Effect.gen(function* () {
      const enrolment = yield* Enrolment
      const bmcs = yield* MemoryGovernor
      const { node } = yield* enrolment.create({ name: "n1", driver: "ipmi" }, { provisionState: "enroll" })
      yield* pass
      assert.strictEqual(bmcs.attached().size, 0)
      bmcs.setPower(node.id, "power on")
      yield* patch({ op: "add", path: "/driver_info/ipmi_address", value: "10.0.0.1" })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(Array.from(bmcs.attached().keys()), [node.id])
      assert.deepStrictEqual(bmcs.asked().at(-1), { nodeId: node.id, what: "read" })
    }).pipe(Effect.provide(world()))
  )

  it.effect("is refused with every problem when something in it is wrong", () =>
    Effect.gen(function* () {
      const enrolment = yield* Enrolment
      const value = { name: "a b", driver: "ipmi", colour: "red" }
      const error = yield* Effect.flip(enrolment.create(value, { provisionState: "available" }))
      assert.strictEqual(
        error.message,
        "colour: is not a known key; name: Expected 1 to 255 of the characters A-Z a-z 0-9 . _ ~ -"
      )
    }).pipe(Effect.provide(world()))
  )

  it.effect("is a conflict when its name is taken", () =>
    Effect.gen(function* () {
      const enrolment = yield* Enrolment
      yield* machines(2)
      yield* importLines([line(1)])
      const value = { ...line(2).value, name: "n1" }
      const error = yield* Effect.flip(enrolment.create(value, { provisionState: "available" }))
      assert.deepInclude(error.reason, { _tag: "Conflict", detail: "A node with name n1 already exists." })
    }).pipe(Effect.provide(world()))
  )
})

describe("a node that is changed", () => {
  const enrolled = Effect.gen(function* () {
    const bmcs = yield* machines(1)
    yield* importLines([line(1, { properties: { rack: "r1" } })])
    return bmcs
  })

  it.effect("is answered as it is stored, and the journal tells the fields and no value", () =>
    Effect.gen(function* () {
      yield* enrolled
      const { node } = yield* patch(
        { op: "add", path: "/properties/height", value: 2 },
        { op: "replace", path: "/name", value: "new" },
        { op: "add", path: "/driver_info/ipmi_password", value: "hunter2" }
      )
      assert.deepStrictEqual([node.name, node.properties], ["new", { rack: "r1", height: 2 }])
      assert.deepStrictEqual(node, (yield* storedOf(nodeId(1))).node)
      const entry = (yield* journalOf(nodeId(1))).at(-1)
      assert.deepStrictEqual(
        [entry?.kind, entry?.reason],
        ["NodeChanged", "Changed: name, properties, driver_info.ipmi_password."]
      )
    }).pipe(Effect.provide(world()))
  )

  it.effect("gets a new credential version with a new password, and the governor the new password", () =>
    Effect.gen(function* () {
      const bmcs = yield* enrolled
      yield* patch({ op: "replace", path: "/driver_info/ipmi_password", value: "hunter2" })
      yield* TestClock.adjust("1 second")
      const endpoint = bmcs.attached().get(nodeId(1))
      assert.strictEqual(endpoint?.credentialVersion, 2)
      assert.strictEqual(endpoint && Redacted.value(endpoint.password), "hunter2")
    }).pipe(Effect.provide(world()))
  )

  it.effect("is answered once the governor has its new address, also behind the arrival of a whole fleet", () =>
    Effect.gen(function* () {
      const bmcs = yield* machines(3000)
      yield* importLines([line(1)])
      const fleet = Array.from({ length: 2999 }, (_, index) => makeNewNode(index + 2))
      yield* (yield* NodeStore).importAll(fleet, { update: false })
      yield* patch({ op: "add", path: "/driver_info/ipmi_address", value: "127.0.0.9" })
      assert.strictEqual(bmcs.attached().get(nodeId(1))?.host, "127.0.0.9")
    }).pipe(Effect.provide(world()))
  )

  it.effect("keeps its password when driver_info is sent back as it was shown", () =>
    Effect.gen(function* () {
      yield* enrolled
      const shown = { ipmi_address: "127.0.0.2", ipmi_username: "admin", ipmi_password: "******" }
      const { node } = yield* patch({ op: "replace", path: "/driver_info", value: shown })
      assert.strictEqual(Redacted.value(node.driverInfo.secrets["ipmi_password"] ?? Redacted.make("")), "secret")
    }).pipe(Effect.provide(world()))
  )

  it.effect("is not changed at all when one operation is impossible or the outcome is not valid", () =>
    Effect.gen(function* () {
      yield* enrolled
      const before = yield* nodeOf(nodeId(1))
      const rename = { op: "replace", path: "/name", value: "new" } as const
      const impossible = yield* Effect.flip(patch(rename, { op: "remove", path: "/extra/x" }))
      assert.include(impossible.message, "can't remove a non-existent object")
      const wrong = yield* Effect.flip(patch(rename, { op: "add", path: "/driver_info/ipmi_port", value: 0 }))
      assert.include(wrong.message, "ipmi_port must be a whole number")
      const incomplete = yield* Effect.flip(patch({ op: "remove", path: "/driver_info/ipmi_address" }))
      assert.include(incomplete.message, "ipmi_address is required")
      assert.deepStrictEqual(yield* nodeOf(nodeId(1)), before)
    }).pipe(Effect.provide(world()))
  )

  it.effect("writes nothing when nothing changes", () =>
    Effect.gen(function* () {
      yield* enrolled
      const before = yield* nodeOf(nodeId(1))
      yield* patch({ op: "add", path: "/properties/rack", value: "r1" })
      assert.deepStrictEqual(yield* nodeOf(nodeId(1)), before)
    }).pipe(Effect.provide(world()))
  )

  it.effect("is patched on top of what somebody else changed meanwhile", () =>
    Effect.gen(function* () {
      yield* enrolled
      const store = yield* NodeStore
      const database = yield* Database
      database.before = Effect.ignore(store.update(nodeId(1), { owner: "somebody" }))
      const { node } = yield* patch({ op: "add", path: "/description", value: "x" })
      assert.deepStrictEqual([node.owner, node.description], ["somebody", "x"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("is patched also after a change of which nobody heard", () =>
    Effect.gen(function* () {
      yield* enrolled
      yield* unheard(Effect.flatMap(NodeStore, (store) => store.update(nodeId(1), { owner: "somebody" })))
      const { node } = yield* patch({ op: "add", path: "/description", value: "x" })
      assert.deepStrictEqual([node.owner, node.description], ["somebody", "x"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("goes into and out of an operator's maintenance, and the journal tells it", () =>
    Effect.gen(function* () {
      yield* enrolled
      const enrolment = yield* Enrolment
      yield* enrolment.setMaintenance("n1", true, "new disk")
      assert.strictEqual((yield* nodeOf(nodeId(1))).maintenanceReason, "new disk")
      yield* patch({ op: "replace", path: "/maintenance", value: false })
      const node = yield* nodeOf(nodeId(1))
      assert.deepStrictEqual([node.operatorMaintenance, node.maintenanceReason], [false, null])
      assert.deepStrictEqual(yield* kindsOf(nodeId(1)), [
        "NodeEnrolled",
        "MaintenanceSet",
        "NodeChanged",
        "MaintenanceCleared"
      ])
    }).pipe(Effect.provide(world()))
  )

  it.effect("keeps its fault when an operator's maintenance ends", () =>
    Effect.gen(function* () {
      yield* enrolled
      const enrolment = yield* Enrolment
      const store = yield* NodeStore
      yield* store.update(nodeId(1), { fault: "power failure", operatorMaintenance: true })
      yield* enrolment.setMaintenance("n1", false, null)
      assert.strictEqual((yield* storedOf(nodeId(1))).node.fault, "power failure")
    }).pipe(Effect.provide(world()))
  )

  it.effect("is locked while a power action is under way", () =>
    Effect.gen(function* () {
      const bmcs = yield* enrolled
      const power = yield* PowerControl
      const enrolment = yield* Enrolment
      yield* TestClock.adjust("1 second")
      bmcs.setDelay(nodeId(1), 10_000)
      yield* Effect.asVoid(power.request("n1", "power off"))
      const refused = yield* Effect.forkChild(
        Effect.all([
          Effect.flip(patch({ op: "add", path: "/driver_info/ipmi_address", value: "10.0.0.1" })),
          Effect.flip(enrolment.remove("n1"))
        ])
      )
      yield* TestClock.adjust("6 seconds")
      const errors = yield* Fiber.join(refused)
      assert.deepStrictEqual(
        errors.map(({ reason }) => reason._tag),
        ["NodeLocked", "NodeLocked"]
      )
      yield* TestClock.adjust("10 seconds")
    }).pipe(Effect.provide(world()))
  )
})

describe("a node that is removed", () => {
  it.effect("is gone at once, from the governor too, and the journal keeps that it was", () =>
    Effect.gen(function* () {
      const bmcs = yield* machines(1)
      const enrolment = yield* Enrolment
      const journal = yield* Journal
      yield* importLines([line(1)])
      assert.strictEqual(yield* enrolment.remove("n1"), nodeId(1))
      assert.deepStrictEqual(yield* names, [])
      yield* TestClock.adjust("1 second")
      assert.strictEqual(bmcs.attached().size, 0)
      yield* journal.drain
      const entry = (yield* journalOf(null)).at(-1)
      assert.deepStrictEqual([entry?.kind, entry?.nodeId, entry?.from], ["NodeDeleted", null, "n1"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("is gone everywhere once somebody is told that it is not there", () =>
    Effect.gen(function* () {
      const bmcs = yield* machines(1)
      const enrolment = yield* Enrolment
      yield* importLines([line(1)])
      yield* TestClock.adjust("1 second")
      yield* unheard(Effect.flatMap(NodeStore, (store) => store.remove(nodeId(1))))
      assert.strictEqual((yield* Effect.flip(enrolment.remove("n1"))).message, "Node n1 could not be found.")
      assert.deepStrictEqual(yield* names, [])
      assert.strictEqual(bmcs.attached().size, 0)
    }).pipe(Effect.provide(world()))
  )

  it.effect("can be made again under its uuid and name", () =>
    Effect.gen(function* () {
      yield* machines(1)
      const enrolment = yield* Enrolment
      yield* importLines([line(1)])
      yield* TestClock.adjust("1 second")
      yield* enrolment.remove("n1")
      yield* importLines([line(1, { owner: "second" })])
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* nodeOf(nodeId(1))).owner, "second")
    }).pipe(Effect.provide(world()))
  )

  it.effect("is not found by any request afterwards", () =>
    Effect.gen(function* () {
      const enrolment = yield* Enrolment
      const errors = yield* Effect.all([
        Effect.flip(enrolment.remove("n1")),
        Effect.flip(enrolment.retry("n1")),
        Effect.flip(enrolment.setMaintenance("n1", true, null)),
        Effect.flip(patch({ op: "remove", path: "/owner" }))
      ])
      for (const { message } of errors) assert.strictEqual(message, "Node n1 could not be found.")
    }).pipe(Effect.provide(world()))
  )
})

const withoutUndefined = (item: { readonly line: number; readonly value: unknown }) => ({
  line: item.line,
  value: JSON.parse(JSON.stringify(item.value)) as unknown
})
