/**
 * One lock per node: who acts on the node, what for, since when, and until when it holds without being renewed.
 *
 * In this process the lock is a value in memory, and that is asked first. Whoever gets it takes a lease in the database
 * too, before anything else is done (`LeaseKeeper`): it excludes other conductors, and it ends by itself when this
 * process does. A lease that can't be renewed in time is lost, and with it the lock: its holder must stop.
 *
 * A person's action pre-empts background work: the background holder is told to stop, and the person waits until it
 * did. Two actions of persons exclude each other. Observing a node needs no lock.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { label, type Node, type NodeId } from "../domain/Node.ts"
import { type Lease, LeaseStore } from "../store/LeaseStore.ts"
import { LeaseLost, StoreError } from "../store/StoreError.ts"
import { ConductorConfig } from "./ConductorConfig.ts"
import { ConductorError, fromStore, NodeLocked, noSuchNode } from "./ConductorError.ts"
import { Journal } from "./Journal.ts"
import { type KeptLease, makeLeaseKeeper, type Taken } from "./LeaseKeeper.ts"

export interface LockHolder {
  /** The conductor's host, as Ironic's `reservation` shows it. */
  readonly holder: string
  /** What for: a power action, or the name of a task. */
  readonly purpose: string
  /** Wall clock. */
  readonly sinceMillis: number
  /** Wall clock; moves on as long as the holder lives. */
  readonly expiresAtMillis: number
}

/** A lock that is held. */
export interface NodeLease {
  /** To be shown with every write made under the lock: `NodeUpdate.fence`. */
  readonly fence: number
  /** To be asked right before what can't be undone: `lost` may come a moment late, after the process stood still. */
  readonly holds: () => boolean
  /** Completes when the lock was lost: its holder must stop acting at once, and can't write under it any more. */
  readonly lost: Effect.Effect<void>
  /**
   * For a holder that lost the lock and has something true to record: takes the lease anew, and answers the new fence.
   * Fails with `LeaseLost` when another has it. What to record must be looked at again: somebody may have been there.
   */
  readonly retake: Effect.Effect<number, StoreError>
  /** Gives it back; never waits. */
  readonly release: () => void
}

export class NodeLock extends Context.Service<
  NodeLock,
  {
    /** Who holds it in this process, or held it elsewhere when this process looked last. */
    readonly holder: (nodeId: NodeId) => LockHolder | undefined
    /**
     * Takes the lock for a person, in the database too. Pre-empts background work; while another
     * person's action or another conductor holds it, tries `node_locked_retry_attempts` times more and then fails with
     * `NodeLocked`; fails with `StoreUnavailable` while the database is away.
     * Only its waiting can be interrupted: call it where a lock that was taken is surely given back.
     */
    readonly acquire: (node: Pick<Node, "id" | "name">, purpose: string) => Effect.Effect<NodeLease, ConductorError>
    /**
     * Works while holding the lock, and is interrupted when a person wants it, or it is lost. None if it is held, was
     * wanted or lost, or the database is away.
     */
    readonly inBackground: <A, E, R>(
      nodeId: NodeId,
      purpose: string,
      work: (lease: NodeLease) => Effect.Effect<A, E, R>
    ) => Effect.Effect<Option.Option<A>, E, R>
    /** Tells which leases there are: what other conductors hold is shown from then on. */
    readonly saw: (leases: ReadonlyArray<Lease>) => void
  }
>()("tutti/conductor/NodeLock") {
  /** Its start breaks what an earlier process of the same name held, and fails when the store can't be asked. */
  static readonly layer: Layer.Layer<NodeLock, StoreError, ConductorConfig | Journal | LeaseStore> = Layer.effect(
    NodeLock,
    Effect.suspend(() => make)
  )
}

interface Held {
  readonly nodeId: NodeId
  readonly purpose: string
  readonly sinceMillis: number
  /** Null when a person holds it. */
  readonly wanted: Deferred.Deferred<void> | null
  readonly released: Deferred.Deferred<void>
  /** Null until the database has answered. */
  kept: KeptLease | null
}

const make = Effect.gen(function* () {
  const config = yield* ConductorConfig
  const journal = yield* Journal
  const store = yield* LeaseStore
  const clock = yield* Clock.Clock
  const locks = new Map<NodeId, Held>()
  const others = new Map<NodeId, LockHolder>()

  const saw = (leases: ReadonlyArray<Lease>) => {
    others.clear()
    for (const lease of leases) if (lease.holder !== config.conductorHost) others.set(lease.nodeId, lease)
  }

  const own = yield* store.breakOf({ holders: [config.conductorHost], expired: false })
  for (const { holder, nodeId, purpose } of own) {
    const reason = `Held for ${purpose} by an earlier process of this conductor, which did not give it back.`
    journal.record({ nodeId, kind: "LockBroken", severity: "WARNING", actor: "start", from: holder, reason })
  }
  saw(yield* store.list)

  const keeper = yield* makeLeaseKeeper(config, store, ({ holder, nodeId, purpose }) => {
    const reason = `The lock could not be renewed in time, or was broken: ${purpose} stops.`
    journal.record({ nodeId, kind: "LockLost", severity: "WARNING", actor: holder, from: holder, reason })
  })

  const view = ({ kept, purpose, sinceMillis }: Held): LockHolder =>
    kept?.lease() ?? {
      holder: config.conductorHost,
      purpose,
      sinceMillis,
      expiresAtMillis: sinceMillis + Duration.toMillis(config.nodeLockLease)
    }

  const viewOther = (nodeId: NodeId): LockHolder | undefined => {
    const other = others.get(nodeId)
    return other === undefined || other.expiresAtMillis <= clock.currentTimeMillisUnsafe() ? undefined : other
  }

  const drop = (held: Held) => {
    if (held.kept !== null) keeper.release(held.kept)
    held.kept = null
    if (locks.get(held.nodeId) !== held) return
    locks.delete(held.nodeId)
    Deferred.doneUnsafe(held.released, Effect.void)
  }

  const leaseOf = (held: Held, kept: KeptLease): NodeLease => ({
    fence: kept.lease().fence,
    holds: kept.holds,
    lost: Deferred.await(kept.lost),
    retake: Effect.flatMap(keeper.take(held.nodeId, held.purpose), (answer) => {
      if (answer._tag !== "Taken") {
        return Effect.fail(new StoreError({ reason: new LeaseLost({ ident: held.nodeId }) }))
      }
      held.kept = answer.lease
      return Effect.succeed(answer.lease.lease().fence)
    }).pipe(Effect.uninterruptible),
    release: () => drop(held)
  })

  /** The lock in this process, which must be free, and then the lease. */
  const take = (nodeId: NodeId, purpose: string, wanted: Held["wanted"]) =>
    Effect.suspend(() => {
      const sinceMillis = clock.currentTimeMillisUnsafe()
      const held: Held = { nodeId, purpose, sinceMillis, wanted, released: Deferred.makeUnsafe(), kept: null }
      locks.set(nodeId, held)
      return keeper.take(nodeId, purpose).pipe(
        Effect.map((answer): Taken<NodeLease> => {
          if (answer._tag === "Taken") {
            held.kept = answer.lease
            others.delete(nodeId)
            return { _tag: "Taken", lease: leaseOf(held, answer.lease) }
          }
          if (answer._tag === "Refused") others.set(nodeId, answer.by)
          drop(held)
          return answer
        }),
        Effect.onError(() => Effect.sync(() => drop(held)))
      )
    })

  const acquire = Effect.fn("NodeLock.acquire")(function* (node: Pick<Node, "id" | "name">, purpose: string) {
    for (let attempt = 0; ; attempt++) {
      const held = locks.get(node.id)
      let by: LockHolder
      if (held === undefined) {
        const taken = yield* Effect.mapError(take(node.id, purpose, null), fromStore)
        if (taken._tag === "Gone") return yield* noSuchNode(label(node))
        if (taken._tag === "Taken") return taken.lease
        by = taken.by
      } else by = view(held)
      // Background work is always told to stop, and given the time to.
      const isNews = held !== undefined && held.wanted !== null && !Deferred.isDoneUnsafe(held.wanted)
      if (attempt >= config.nodeLockedRetryAttempts && !isNews) {
        const reason = new NodeLocked({ node: label(node), holder: by.holder, purpose: by.purpose })
        return yield* new ConductorError({ reason })
      }
      if (held !== undefined && held.wanted !== null) yield* Deferred.succeed(held.wanted, undefined)
      const released = held === undefined ? Effect.never : Deferred.await(held.released)
      yield* Effect.interruptible(Effect.timeoutOption(released, config.nodeLockedRetryInterval))
    }
  }, Effect.uninterruptible)

  const workUnder = <A, E, R>(
    lease: NodeLease,
    wanted: Deferred.Deferred<void>,
    work: (lease: NodeLease) => Effect.Effect<A, E, R>
  ) =>
    Deferred.isDoneUnsafe(wanted)
      ? Effect.succeedNone
      : Effect.raceFirst(
          Effect.asSome(work(lease)),
          Effect.as(Effect.raceFirst(Deferred.await(wanted), lease.lost), Option.none<A>())
        )

  return NodeLock.of({
    holder: (nodeId) => {
      const held = locks.get(nodeId)
      return held === undefined ? viewOther(nodeId) : view(held)
    },
    acquire,
    inBackground: <A, E, R>(nodeId: NodeId, purpose: string, work: (lease: NodeLease) => Effect.Effect<A, E, R>) =>
      Effect.uninterruptibleMask((restore) => {
        if (locks.has(nodeId)) return Effect.succeedNone
        const wanted = Deferred.makeUnsafe<void>()
        return Effect.matchEffect(take(nodeId, purpose, wanted), {
          // The keeper has said so.
          onFailure: () => Effect.succeedNone,
          onSuccess: (taken) =>
            taken._tag === "Taken"
              ? Effect.ensuring(restore(workUnder(taken.lease, wanted, work)), Effect.sync(taken.lease.release))
              : Effect.succeedNone
        })
      }),
    saw
  })
})
