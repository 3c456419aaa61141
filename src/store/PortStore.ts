/**
 * Ports of nodes. Every write is durable when its effect succeeds. The contract only; `SqlPortStore` keeps it in Postgres
 * or PGlite, `MemoryPortStore` in memory. Never held whole: a fleet has several ports a node.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { NodeId } from "../domain/Node.ts"
import type { Port } from "../domain/Port.ts"
import type { PageQuery } from "./PageQuery.ts"
import type { StoreError } from "./StoreError.ts"

/** A port to be stored: the store gives it its times. */
export type NewPort = Omit<typeof Port.Type, "createdAt" | "updatedAt">

export type PortChanges = { readonly [K in Exclude<keyof NewPort, "id">]?: NewPort[K] }

export type PortSortKey = "id" | "nodeId" | "address" | "physicalNetwork" | "updatedAt"

export interface PortQuery extends PageQuery<PortSortKey> {
  readonly nodeId?: NodeId
  readonly address?: string
}

export class PortStore extends Context.Service<
  PortStore,
  {
    /** Fails with `AlreadyExists` when its id or address is taken, with `NodeNotFound` when there is no such node. */
    readonly create: (port: NewPort) => Effect.Effect<Port, StoreError>
    /** Fails with `PortNotFound`. */
    readonly get: (id: string) => Effect.Effect<Port, StoreError>
    /** Fails with `PortNotFound` when the marker is gone. */
    readonly list: (query: PortQuery) => Effect.Effect<ReadonlyArray<Port>, StoreError>
    /** Fails as `create` does, and with `PortNotFound`. */
    readonly update: (id: string, changes: PortChanges) => Effect.Effect<Port, StoreError>
    /** Fails with `PortNotFound`. */
    readonly remove: (id: string) => Effect.Effect<void, StoreError>
  }
>()("tutti/store/PortStore") {}
