/**
 * Work on nodes in transient states: each in a fiber of its own, under the node's lock, until the node rests or waits.
 * Nobody interrupts it but the stop, and that says so in `last_error`. Every move is recorded before it is told.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { BmcGovernor } from "../bmc/BmcGovernor.ts"
import type { Node, NodeId, ProvisionState } from "../domain/Node.ts"
import { isTransient, isWait } from "../domain/Provision.ts"
import { lockLost, stoppedMeanwhile, workFailed } from "../domain/ProvisionMessages.ts"
import { InventoryStore } from "../store/InventoryStore.ts"
import { NodeStore } from "../store/NodeStore.ts"
import type { StoreError } from "../store/StoreError.ts"
import { Journal } from "./Journal.ts"
import { NodeDirectory } from "./NodeDirectory.ts"
import type { NodeLease } from "./NodeLock.ts"
import type { ProvisionOutcome } from "./Provisioning.ts"
import { changesOf } from "./ProvisionMoves.ts"
import { type WorkEnd, workOn, type WorkOptions } from "./ProvisionWork.ts"

/** How long a stop tries to record that it cut work off; afterwards the next start finds the node where it is. */
const longestAbort = Duration.seconds(3)
/** What can't be recorded since the database is away is tried again, about this often. */
export const recordAgain = Schedule.spaced(Duration.seconds(1))
/** An inspection is some hundred exchanges with a BMC and some 100 KB: so many keep a core busy enough. */
const inspectionsAtOnce = 64

export interface Work extends WorkOptions {
  /** In a transient state. */
  readonly node: Node
  readonly actor: string
  /** Given back when the work has ended. */
  readonly lease: NodeLease
}

/** Who moves a node, and the token of the lease under which that is written. */
export interface Mover {
  readonly actor: string
  readonly fence: number
}

export interface ProvisionRuns {
  /** Records a move, then tells it. May be interrupted before it is recorded, and then in doubt. */
  readonly move: (node: Node, end: WorkEnd, by: Mover) => Effect.Effect<Node, StoreError>
  /** Whether the node is where it was, and has not been elsewhere since. */
  readonly isStill: (node: Node) => boolean
  /** Asks the BMC, and records nothing. */
  readonly perform: (node: Node, options: WorkOptions) => Effect.Effect<WorkEnd>
  /** Begins work, and succeeds with what waits for its outcome. `onWait` is told the node when it comes to wait. */
  readonly begin: (
    work: Work,
    onWait: (node: Node) => Effect.Effect<void>
  ) => Effect.Effect<Effect.Effect<ProvisionOutcome>>
  readonly warn: (nodeId: NodeId, error: { readonly message: string }) => Effect.Effect<void>
  readonly inFlight: ReadonlySet<NodeId>
  /** Of everything that is forked; closed by the stop, all at once. */
  readonly scope: Scope.Scope
  readonly isStopping: () => boolean
}

export const makeProvisionRuns: Effect.Effect<
  ProvisionRuns,
  never,
  BmcGovernor | InventoryStore | Journal | NodeDirectory | NodeStore | Scope.Scope
> = Effect.gen(function* () {
  const directory = yield* NodeDirectory
  const governor = yield* BmcGovernor
  const inventories = yield* InventoryStore
  const journal = yield* Journal
  const store = yield* NodeStore
  const clock = yield* Clock.Clock
  const inspections = yield* Semaphore.make(inspectionsAtOnce)
  const inFlight = new Set<NodeId>()
  let stopping = false
  // Parallel: each work that is cut off has some seconds to say so.
  const scope = yield* Scope.make("parallel")
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      stopping = true
      return Scope.close(scope, Exit.void)
    })
  )

  const move = Effect.fnUntraced(function* (node: Node, end: WorkEnd, { actor, fence }: Mover) {
    const { changes, fact } = changesOf(node, end, DateTime.makeUnsafe(clock.currentTimeMillisUnsafe()))
    if (end.inventory !== undefined) yield* inventories.save(node.id, end.inventory)
    const changed = yield* store.update(node.id, changes, { fence })
    directory.put(changed, actor)
    if (end.inventory !== undefined) {
      journal.record({ nodeId: node.id, actor, kind: "NodeInspected", reason: end.reason ?? null })
    }
    journal.record({ ...fact, nodeId: node.id, actor })
    return changed
  })

  const isStill = ({ id, provisionState, provisionUpdatedAt }: Node): boolean => {
    const now = directory.get(id)?.node
    return now?.provisionState === provisionState && Equal.equals(now.provisionUpdatedAt, provisionUpdatedAt)
  }

  const perform = (node: Node, options: WorkOptions): Effect.Effect<WorkEnd> => {
    const work = workOn({ directory, governor }, node, options)
    return node.provisionState === "inspecting" ? inspections.withPermit(work) : work
  }

  const warn = (nodeId: NodeId, { message }: { readonly message: string }) =>
    Effect.annotateLogs(Effect.logWarning("A move to another provision state could not be recorded", message), {
      node: nodeId
    })

  const begin = Effect.fnUntraced(function* (
    { actor, lease, node: first, ...options }: Work,
    onWait: (node: Node) => Effect.Effect<void>
  ) {
    const ended = yield* Deferred.make<ProvisionOutcome>()
    let by: Mover = { actor, fence: lease.fence }
    /** As it was last recorded. */
    let node = first

    /** While the database is away, the work's end waits. */
    const record = (end: WorkEnd) =>
      Effect.uninterruptible(
        Effect.map(move(node, end, by), (changed) => {
          node = changed
        })
      ).pipe(
        Effect.retry({ while: (error) => error.isRetryable, schedule: recordAgain }),
        // Gone meanwhile, the lock lost, or the database refuses: there is nothing left to record it in.
        Effect.tapError((error) => warn(node.id, error))
      )

    const untilAtRest = Effect.gen(function* () {
      for (let { resumed } = options; ; resumed = false) {
        const end: WorkEnd = yield* Effect.catchDefect(perform(node, { ...options, resumed }), (defect) =>
          Effect.as(Effect.logError("Provisioning broke", defect), {
            event: "failed",
            error: workFailed(node.provisionState, "An error within Tutti, see the log.")
          } as const)
        )
        yield* record(end)
        const state = node.provisionState
        if (isTransient(state)) continue
        if (isWait(state)) return waitingIn(state, end.error)
        return end.error === null ? reached(state) : failedIn(state, end.error)
      }
    }).pipe(Effect.catch(() => Effect.sync(() => failedIn(node.provisionState, "Its end could not be recorded."))))

    /** The lock was lost: what was under way has failed, unless somebody else has moved the node since. */
    const endLost = Effect.gen(function* () {
      const error = lockLost(node.provisionState)
      const fence = yield* Effect.retry(lease.retake, { while: (error) => error.isRetryable, schedule: recordAgain })
      by = { actor, fence }
      if (isTransient(node.provisionState) && isStill(node)) yield* record({ event: "failed", error })
      return failedIn(node.provisionState, error)
    }).pipe(Effect.catch(({ message }) => Effect.sync(() => failedIn(node.provisionState, message))))

    const untilAtRestOrLost = Effect.raceFirst(untilAtRest, Effect.as(lease.lost, null)).pipe(
      Effect.flatMap((outcome) => (outcome === null ? endLost : Effect.succeed(outcome)))
    )

    /** The stop cuts the work off, unless its end was recorded just before. */
    const abort = Effect.suspend(() => {
      const error = stoppedMeanwhile(node.provisionState)
      const told = Deferred.succeed(ended, failedIn(node.provisionState, error))
      return isTransient(node.provisionState)
        ? move(node, { event: "failed", error }, by).pipe(
            Effect.interruptible,
            Effect.timeoutOption(longestAbort),
            Effect.catch((failure) => warn(node.id, failure)),
            Effect.andThen(told)
          )
        : told
    })

    const run = untilAtRestOrLost.pipe(
      Effect.onInterrupt(() => abort),
      Effect.ensuring(
        Effect.sync(() => {
          inFlight.delete(node.id)
          lease.release()
        })
      ),
      Effect.flatMap((outcome) => Deferred.succeed(ended, outcome)),
      Effect.andThen(Effect.suspend(() => (isWait(node.provisionState) ? onWait(node) : Effect.void)))
    )
    inFlight.add(node.id)
    // At once: interrupted before it began, it would neither say so nor give the lock back.
    yield* Effect.forkIn(Effect.interruptible(run), scope, { startImmediately: true })
    return Deferred.await(ended)
  })

  return { move, isStill, perform, begin, warn, inFlight, scope, isStopping: () => stopping }
})

export const reached = (state: ProvisionState): ProvisionOutcome => ({ _tag: "Reached", state })
const waitingIn = (state: ProvisionState, error: string | null): ProvisionOutcome => ({ _tag: "Waiting", state, error })
const failedIn = (state: ProvisionState, error: string): ProvisionOutcome => ({ _tag: "Failed", state, error })
