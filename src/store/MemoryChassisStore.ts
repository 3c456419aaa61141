/** `ChassisStore` in memory, for the nodes that the `MemoryNodeStore` built with it holds. For tests. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Chassis } from "../domain/Chassis.ts"
import { type ChassisSortKey, ChassisStore } from "./ChassisStore.ts"
import { MemoryFleet } from "./MemoryFleet.ts"
import { pageOf } from "./PageQuery.ts"
import { AlreadyExists, ChassisNotEmpty, ChassisNotFound, StoreError } from "./StoreError.ts"

const notFound = (id: string) => new StoreError({ reason: new ChassisNotFound({ id }) })

const keyOf = (chassis: Chassis, key: ChassisSortKey): string | null =>
  key === "updatedAt" ? (chassis.updatedAt === null ? null : DateTime.formatIso(chassis.updatedAt)) : chassis[key]

const make = Effect.gen(function* () {
  const { chassis, records } = yield* MemoryFleet

  const get = (id: string) =>
    Effect.suspend(() => {
      const found = chassis.get(id)
      return found === undefined ? Effect.fail(notFound(id)) : Effect.succeed(found)
    })

  return ChassisStore.of({
    create: Effect.fn("ChassisStore.create")(function* (given) {
      if (chassis.has(given.id)) {
        return yield* new StoreError({ reason: new AlreadyExists({ what: "chassis", field: "UUID", value: given.id }) })
      }
      const created = new Chassis({ ...given, createdAt: yield* DateTime.now, updatedAt: null })
      chassis.set(given.id, created)
      return created
    }),
    get,
    list: Effect.fn("ChassisStore.list")(function* (query) {
      const page = pageOf(Array.from(chassis.values()), query, () => true, keyOf)
      return page ?? (yield* notFound(query.marker ?? ""))
    }),
    update: Effect.fn("ChassisStore.update")(function* (id, changes) {
      const changed = new Chassis({ ...(yield* get(id)), ...changes, updatedAt: yield* DateTime.now })
      chassis.set(id, changed)
      return changed
    }),
    remove: Effect.fn("ChassisStore.remove")(function* (id) {
      yield* get(id)
      for (const { node } of records.values()) {
        if (node.chassisId === id) return yield* new StoreError({ reason: new ChassisNotEmpty({ id }) })
      }
      chassis.delete(id)
    })
  })
})

export const layer: Layer.Layer<ChassisStore> = Layer.effect(ChassisStore, make).pipe(Layer.provide(MemoryFleet.layer))
