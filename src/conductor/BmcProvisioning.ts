/** `Provisioning` over the governor of the BMCs. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import type { BmcGovernor } from "../bmc/BmcGovernor.ts"
import type { Node, NodeId, NodeRecord } from "../domain/Node.ts"
import { isTransient, isWait, next, notFromThisState, type ProvisionVerb, refusalOf } from "../domain/Provision.ts"
import { aborted, askedFor, cutOff, timedOut } from "../domain/ProvisionMessages.ts"
import type { InventoryStore } from "../store/InventoryStore.ts"
import type { NodeStore } from "../store/NodeStore.ts"
import { fromStore, invalid, nodeProtected, noSuchNode } from "./ConductorError.ts"
import type { Journal } from "./Journal.ts"
import { NodeDirectory } from "./NodeDirectory.ts"
import { NodeLock } from "./NodeLock.ts"
import { Ownership } from "./Ownership.ts"
import { Provisioning, type ProvisionRequestOptions } from "./Provisioning.ts"
import { makeProvisionRuns, reached, recordAgain } from "./ProvisionRuns.ts"
import { waitSecondsOf, type WorkEnd } from "./ProvisionWork.ts"
import { orphansTask, waitTimeoutsTask } from "./TaskNames.ts"

/** Inspections that are tried again at once: dead BMCs must not keep those waiting that somebody asks for. */
const triesAtOnce = 32
/** What an earlier process left, ended at once at a start; it is rarely more. */
const resolvedAtOnce = 64
/** Who ends that, as the journal tells it. */
const startActor = "start"

export const layer: Layer.Layer<
  Provisioning,
  never,
  BmcGovernor | InventoryStore | Journal | NodeDirectory | NodeLock | NodeStore | Ownership
> = Layer.effect(
  Provisioning,
  Effect.suspend(() => make)
)

const make = Effect.gen(function* () {
  const directory = yield* NodeDirectory
  const locks = yield* NodeLock
  const ownership = yield* Ownership
  const clock = yield* Clock.Clock
  const { begin, inFlight, isStill, isStopping, move, perform, scope, warn } = yield* makeProvisionRuns
  const tries = yield* Semaphore.make(triesAtOnce)
  /** Inspections that are being tried again. */
  const trying = new Set<NodeId>()

  const request = Effect.fn("Provisioning.request")(function* (
    ident: string,
    verb: ProvisionVerb,
    { actor = "operator", name = verb }: ProvisionRequestOptions = {}
  ) {
    const asked = directory.find(ident)?.node
    if (asked === undefined) return yield* noSuchNode(ident)
    const lease = yield* locks.acquire(asked, verb)
    const accept = Effect.gen(function* () {
      // As it is now: it may have changed while another action held the lock.
      const before = directory.get(asked.id)?.node
      if (before === undefined) return yield* noSuchNode(ident)
      if (isStopping()) return yield* invalid("The conductor is stopping; ask again when it is back.")
      const problem = refuse(before, verb, name)
      if (problem !== null) return yield* problem
      const error = verb === "abort" ? aborted(before.provisionState, actor) : null
      const accepted: WorkEnd = { event: verb, error, reason: askedFor(verb) }
      const node = yield* Effect.mapError(move(before, accepted, { actor, fence: lease.fence }), fromStore)
      if (isTransient(node.provisionState)) {
        return yield* begin({ node, actor, lease, resumed: false, priority: "user" }, resumeInTime)
      }
      lease.release()
      return Effect.succeed(reached(node.provisionState))
    })
    return yield* Effect.onError(accept, () => Effect.sync(lease.release))
  }, Effect.uninterruptible)

  // ---------------------------------------------------------------------------
  // wait states
  // ---------------------------------------------------------------------------

  /** Lets a wait state of `fake-hardware` end by itself, unless it has been left by then. Returns at once. */
  const resumeInTime = (node: Node): Effect.Effect<void> => {
    const seconds = waitSecondsOf(node)
    if (seconds === null || node.provisionUpdatedAt === null || isStopping()) return Effect.void
    const endsAtMillis = DateTime.toEpochMillis(node.provisionUpdatedAt) + seconds * 1000
    return Effect.suspend(() =>
      Effect.sleep(Duration.millis(Math.max(0, endsAtMillis - clock.currentTimeMillisUnsafe())))
    ).pipe(
      // Locked, or the database is away: it waits a little longer then.
      Effect.andThen(Effect.retry(resume(node), recordAgain)),
      Effect.catch((error) => warn(node.id, error)),
      Effect.forkIn(scope),
      Effect.asVoid
    )
  }

  const resume = Effect.fnUntraced(function* (waiting: Node) {
    if (!isStill(waiting)) return
    const actor = waiting.driver
    const lease = yield* locks.acquire(waiting, "resume")
    if (!isStill(waiting)) return lease.release()
    const node = yield* Effect.onError(
      move(waiting, { event: "resume", error: null }, { actor, fence: lease.fence }),
      () => Effect.sync(lease.release)
    )
    yield* Effect.asVoid(begin({ node, actor, lease, resumed: true, priority: "background" }, resumeInTime))
  }, Effect.uninterruptible)

  const inspectAgain = (nodeId: NodeId): Effect.Effect<void> => {
    const attempt = locks.inBackground(nodeId, waitTimeoutsTask, ({ fence }) =>
      Effect.gen(function* () {
        const node = directory.get(nodeId)?.node
        if (node?.provisionState !== "inspect wait") return
        const end = yield* perform(node, { resumed: true, priority: "background" })
        if (end.event !== "wait") yield* Effect.uninterruptible(move(node, end, { actor: waitTimeoutsTask, fence }))
      })
    )
    return Effect.suspend(() => {
      if (trying.has(nodeId)) return Effect.void
      trying.add(nodeId)
      return tries.withPermit(attempt).pipe(
        Effect.catch((error) => warn(nodeId, error)),
        Effect.ensuring(Effect.sync(() => trying.delete(nodeId))),
        Effect.forkIn(scope),
        Effect.asVoid
      )
    })
  }

  /** Ends what a node in this state is at, in the background; a node that somebody works on is left alone. */
  const end = ({ node: { id, provisionState } }: NodeRecord, actor: string, how: (node: Node) => WorkEnd) =>
    locks
      .inBackground(id, actor, ({ fence }) =>
        Effect.suspend(() => {
          const node = directory.get(id)?.node
          return node?.provisionState === provisionState
            ? Effect.uninterruptible(move(node, how(node), { actor, fence }))
            : Effect.void
        })
      )
      .pipe(
        Effect.asVoid,
        Effect.catch((error) => warn(id, error))
      )

  /** Locked, or the database is away: it is tried until the node is where nobody has to be at work. */
  const endCutOff = (record: NodeRecord) =>
    Effect.repeat(end(record, startActor, cutOffEnd), {
      schedule: recordAgain,
      until: () => !isTransient(directory.get(record.node.id)?.node.provisionState ?? "error")
    })

  return Provisioning.of({
    request,
    resolveInterrupted: Effect.suspend(() => {
      const left = Array.from(directory.all()).filter(({ node }) => ownership.isMine(node.id) && !inFlight.has(node.id))
      const waiting = left.filter(({ node }) => isWait(node.provisionState))
      const cut = left.filter(({ node }) => isTransient(node.provisionState))
      return Effect.andThen(
        Effect.forEach(waiting, ({ node }) => resumeInTime(node), { discard: true }),
        Effect.forEach(cut, endCutOff, { concurrency: resolvedAtOnce, discard: true })
      )
    }),
    resolveOrphans: Effect.suspend(() => {
      const orphans = Array.from(directory.all()).filter(
        ({ node: { id, provisionState } }) =>
          isTransient(provisionState) && ownership.isMine(id) && !inFlight.has(id) && locks.holder(id) === undefined
      )
      return Effect.forEach(orphans, (record) => end(record, orphansTask, cutOffEnd), {
        concurrency: resolvedAtOnce,
        discard: true
      })
    }),
    timeOut: (record, seconds) =>
      end(record, waitTimeoutsTask, ({ lastError, provisionState }) => ({
        event: "timed out",
        error: timedOut(provisionState, seconds, lastError)
      })),
    inspectAgain,
    inFlight: () => Array.from(inFlight)
  })
})

const cutOffEnd = ({ provisionState, provisionUpdatedAt }: Node): WorkEnd => ({
  event: "failed",
  error: cutOff(provisionState, provisionUpdatedAt === null ? null : DateTime.formatIso(provisionUpdatedAt))
})

/** Verbs that take a machine from whom it serves. */
const takesAway: ReadonlySet<ProvisionVerb> = new Set(["rebuild", "undeploy"])

const refuse = (node: Node, verb: ProvisionVerb, name: string) => {
  const refusal = refusalOf(verb, node)
  if (next(node.provisionState, verb) === null) {
    return invalid(refusal ?? notFromThisState(name, node, node.provisionState))
  }
  if (refusal !== null) return invalid(refusal)
  return node.protected && takesAway.has(verb) ? nodeProtected(node.id) : null
}
