/**
 * The leases that this process holds in the database: taken many in one statement, renewed all in one, given back many in
 * one. Who comes while a statement is under way goes with the next: one that comes alone waits for nobody, and a
 * thousand cost a few.
 *
 * A lease counts as lost by this process's own monotonic clock, from before the statement that gave or renewed it: never
 * later than by the database's. Nothing here decides who may work on a node in this process; `NodeLock` does.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type { NodeId } from "../domain/Node.ts"
import type { Lease, LeaseStore } from "../store/LeaseStore.ts"
import type { StoreError } from "../store/StoreError.ts"
import { makeBatchWriter } from "./BatchWriter.ts"
import type { ConductorOptions } from "./ConductorConfig.ts"

/** Leases of one statement. */
const batchRows = 1000
/** How often leases are looked at: a renewal that failed is tried again after as long. */
const lookEvery = Duration.seconds(1)

/** A lease that this process holds, or has lost. */
export interface KeptLease {
  /** As the database has it; its expiry moves on with every renewal. */
  readonly lease: () => Lease
  /** By the clock, which a process that stood still looks at late. */
  readonly holds: () => boolean
  readonly lost: Deferred.Deferred<void>
}

/** What came of wanting a lease: it, or who has it, or that the node is gone. */
export type Taken<A> =
  | { readonly _tag: "Taken"; readonly lease: A }
  | { readonly _tag: "Refused"; readonly by: Lease }
  | { readonly _tag: "Gone" }

export interface LeaseKeeper {
  /** Only its waiting can be interrupted: call it where a lease that was taken is surely given back. */
  readonly take: (nodeId: NodeId, purpose: string) => Effect.Effect<Taken<KeptLease>, StoreError>
  /** Never waits. */
  readonly release: (kept: KeptLease) => void
}

interface Kept extends KeptLease {
  current: Lease
  /** By the monotonic clock: given or renewed, and lost. */
  renewedMillis: number
  deadlineMillis: number
}

interface Ticket {
  readonly nodeId: NodeId
  readonly purpose: string
  readonly answer: (answer: Effect.Effect<Taken<KeptLease>, StoreError>) => void
  /** Nobody waits for it any more: it is given back as soon as it is there. */
  abandoned: boolean
  kept: Kept | null
}

export const makeLeaseKeeper = Effect.fnUntraced(function* (
  config: ConductorOptions,
  store: LeaseStore["Service"],
  onLost: (lease: Lease) => void
): Effect.fn.Return<LeaseKeeper, never, Scope.Scope> {
  const clock = yield* Clock.Clock
  const scope = yield* Effect.scope
  const monotonicMillis = () => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)

  const held = new Set<Kept>()
  const anyHeld = yield* Latch.make()
  /** At most what was held when the database went away: nothing is taken until it is back. */
  let toRelease: Array<Lease> = []
  /** At most one a node, for whom `NodeLock` has let in: bounded by the fleet. */
  const tickets = yield* Queue.unbounded<Ticket>()

  const releases = yield* makeBatchWriter<ReadonlyArray<Lease>>({
    what: "locks that were given back",
    full: batchRows,
    size: () => toRelease.length,
    take: () => (toRelease.length === 0 ? undefined : toRelease.splice(0, batchRows)),
    putBack: (batch) => {
      toRelease = [...batch, ...toRelease]
    },
    lose: () => {},
    write: (batch) => store.release(batch)
  })

  const forget = (kept: Kept): boolean => {
    const was = held.delete(kept)
    if (held.size === 0) Latch.closeUnsafe(anyHeld)
    return was
  }

  const release = (kept: KeptLease) => {
    // What is asked of `release` was given by `take`, which makes nothing else.
    forget(kept as Kept)
    toRelease.push(kept.lease())
    releases.notify()
  }

  const lose = (kept: Kept) => {
    if (!forget(kept)) return
    Deferred.doneUnsafe(kept.lost, Effect.void)
    onLost(kept.current)
  }

  // ---------------------------------------------------------------------------
  // taking
  // ---------------------------------------------------------------------------

  const keep = (lease: Lease, sinceMillis: number, durationMillis: number): Kept => {
    const kept: Kept = {
      current: lease,
      lease: () => kept.current,
      holds: () => held.has(kept) && monotonicMillis() < kept.deadlineMillis,
      lost: Deferred.makeUnsafe(),
      renewedMillis: sinceMillis,
      deadlineMillis: sinceMillis + durationMillis
    }
    held.add(kept)
    Latch.openUnsafe(anyHeld)
    return kept
  }

  let wasAway = false
  /** Said once an outage: each who wanted a lock was told by himself. */
  const sayAway = (error: StoreError): Effect.Effect<void> => {
    if (wasAway) return Effect.void
    wasAway = true
    return Effect.logWarning("Locks can't be taken: nothing new is done to machines until they can", error.message)
  }

  const takeBatch = Effect.fnUntraced(function* (batch: ReadonlyArray<Ticket>) {
    const wanted = batch.filter(({ abandoned }) => !abandoned)
    const sinceMillis = monotonicMillis()
    const duration = config.nodeLockLease
    const taking = yield* Effect.exit(store.take(config.conductorHost, wanted, duration))
    if (Exit.isFailure(taking)) {
      for (const { answer } of wanted) answer(Effect.failCause(taking.cause))
      const error = Cause.findErrorOption(taking.cause)
      if (error._tag === "Some") yield* sayAway(error.value)
      return
    }
    wasAway = false
    const taken = new Map(taking.value.taken.map((lease) => [lease.nodeId, lease]))
    const refused = new Map(taking.value.refused.map((lease) => [lease.nodeId, lease]))
    for (const ticket of wanted) {
      const lease = taken.get(ticket.nodeId)
      if (lease === undefined) {
        const by = refused.get(ticket.nodeId)
        ticket.answer(Effect.succeed(by === undefined ? { _tag: "Gone" } : { _tag: "Refused", by }))
        continue
      }
      const kept = keep(lease, sinceMillis, Duration.toMillis(duration))
      if (ticket.abandoned) {
        release(kept)
        continue
      }
      ticket.kept = kept
      ticket.answer(Effect.succeed({ _tag: "Taken", lease: kept }))
    }
  })

  const take = (nodeId: NodeId, purpose: string) =>
    Effect.suspend(() => {
      let ticket: Ticket | undefined
      const waiting = Effect.callback<Taken<KeptLease>, StoreError>((resume) => {
        ticket = { nodeId, purpose, answer: resume, abandoned: false, kept: null }
        Queue.offerUnsafe(tickets, ticket)
      })
      return Effect.onExit(Effect.interruptible(waiting), (exit) =>
        Effect.sync(() => {
          if (Exit.isSuccess(exit) || ticket === undefined) return
          ticket.abandoned = true
          if (ticket.kept !== null) release(ticket.kept)
        })
      )
    })

  yield* Effect.forkScoped(Effect.forever(Effect.flatMap(Queue.takeBetween(tickets, 1, batchRows), takeBatch)))

  // ---------------------------------------------------------------------------
  // renewing
  // ---------------------------------------------------------------------------

  const renewAll = Effect.fnUntraced(function* () {
    const duration = config.nodeLockLease
    const sinceMillis = monotonicMillis()
    const asked = Array.from(held)
    const leases = yield* store.renew(
      asked.map(({ current }) => current),
      duration
    )
    const renewed = new Map(leases.map((lease) => [lease.fence, lease]))
    for (const kept of asked) {
      const lease = renewed.get(kept.current.fence)
      if (lease === undefined) {
        lose(kept)
        continue
      }
      kept.current = lease
      kept.renewedMillis = sinceMillis
      kept.deadlineMillis = sinceMillis + Duration.toMillis(duration)
    }
  })

  let renewing = false
  /** Beside the look at deadlines, which a database that hangs must not hold up. */
  const renewInBackground = Effect.suspend(() => {
    if (renewing) return Effect.void
    renewing = true
    return renewAll().pipe(
      Effect.catch((error) => Effect.logWarning("Locks can't be renewed; it is tried again", error.message)),
      Effect.catchDefect((defect) => Effect.logError("Renewing locks broke; it is tried again", defect)),
      Effect.ensuring(
        Effect.sync(() => {
          renewing = false
        })
      ),
      Effect.forkIn(scope)
    )
  })

  yield* Effect.forkScoped(
    Effect.forever(
      Effect.gen(function* () {
        yield* anyHeld.await
        const nowMillis = monotonicMillis()
        const thirdMillis = Duration.toMillis(config.nodeLockLease) / 3
        let due = false
        let nextMillis = nowMillis + Duration.toMillis(lookEvery)
        for (const kept of held) {
          if (kept.deadlineMillis <= nowMillis) lose(kept)
          else {
            due ||= nowMillis - kept.renewedMillis >= thirdMillis
            nextMillis = Math.min(nextMillis, kept.deadlineMillis)
          }
        }
        if (due) yield* renewInBackground
        yield* Effect.sleep(Duration.millis(nextMillis - nowMillis))
      })
    )
  )

  return { take, release }
})
