/** `PowerControl` over the governor of the BMCs. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { BmcError } from "../bmc/BmcError.ts"
import { BmcGovernor } from "../bmc/BmcGovernor.ts"
import { addressOf, checkDriverInfo, rawDriverInfo } from "../domain/DriverInfoRules.ts"
import { type Node, type NodeId, type NodeRecord, PendingPower } from "../domain/Node.ts"
import { type PowerActionPlan, planPowerAction, type PowerStep } from "../domain/PowerActionPlan.ts"
import { actionFailed, forcedNow, lockLost, stoppedMeanwhile } from "../domain/PowerMessages.ts"
import { type PowerAction, type PowerState, stateAfter } from "../domain/PowerState.ts"
import { type NodeChanges, NodeStore } from "../store/NodeStore.ts"
import type { StoreError } from "../store/StoreError.ts"
import { ConductorConfig } from "./ConductorConfig.ts"
import { fromStore, invalid, noFreeWorker, noSuchNode } from "./ConductorError.ts"
import { Journal, type JournalFact } from "./Journal.ts"
import { NodeDirectory } from "./NodeDirectory.ts"
import { type NodeLease, NodeLock } from "./NodeLock.ts"
import { makeNodeWrites } from "./NodeWrites.ts"
import { atStart, ofOrphan, resolvePending } from "./PendingActions.ts"
import { PowerControl, type PowerOutcome, type PowerRequestOptions } from "./PowerControl.ts"
import { carryOut, type StepsOutcome } from "./PowerSteps.ts"

/** How long a stop tries to record that it cut an action off; afterwards the next start finds it pending. */
const longestAbort = Duration.seconds(3)
/** A record that can't be written since the database is away is tried again, about this often. */
const recordAgain = Schedule.spaced(Duration.seconds(1))

export const layer: Layer.Layer<
  PowerControl,
  never,
  BmcGovernor | ConductorConfig | Journal | NodeDirectory | NodeLock | NodeStore
> = Layer.effect(
  PowerControl,
  Effect.suspend(() => make)
)

interface Action {
  readonly node: Node
  readonly action: PowerAction
  readonly actor: string
  readonly plan: Extract<PowerActionPlan, { readonly _tag: "Steps" }>
  readonly patience: (step: PowerStep) => Duration.Duration
  readonly ended: Deferred.Deferred<PowerOutcome>
  readonly lease: NodeLease
}

const make = Effect.gen(function* () {
  const config = yield* ConductorConfig
  const directory = yield* NodeDirectory
  const governor = yield* BmcGovernor
  const journal = yield* Journal
  const locks = yield* NodeLock
  const store = yield* NodeStore
  const clock = yield* Clock.Clock
  const write = yield* makeNodeWrites(store)
  const inFlight = new Map<NodeId, Action>()
  /** Those in flight, and requests that are not decided yet. */
  let working = 0
  let stopping = false

  const find = (ident: string): Effect.Effect<NodeRecord, ReturnType<typeof noSuchNode>> => {
    const record = directory.find(ident)
    return record === undefined ? Effect.fail(noSuchNode(ident)) : Effect.succeed(record)
  }

  /** A machine that is otherwise than recorded has not recovered by being looked at: it goes on counting. */
  const observe = (nodeId: NodeId, power: PowerState): void => {
    const record = directory.get(nodeId)
    const failures = record === undefined || record.node.desiredPower === power ? 0 : record.observation.failures
    directory.observe({ nodeId, power, observedAtMillis: clock.currentTimeMillisUnsafe(), failures })
  }

  /** What an action changes, the action tells. */
  const tellOfRead = (nodeId: NodeId, to: PowerState): void => {
    const from = directory.get(nodeId)?.observation.power ?? null
    if (from === null || from === to || inFlight.has(nodeId)) return
    journal.record({ nodeId, kind: "PowerObserved", actor: "operator", from, to, reason: "Read as somebody asked." })
  }

  /** `fence`: of the lock that the change is made under. */
  const update = (nodeId: NodeId, changes: NodeChanges, actor: string, fence: number) =>
    Effect.tap(write({ id: nodeId, changes, fence }), (node) => Effect.sync(() => directory.put(node, actor)))

  // ---------------------------------------------------------------------------
  // one action, in a fiber of its own that nobody but the stop interrupts
  // ---------------------------------------------------------------------------

  /** The machine that the action is about, and for as long as the lock is held: nothing is sent to another, or too late. */
  const bmcOf = ({ lease, node }: Action): Pick<BmcGovernor["Service"], "power" | "readPower"> => {
    const guarded = <A>(question: Effect.Effect<A, BmcError>) =>
      Effect.suspend(() => {
        // `lost` ends the action.
        if (!lease.holds()) return Effect.never
        const now = directory.get(node.id)?.node
        return now !== undefined && !sameBmc(node, now) ? Effect.fail(moved) : question
      })
    return {
      power: (nodeId, command) => guarded(governor.power(nodeId, command)),
      readPower: (nodeId) => guarded(governor.readPower(nodeId))
    }
  }

  const run = (action: Action): Effect.Effect<void> =>
    carryOut(bmcOf(action), action.node.id, action.plan, {
      patience: action.patience,
      onRead: (power) => observe(action.node.id, power),
      onFallback: (why) => {
        const reason = forcedNow(action.action, why)
        journal.record({ ...factOf(action), kind: "PowerRequested", severity: "WARNING", reason })
      }
    }).pipe(
      Effect.catchDefect((defect) =>
        Effect.as(Effect.logError("A power action broke", defect), {
          _tag: "Failed",
          message: "an error within Tutti, see the log"
        } as const)
      ),
      Effect.raceFirst(Effect.as(action.lease.lost, { _tag: "LockLost" } as const)),
      Effect.flatMap((outcome) => (outcome._tag === "LockLost" ? leaveBehind(action) : record(action, outcome))),
      Effect.onInterrupt(() => abort(action)),
      Effect.ensuring(
        Effect.sync(() => {
          working--
          inFlight.delete(action.node.id)
          action.lease.release()
        })
      )
    )

  /** Who lost the lock may not write: the record stays pending, and the orphan check ends it by what a read shows. */
  const leaveBehind = ({ action, ended }: Action): Effect.Effect<void> =>
    Effect.asVoid(Deferred.succeed(ended, { _tag: "Failed", error: lockLost(action) }))

  /** With the lock taken anew if it was lost while the database was away, unless somebody else ended the action since. */
  const writeEnd = ({ actor, lease, node }: Action, changes: NodeChanges): Effect.Effect<unknown, StoreError> =>
    Effect.catchReason(update(node.id, changes, actor, lease.fence), "StoreError", "LeaseLost", () =>
      Effect.flatMap(lease.retake, (fence) =>
        Equal.equals(directory.get(node.id)?.node.pendingPower, node.pendingPower)
          ? update(node.id, changes, actor, fence)
          : Effect.void
      )
    )

  /** The action's end is recorded before it is told; while the database is away, both wait. */
  const record = (action: Action, outcome: StepsOutcome): Effect.Effect<void> => {
    const { changes, fact, told } = conclude(action, outcome)
    const tell = Effect.suspend(() => {
      journal.record(fact)
      return Effect.asVoid(Deferred.succeed(action.ended, told))
    })
    return Effect.andThen(writeEnd(action, changes), tell).pipe(
      Effect.uninterruptible,
      Effect.retry({ while: (error) => error.isRetryable, schedule: recordAgain }),
      // Gone meanwhile, or the database refuses: there is nothing left to record it in.
      Effect.catch((error) =>
        Effect.andThen(Effect.logWarning("A power action's end could not be recorded", error.message), tell)
      )
    )
  }

  /** The stop cuts the action off: says so, unless its end was recorded just before. */
  const abort = (action: Action): Effect.Effect<void> => {
    if (Deferred.isDoneUnsafe(action.ended)) return Effect.void
    const error = stoppedMeanwhile(action.action)
    const { id } = action.node
    return update(id, { pendingPower: null, lastError: error }, action.actor, action.lease.fence).pipe(
      Effect.interruptible,
      Effect.timeoutOption(longestAbort),
      Effect.andThen(
        Effect.sync(() => journal.record({ ...factOf(action), kind: "PowerAborted", severity: "ERROR", reason: error }))
      ),
      Effect.catch((failure) =>
        Effect.logWarning("A power action was cut off and could not be recorded so", failure.message)
      ),
      Effect.andThen(Deferred.succeed(action.ended, { _tag: "Failed", error })),
      Effect.asVoid
    )
  }

  // ---------------------------------------------------------------------------
  // the stop: what is in flight may end, for a third of the time there is
  // ---------------------------------------------------------------------------

  const actions = yield* Scope.make()
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      stopping = true
      const ended = Array.from(inFlight.values(), (action) => Deferred.await(action.ended))
      return Effect.all(ended, { concurrency: "unbounded", discard: true })
    }).pipe(
      Effect.interruptible,
      Effect.timeoutOption(Duration.times(config.gracefulShutdownTimeout, 1 / 3)),
      Effect.andThen(Scope.close(actions, Exit.void))
    )
  )

  const request = Effect.fn("PowerControl.request")(function* (
    ident: string,
    action: PowerAction,
    options: PowerRequestOptions = {}
  ) {
    const actor = options.actor ?? "operator"
    const { node: asked } = yield* find(ident)
    const { problems } = checkDriverInfo(asked.driver, rawDriverInfo(asked.driverInfo))
    const problem = problems[0]
    if (problem !== undefined) return yield* invalid(`driver_info of this node is not valid: ${problem.message}`)

    if (stopping) return yield* noFreeWorker("The conductor is stopping; ask again when it is back.")
    if (working >= config.powerActionsAtOnce) {
      return yield* noFreeWorker(
        `${working} power actions are under way, as many as may be (TUTTI_POWER_ACTIONS_AT_ONCE); try again when some have ended.`
      )
    }
    working++
    const undone = Effect.sync(() => working--)
    const lease = yield* Effect.onError(locks.acquire(asked, action), () => undone)
    const accept = Effect.gen(function* () {
      const record = directory.get(asked.id)
      if (record === undefined) return yield* noSuchNode(ident)
      if (stopping) return yield* noFreeWorker("The conductor is stopping; ask again when it is back.")
      // Planned by the node as it is now: it may have changed while another action held the lock.
      const plan = planPowerAction(action, record.node, options.fallback)
      if (plan._tag === "Refused") return yield* invalid(plan.detail)
      const pendingPower = new PendingPower({
        action,
        requestedAt: DateTime.makeUnsafe(clock.currentTimeMillisUnsafe())
      })
      const intent = update(asked.id, { pendingPower, lastError: null }, actor, lease.fence)
      const node = yield* Effect.mapError(intent, fromStore)
      const from = record.observation.power
      journal.record({ nodeId: node.id, actor, kind: "PowerRequested", from, to: stateAfter(action), reason: action })
      const ended = yield* Deferred.make<PowerOutcome>()
      const patience = (step: PowerStep) => patienceOf(step, options, config)
      const accepted: Action = { node, action, actor, plan, patience, ended, lease }
      inFlight.set(node.id, accepted)
      yield* Effect.forkIn(Effect.interruptible(run(accepted)), actions)
      return Deferred.await(ended)
    })
    return yield* Effect.onError(accept, () => Effect.andThen(Effect.sync(lease.release), undone))
  }, Effect.uninterruptible)

  const parts = { directory, governor, journal, locks, store, observe }
  return PowerControl.of({
    request,
    readNow: Effect.fn("PowerControl.readNow")(function* (ident) {
      const { node } = yield* find(ident)
      return yield* Effect.match(governor.readPower(node.id), {
        onFailure: (error) => ({ power: null, error: `${error.reason}: ${error.message}` }),
        onSuccess: (power) => {
          tellOfRead(node.id, power)
          observe(node.id, power)
          return { power, error: null }
        }
      })
    }),
    resolvePending: resolvePending(parts, atStart),
    resolveOrphans: resolvePending(parts, ofOrphan),
    inFlight: () => Array.from(inFlight.keys())
  })
})

const moved = new BmcError({
  reason: "Unreachable",
  message: "the address of the BMC was changed meanwhile; nothing more is sent",
  withheld: true
})

const sameBmc = (before: Node, now: Node): boolean => {
  if (before.credentialVersion === now.credentialVersion) return true
  const [a, b] = [before, now].map(({ driver, driverInfo }) => addressOf(driver, driverInfo))
  return a?.host === b?.host && a?.port === b?.port
}

/** What the outcome of an action changes, how the journal tells it, and what who asked is told. */
const conclude = (
  action: Action,
  outcome: StepsOutcome
): { readonly changes: NodeChanges; readonly fact: JournalFact; readonly told: PowerOutcome } => {
  if (outcome._tag === "Failed") {
    const error = actionFailed(action.action, outcome.message)
    return {
      changes: { pendingPower: null, lastError: error },
      fact: { ...factOf(action), kind: "PowerFailed", severity: "ERROR", reason: error },
      told: { _tag: "Failed", error }
    }
  }
  const done = { pendingPower: null, lastError: null }
  const kind = action.action === "nmi" ? "NmiSent" : "PowerChanged"
  const fact: JournalFact = { ...factOf(action), kind, reason: reasonOf(action.action, outcome) }
  return outcome._tag === "Sent"
    ? { changes: done, fact, told: outcome }
    : { changes: { ...done, desiredPower: outcome.power }, fact, told: outcome }
}

const reasonOf = (action: PowerAction, outcome: Exclude<StepsOutcome, { readonly _tag: "Failed" }>): string => {
  switch (outcome._tag) {
    case "Confirmed":
      return `${action}${outcome.forced === true ? ", by a hard power off" : ""}, confirmed by a read.`
    case "AlreadyThere":
      return `${action}: it was in that state already.`
    case "Sent":
      return `${action}: the BMC took the command; no read can tell whether it happened.`
  }
}

/** With a fallback, the request's own limit is how long the operating system is given, and no limit of the hard steps. */
const patienceOf = (
  step: PowerStep,
  { fallback, timeout }: PowerRequestOptions,
  config: ConductorConfig["Service"]
): Duration.Duration => {
  if (step.patience === "soft-off") return timeout ?? config.softPowerOffTimeout
  return fallback === undefined && timeout !== undefined ? timeout : config.powerStateChangeTimeout
}

const factOf = ({ action, actor, node }: Action) => ({
  nodeId: node.id,
  actor,
  from: node.desiredPower,
  to: stateAfter(action)
})
