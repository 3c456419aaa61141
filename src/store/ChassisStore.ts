/**
 * Chassis. Every write is durable when its effect succeeds. The contract only; `SqlChassisStore` keeps it in Postgres or
 * PGlite, `MemoryChassisStore` in memory. Which chassis a node stands in is the node's to say.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Chassis } from "../domain/Chassis.ts"
import type { PageQuery } from "./PageQuery.ts"
import type { StoreError } from "./StoreError.ts"

/** A chassis to be stored: the store gives it its times. */
export type NewChassis = Omit<typeof Chassis.Type, "createdAt" | "updatedAt">

export type ChassisChanges = { readonly [K in Exclude<keyof NewChassis, "id">]?: NewChassis[K] }

export type ChassisSortKey = "id" | "description" | "updatedAt"

export class ChassisStore extends Context.Service<
  ChassisStore,
  {
    /** Fails with `AlreadyExists` when its id is taken. */
    readonly create: (chassis: NewChassis) => Effect.Effect<Chassis, StoreError>
    /** Fails with `ChassisNotFound`. */
    readonly get: (id: string) => Effect.Effect<Chassis, StoreError>
    /** Fails with `ChassisNotFound` when the marker is gone. */
    readonly list: (query: PageQuery<ChassisSortKey>) => Effect.Effect<ReadonlyArray<Chassis>, StoreError>
    /** Fails with `ChassisNotFound`. */
    readonly update: (id: string, changes: ChassisChanges) => Effect.Effect<Chassis, StoreError>
    /** Fails with `ChassisNotFound`, and with `ChassisNotEmpty` while nodes stand in it. */
    readonly remove: (id: string) => Effect.Effect<void, StoreError>
  }
>()("tutti/store/ChassisStore") {}
