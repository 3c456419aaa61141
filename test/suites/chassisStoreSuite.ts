/** What every `ChassisStore` does, and what nodes that stand in a chassis make of it. */
import { randomUUID } from "node:crypto"
import { describe, expect } from "@effect/vitest"
import type { Vitest } from "@effect/vitest"
import { Effect } from "effect"
import { ChassisStore } from "../../src/store/ChassisStore.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import type { StoreError } from "../../src/store/StoreError.ts"
import type { Stores } from "../../src/store/Store.ts"
import { newNode } from "./storeNodes.ts"

const reasonOf = <A, R>(effect: Effect.Effect<A, StoreError, R>) =>
  Effect.map(Effect.flip(effect), ({ reason }) => reason)

const aChassis = Effect.gen(function* () {
  return yield* (yield* ChassisStore).create({ id: randomUUID(), description: null, extra: {} })
})

export const chassisStoreSuite = (it: Vitest.MethodsNonLive<Stores>) =>
  describe("ChassisStore", () => {
    it.effect("keeps every field of a chassis, and what is changed of it", () =>
      Effect.gen(function* () {
        const chassis = yield* ChassisStore
        const full = { id: randomUUID(), description: "enclosure 7", extra: { room: ["a", 1] } }
        const created = yield* chassis.create(full)
        expect(created).toMatchObject({ ...full, updatedAt: null })
        expect(yield* chassis.get(full.id)).toEqual(created)
        expect(yield* reasonOf(chassis.create(full))).toMatchObject({ _tag: "AlreadyExists", what: "chassis" })
        const changed = yield* chassis.update(full.id, { description: null })
        expect(changed).toMatchObject({ ...full, description: null })
        expect(changed.updatedAt).not.toBeNull()
        expect(yield* chassis.get(full.id)).toEqual(changed)
        yield* chassis.remove(full.id)
        const missing = { _tag: "ChassisNotFound", id: full.id }
        expect(yield* reasonOf(chassis.get(full.id))).toMatchObject(missing)
        expect(yield* reasonOf(chassis.update(full.id, {}))).toMatchObject(missing)
        expect(yield* reasonOf(chassis.remove(full.id))).toMatchObject(missing)
        expect(yield* reasonOf(chassis.list({ marker: full.id }))).toMatchObject(missing)
      })
    )

    it.effect("reads pages in any order, from after a marker on", () =>
      Effect.gen(function* () {
        const chassis = yield* ChassisStore
        const made = []
        for (const description of ["y", "x"])
          made.push(yield* chassis.create({ id: randomUUID(), description, extra: {} }))
        const [y, x] = made.map(({ id }) => id)
        const mine = (page: ReadonlyArray<{ readonly id: string }>) =>
          page.flatMap(({ id }) => (id === x || id === y ? [id] : []))
        expect(mine(yield* chassis.list({}))).toEqual([y, x])
        expect(mine(yield* chassis.list({ descending: true }))).toEqual([x, y])
        expect(mine(yield* chassis.list({ sortBy: "description" }))).toEqual([x, y])
        expect(mine(yield* chassis.list({ marker: y ?? "", limit: 1 }))).toEqual([x])
      })
    )

    it.effect("has nodes stand in it while it is there, and stays while they do", () =>
      Effect.gen(function* () {
        const chassis = yield* ChassisStore
        const nodes = yield* NodeStore
        const { id } = yield* aChassis
        const [inside, outside] = [newNode({ chassisId: id }), newNode()]
        yield* nodes.importAll([inside, outside], { update: false })
        expect(yield* reasonOf(chassis.remove(id))).toMatchObject({ _tag: "ChassisNotEmpty", id })
        const nowhere = randomUUID()
        const missing = { _tag: "ChassisNotFound", id: nowhere }
        expect(yield* reasonOf(nodes.update(outside.id, { chassisId: nowhere }))).toMatchObject(missing)
        expect(yield* reasonOf(nodes.importAll([newNode({ chassisId: nowhere })], { update: false }))).toMatchObject(
          missing
        )
        expect(yield* nodes.update(outside.id, { chassisId: id })).toMatchObject({ chassisId: id })
        yield* nodes.remove(inside.id)
        yield* nodes.update(outside.id, { chassisId: null })
        yield* chassis.remove(id)
      })
    )

    it.effect("is made by an import that names it, if that is wanted", () =>
      Effect.gen(function* () {
        const chassis = yield* ChassisStore
        const nodes = yield* NodeStore
        const old = yield* (yield* ChassisStore).create({ id: randomUUID(), description: "kept", extra: {} })
        const chassisId = randomUUID()
        const batch = [newNode({ chassisId }), newNode({ chassisId }), newNode({ chassisId: old.id }), newNode()]
        yield* nodes.importAll(batch, { update: false, makeChassis: true })
        expect(yield* chassis.get(chassisId)).toMatchObject({ description: null, extra: {} })
        expect(yield* chassis.get(old.id)).toEqual(old)
      })
    )
  })
