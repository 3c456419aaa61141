/**
 * Leases on nodes: who may act on a node, what for, and until when, so that what a process held ends by itself when the
 * process does. Every lease has a fencing token, and the writes made under it show it (`NodeUpdate.fence`): a holder that
 * wakes up late can't overwrite what happened since.
 *
 * All times are the database's, for all who ask it. The contract only; `SqlLeaseStore` and `MemoryLeaseStore` keep it.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { NodeId } from "../domain/Node.ts"
import type { StoreError } from "./StoreError.ts"

export interface Lease {
  readonly nodeId: NodeId
  /** The conductor's name. */
  readonly holder: string
  /** What for: a power action, or the name of a task. */
  readonly purpose: string
  readonly sinceMillis: number
  readonly expiresAtMillis: number
  /** The fencing token: another one, and a greater one, each time a lease is taken. Valid until the lease ends. */
  readonly fence: number
}

export interface LeaseRequest {
  readonly nodeId: NodeId
  readonly purpose: string
}

/** A lease as its holder names it. */
export type HeldLease = Pick<Lease, "nodeId" | "fence">

/** Of each request either what was taken, or who holds it; neither when the node is gone. */
export interface Taking {
  readonly taken: ReadonlyArray<Lease>
  readonly refused: ReadonlyArray<Lease>
}

export class LeaseStore extends Context.Service<
  LeaseStore,
  {
    /**
     * Takes what is free: a lease of nobody, one that expired, or one of the same holder, whose earlier token is invalid
     * from then on (a process excludes its own works itself). One statement for those that are all free.
     */
    readonly take: (
      holder: string,
      requests: ReadonlyArray<LeaseRequest>,
      duration: Duration.Duration
    ) => Effect.Effect<Taking, StoreError>
    /** Makes them last this long from now, in one statement. A lease that isn't in the answer has ended. */
    readonly renew: (
      leases: ReadonlyArray<HeldLease>,
      duration: Duration.Duration
    ) => Effect.Effect<ReadonlyArray<Lease>, StoreError>
    /** Gives them back, in one statement. Those that have ended are left out silently. */
    readonly release: (leases: ReadonlyArray<HeldLease>) => Effect.Effect<void, StoreError>
    /** Every lease that there is, also those that expired and were not broken yet. */
    readonly list: Effect.Effect<ReadonlyArray<Lease>, StoreError>
    /** Ends leases that nobody will give back, in one statement: of these holders, and, when asked, those that expired. */
    readonly breakOf: (which: {
      readonly holders: ReadonlyArray<string>
      readonly expired: boolean
    }) => Effect.Effect<ReadonlyArray<Lease>, StoreError>
  }
>()("tutti/store/LeaseStore") {}
