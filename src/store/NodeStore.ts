/**
 * Nodes and what was observed of them. Every write is durable when its effect succeeds.
 * The contract only; `SqlNodeStore` keeps it in Postgres or PGlite, `MemoryNodeStore` in memory.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { Node, NodeId, NodeRecord, PowerObservation } from "../domain/Node.ts"
import type { StoreError } from "./StoreError.ts"

/** The page size of Ironic's API: the most nodes that `list` answers at once, and a batch of `all`. */
export const pageSize = 1000

/** Changes that may wait for a subscriber; each is applied in microseconds, so a full buffer is a subscriber that hangs. */
export const changesBuffer = 4096

/** A node to be stored: the store gives it version, credential version and times. */
export type NewNode = Omit<typeof Node.Type, "version" | "credentialVersion" | "createdAt" | "updatedAt">

/** What an update may change. Leaving a key out keeps its value. */
export type NodeChanges = { readonly [K in Exclude<keyof NewNode, "id">]?: NewNode[K] }

/** One update of a batch; each node at most once in a batch. */
export interface NodeUpdate {
  readonly id: NodeId
  readonly changes: NodeChanges
  readonly expectedVersion?: number
  /** The token of the lease that the write is made under (`Lease.fence`): nothing is changed once that has ended. */
  readonly fence?: number
}

export interface NodeQuery {
  readonly driver?: string
  readonly provisionState?: string
  readonly conductorGroup?: string
  readonly maintenance?: boolean
  readonly fault?: string
  readonly owner?: string
  readonly resourceClass?: string
  /** Nodes after this one, in the order of creation; fails with `NodeNotFound` when it is gone. */
  readonly marker?: NodeId
  /** At most `pageSize`, which is also the default. */
  readonly limit?: number
}

export interface ImportOptions {
  readonly update: boolean
  /** Default false. */
  readonly makeChassis?: boolean
  /**
   * With `update`, by the id in the import: the node that a line was completed from. A field that is as it was there is
   * kept as it is stored by now, whoever changed it meanwhile.
   */
  readonly bases?: ReadonlyMap<NodeId, Node>
}

export interface ImportOutcome {
  readonly created: ReadonlyArray<NodeId>
  /** Those that really changed, as they are now. */
  readonly updated: ReadonlyArray<Node>
}

/**
 * Sent after the commit. An update of observations alone is no change. Two changes of one node made at the same time may
 * arrive in either order: the higher `version` is the newer. The observation in a record is the stored one.
 */
export type NodeChange =
  | { readonly _tag: "NodesUpserted"; readonly records: ReadonlyArray<NodeRecord> }
  | { readonly _tag: "NodesDeleted"; readonly ids: ReadonlyArray<NodeId> }

export class NodeStore extends Context.Service<
  NodeStore,
  {
    /**
     * Stores all of them or none, in one transaction. Fails with `Duplicate` when a name or id is taken, unless
     * `update`: then a node with the same id, or else the same name, gets the new values of what an operator configures
     * (`configuredFields`), and keeps its id, its states and what is known of its power. Fails with `ChassisNotFound` when a
     * node is to stand in a chassis that isn't there, unless `makeChassis`: then it is made.
     */
    readonly importAll: (
      nodes: ReadonlyArray<NewNode>,
      options: ImportOptions
    ) => Effect.Effect<ImportOutcome, StoreError>
    /** By id, or by name when `ident` is no UUID. */
    readonly find: (ident: string) => Effect.Effect<Option.Option<NodeRecord>, StoreError>
    /** In the order of creation. */
    readonly list: (query: NodeQuery) => Effect.Effect<ReadonlyArray<NodeRecord>, StoreError>
    /** All nodes, in batches, for the start; the fleet is never read whole afterwards. */
    readonly all: Stream.Stream<ReadonlyArray<NodeRecord>, StoreError>
    /**
     * Fails with `VersionConflict` when `expectedVersion` is given and not the stored one, and with `LeaseLost` when
     * `fence` is given and its lease has ended: expired, broken, or taken by another.
     */
    readonly update: (
      id: NodeId,
      changes: NodeChanges,
      options?: Pick<NodeUpdate, "expectedVersion" | "fence">
    ) => Effect.Effect<Node, StoreError>
    /**
     * Many updates in one transaction, a few statements however many they are. A node that is gone, whose version is
     * not the expected one, or whose lease has ended, is left out: the answer holds those that were changed, as they are now.
     */
    readonly updateAll: (batch: ReadonlyArray<NodeUpdate>) => Effect.Effect<ReadonlyArray<Node>, StoreError>
    /** Its observation, profile and journal go too. */
    readonly remove: (id: NodeId) => Effect.Effect<void, StoreError>
    /** One narrow statement for the whole batch. Deleted nodes are left out silently; an older observation never replaces a newer one. */
    readonly recordObservations: (batch: ReadonlyArray<PowerObservation>) => Effect.Effect<void, StoreError>
    /** Changes made through this service, from subscription on. A subscriber that stops reading holds up writers. */
    readonly changes: Stream.Stream<NodeChange>
  }
>()("tutti/store/NodeStore") {}
