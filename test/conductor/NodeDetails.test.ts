/** Traits, chassis, protection and retirement of nodes, and what an import with `update` really changes. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Enrolment, type PatchOperation } from "../../src/conductor/Enrolment.ts"
import { NodeDirectory } from "../../src/conductor/NodeDirectory.ts"
import { ChassisStore } from "../../src/store/ChassisStore.ts"
import { nodeId } from "../domain/nodes.ts"
import { importLines, journalOf, kindsOf, line, nodeOf, world } from "./world.ts"

const chassisId = "00000000-0000-4000-9000-000000000001"

const patch = (...operations: ReadonlyArray<PatchOperation>) =>
  Effect.flatMap(Enrolment, (enrolment) => enrolment.patch("n1", operations))

const refusal = (...operations: ReadonlyArray<PatchOperation>) =>
  Effect.map(Effect.flip(patch(...operations)), ({ message }) => message)

describe("an import line", () => {
  it.effect("says traits, protection and retirement with their reasons", () =>
    Effect.gen(function* () {
      yield* importLines([
        line(1, {
          traits: ["HW_CPU_X86_VMX", "CUSTOM_A", "HW_CPU_X86_VMX"],
          protected: true,
          protected_reason: "holds the backups",
          retired: true,
          retired_reason: "old"
        }),
        line(2)
      ])
      assert.deepInclude(yield* nodeOf(nodeId(1)), {
        traits: ["HW_CPU_X86_VMX", "CUSTOM_A"],
        protected: true,
        protectedReason: "holds the backups",
        retired: true,
        retiredReason: "old"
      })
      assert.deepInclude(yield* nodeOf(nodeId(2)), { traits: [], protected: false, protectedReason: null })
    }).pipe(Effect.provide(world()))
  )

  it.effect("makes the chassis that it names, where it isn't there", () =>
    Effect.gen(function* () {
      yield* importLines([line(1, { chassis_uuid: chassisId }), line(2, { chassis_uuid: chassisId })])
      assert.strictEqual((yield* nodeOf(nodeId(2))).chassisId, chassisId)
      assert.strictEqual((yield* (yield* ChassisStore).get(chassisId)).description, null)
    }).pipe(Effect.provide(world()))
  )

  it.effect("puts a node into maintenance with update, and out of it, and the journal says so", () =>
    Effect.gen(function* () {
      yield* importLines([line(1)])
      const update = (fields: Record<string, unknown>) => importLines([line(1, fields)], { update: true })
      assert.strictEqual((yield* update({ maintenance: true, maintenance_reason: "fan" })).updated, 1)
      assert.deepInclude(yield* nodeOf(nodeId(1)), { operatorMaintenance: true, maintenanceReason: "fan" })
      assert.strictEqual((yield* update({ owner: "me" })).updated, 1)
      assert.deepInclude(yield* nodeOf(nodeId(1)), { operatorMaintenance: true, maintenanceReason: "fan" })
      assert.strictEqual((yield* update({ maintenance: false })).updated, 1)
      assert.deepInclude(yield* nodeOf(nodeId(1)), { operatorMaintenance: false, maintenanceReason: null })
      assert.deepStrictEqual(
        (yield* kindsOf(nodeId(1))).filter((kind) => kind.startsWith("Maintenance")),
        ["MaintenanceSet", "MaintenanceCleared"]
      )
    }).pipe(Effect.provide(world()))
  )

  it.effect("that says nothing new is not counted as updated, and leaves no trace in the journal", () =>
    Effect.gen(function* () {
      const fields = { traits: ["CUSTOM_A"], protected: true, maintenance: true }
      yield* importLines([line(1, fields), line(2, fields)])
      const again = yield* importLines([line(1, fields), line(2, { ...fields, owner: "me" })], { update: true })
      assert.deepStrictEqual(again, { created: 0, updated: 1, errors: [] })
      assert.strictEqual((yield* nodeOf(nodeId(1))).version, 1)
      assert.deepStrictEqual(yield* kindsOf(nodeId(1)), ["NodeEnrolled"])
      assert.deepStrictEqual(yield* kindsOf(nodeId(2)), ["NodeEnrolled", "NodeChanged"])
    }).pipe(Effect.provide(world()))
  )

  it.effect("keeps with update what it leaves out", () =>
    Effect.gen(function* () {
      yield* importLines([line(1, { traits: ["CUSTOM_A"], retired: true, retired_reason: "old" })])
      yield* importLines([line(1, { owner: "me" })], { update: true })
      assert.deepInclude(yield* nodeOf(nodeId(1)), { traits: ["CUSTOM_A"], retired: true, retiredReason: "old" })
    }).pipe(Effect.provide(world()))
  )
})

describe("a protected node", () => {
  it.effect("can't be deleted until it is protected no more", () =>
    Effect.gen(function* () {
      const enrolment = yield* Enrolment
      yield* importLines([line(1, { protected: true })])
      const error = yield* Effect.flip(enrolment.remove("n1"))
      assert.deepInclude(error.reason, { _tag: "NodeProtected", node: "n1" })
      assert.strictEqual((yield* NodeDirectory).size(), 1)
      yield* patch({ op: "replace", path: "/protected", value: "False" })
      yield* enrolment.remove("n1")
      assert.strictEqual((yield* NodeDirectory).size(), 0)
    }).pipe(Effect.provide(world()))
  )

  it.effect("loses its reason with its protection, and can't have one without it", () =>
    Effect.gen(function* () {
      yield* importLines([line(1)])
      for (const flag of ["protected", "retired"]) {
        const reason = `${flag}_reason`
        assert.include(
          yield* refusal({ op: "add", path: `/${reason}`, value: "why" }),
          `${reason} can only be set when ${flag} is true`
        )
        yield* patch({ op: "add", path: `/${flag}`, value: true }, { op: "add", path: `/${reason}`, value: "why" })
        assert.include(yield* nodeOf(nodeId(1)), { [flag]: true, [`${flag}Reason`]: "why" })
        yield* patch({ op: "remove", path: `/${flag}` })
        assert.include(yield* nodeOf(nodeId(1)), { [flag]: false, [`${flag}Reason`]: null })
      }
    }).pipe(Effect.provide(world()))
  )
})

describe("a node's traits", () => {
  it.effect("are replaced, added and removed, and the journal names them", () =>
    Effect.gen(function* () {
      const { changeTraits } = yield* Enrolment
      yield* importLines([line(1)])
      const traits = (change: Parameters<typeof changeTraits>[1]) =>
        Effect.map(changeTraits("n1", change), ({ node }) => node.traits)
      const both = ["CUSTOM_A", "CUSTOM_B"]
      assert.deepStrictEqual(yield* traits({ _tag: "Replace", traits: [...both, "CUSTOM_A"] }), both)
      assert.deepStrictEqual(yield* traits({ _tag: "Add", trait: "CUSTOM_B" }), both)
      assert.deepStrictEqual(yield* traits({ _tag: "Add", trait: "HW_GPU_API_VULKAN" }), [...both, "HW_GPU_API_VULKAN"])
      assert.deepStrictEqual(yield* traits({ _tag: "Remove", trait: "CUSTOM_A" }), ["CUSTOM_B", "HW_GPU_API_VULKAN"])
      assert.deepStrictEqual(yield* traits({ _tag: "Remove", trait: "CUSTOM_A" }), ["CUSTOM_B", "HW_GPU_API_VULKAN"])
      const entries = (yield* journalOf(nodeId(1))).filter(({ kind }) => kind === "NodeChanged")
      assert.deepStrictEqual(
        entries.map(({ reason }) => reason),
        Array.from({ length: 3 }, () => "Changed: traits.")
      )
    }).pipe(Effect.provide(world()))
  )

  it.effect("are at most 50, each of them a standard or a custom one", () =>
    Effect.gen(function* () {
      const { changeTraits } = yield* Enrolment
      yield* importLines([line(1)])
      const numbered = (count: number) => Array.from({ length: count }, (_, n) => `CUSTOM_${n}`)
      yield* changeTraits("n1", { _tag: "Replace", traits: numbered(50) })
      const tooMany = yield* Effect.flip(changeTraits("n1", { _tag: "Add", trait: "CUSTOM_50" }))
      assert.include(tooMany.message, "at most 50 traits")
      for (const trait of ["GPU", "CUSTOM_", "CUSTOM_a", "CUSTOM_A-B", `CUSTOM_${"A".repeat(249)}`, "custom_A"]) {
        const error = yield* Effect.flip(changeTraits("n1", { _tag: "Replace", traits: [trait] }))
        assert.include(error.message, "CUSTOM_ or a standard prefix", trait)
      }
      assert.strictEqual((yield* nodeOf(nodeId(1))).traits.length, 50)
    }).pipe(Effect.provide(world()))
  )
})

describe("a node's chassis", () => {
  it.effect("must be there when a patch names it", () =>
    Effect.gen(function* () {
      yield* importLines([line(1)])
      const put = { op: "add", path: "/chassis_uuid", value: chassisId } as const
      assert.strictEqual(yield* refusal(put), `Chassis ${chassisId} could not be found.`)
      yield* (yield* ChassisStore).create({ id: chassisId, description: null, extra: {} })
      assert.strictEqual((yield* patch(put)).node.chassisId, chassisId)
      yield* patch({ op: "remove", path: "/chassis_uuid" })
      assert.strictEqual((yield* nodeOf(nodeId(1))).chassisId, null)
    }).pipe(Effect.provide(world()))
  )
})
