/**
 * One lock per node in this process: who acts on the node, what for, and since when.
 *
 * A person's action pre-empts background work: the background holder is told to stop, and the person waits until it
 * did. Two actions of persons exclude each other. Observing a node needs no lock.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { label, type Node, type NodeId } from "../domain/Node.ts"
import { ConductorConfig } from "./ConductorConfig.ts"
import { ConductorError, NodeLocked } from "./ConductorError.ts"

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
  /** Completes when the lock was lost: its holder must stop acting at once, and can't write under it any more. */
  readonly lost: Effect.Effect<void>
  /** Gives it back; never waits. */
  readonly release: () => void
}

export class NodeLock extends Context.Service<
  NodeLock,
  {
    readonly holder: (nodeId: NodeId) => LockHolder | undefined
    /**
     * Takes the lock for a person, in the database too. Pre-empts background work; while another
     * person's action holds it, tries `node_locked_retry_attempts` times more and then fails with `NodeLocked`; fails with `StoreUnavailable` while the database is away.
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
  }
>()("tutti/conductor/NodeLock") {
  static readonly layer: Layer.Layer<NodeLock, never, ConductorConfig> = Layer.effect(
    NodeLock,
    Effect.suspend(() => make)
  )
}

interface Held extends LockHolder {
  /** Null when a person holds it. */
  readonly wanted: Deferred.Deferred<void> | null
  readonly released: Deferred.Deferred<void>
}

const make = Effect.gen(function* () {
  const config = yield* ConductorConfig
  const clock = yield* Clock.Clock
  const locks = new Map<NodeId, Held>()
  let fence = 0

  const take = (nodeId: NodeId, purpose: string, wanted: Held["wanted"]): NodeLease => {
    const held: Held = {
      holder: config.conductorHost,
      purpose,
      sinceMillis: clock.currentTimeMillisUnsafe(),
      expiresAtMillis: clock.currentTimeMillisUnsafe() + 60_000,
      wanted,
      released: Deferred.makeUnsafe()
    }
    locks.set(nodeId, held)
    return {
      fence: ++fence,
      lost: Effect.never,
      release: () => {
        if (locks.get(nodeId) !== held) return
        locks.delete(nodeId)
        Deferred.doneUnsafe(held.released, Effect.void)
      }
    }
  }

  const acquire = Effect.fn("NodeLock.acquire")(function* (node: Pick<Node, "id" | "name">, purpose: string) {
    for (let attempt = 0; ; attempt++) {
      const held = locks.get(node.id)
      if (held === undefined) return take(node.id, purpose, null)
      if (attempt >= config.nodeLockedRetryAttempts) {
        const reason = new NodeLocked({ node: label(node), holder: held.holder, purpose: held.purpose })
        return yield* new ConductorError({ reason })
      }
      if (held.wanted !== null) yield* Deferred.succeed(held.wanted, undefined)
      yield* Effect.interruptible(Effect.timeoutOption(Deferred.await(held.released), config.nodeLockedRetryInterval))
    }
  }, Effect.uninterruptible)

  return NodeLock.of({
    holder: (nodeId) => locks.get(nodeId),
    acquire,
    inBackground: <A, E, R>(nodeId: NodeId, purpose: string, work: (lease: NodeLease) => Effect.Effect<A, E, R>) =>
      Effect.uninterruptibleMask((restore) => {
        if (locks.has(nodeId)) return Effect.succeedNone
        const wanted = Deferred.makeUnsafe<void>()
        const lease = take(nodeId, purpose, wanted)
        return restore(
          Effect.raceFirst(Effect.asSome(work(lease)), Effect.as(Deferred.await(wanted), Option.none<A>()))
        ).pipe(Effect.ensuring(Effect.sync(lease.release)))
      })
  })
})
