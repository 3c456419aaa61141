/**
 * The flow of power reads over the whole fleet: passes hand their nodes to it, and it reads each BMC when its time has
 * come, so many at once and no more, without ever waiting for stragglers.
 *
 * One fiber wakes it; everything else is plain code behind `BmcGovernor.startRead`, since a fiber or an effect a poll
 * would cost more than the poll. Each answer is recorded at once; what else follows from it goes to `SyncActions`.
 * Every owned node is read in every pass, whatever its state: being in maintenance keeps a node from being acted on,
 * not from being observed.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { BmcError } from "../bmc/BmcError.ts"
import { BmcGovernor } from "../bmc/BmcGovernor.ts"
import { ageMillis, type Node, type NodeId, type NodeRecord } from "../domain/Node.ts"
import { correctionWithheld } from "../domain/PowerMessages.ts"
import type { PowerState } from "../domain/PowerState.ts"
import type { NextPoll } from "../domain/Outlook.ts"
import { decide, type PowerAnswer, type SyncDecision } from "../domain/PowerSync.ts"
import { countsAsOutage } from "../domain/Incidents.ts"
import { ConductorConfig } from "./ConductorConfig.ts"
import { failureOutcome, passSkips, pollCounters, type PollOutcome, syncDuration } from "./ConductorMetrics.ts"
import { syncRulesOf } from "./GroupRules.ts"
import { Incidents } from "./Incidents.ts"
import { Journal } from "./Journal.ts"
import { NodeDirectory } from "./NodeDirectory.ts"
import { NodeLock } from "./NodeLock.ts"
import { ObservationWriter } from "./ObservationWriter.ts"
import { OpenPasses, type PassSummary } from "./OpenPasses.ts"
import { Ownership } from "./Ownership.ts"
import { type Pass, PollQueue, type Slot } from "./PollQueue.ts"
import { SyncActions } from "./SyncActions.ts"
import { syncTask } from "./TaskNames.ts"

/** How late a read may start for waiting for company: 20 wake-ups a second at most, however many nodes there are. */
const tickMillis = 50
/** Reads started in one go; more would hold the event loop for more than some 10 ms. */
const startsAtOnce = 500

export class SyncFlow extends Context.Service<
  SyncFlow,
  {
    /** Hands the fleet over for one pass, and succeeds at once: with the pass before, where that has ended. */
    readonly startPass: Effect.Effect<Option.Option<PassSummary>>
    /** Reads this node at once; if it is being read, once more afterwards. */
    readonly pollNow: (nodeId: NodeId) => void
    /**
     * A whole pass with no spread: succeeds once every answer came, what follows from them was done, and everything is
     * committed. For benches, and for whoever wants to know now.
     */
    readonly passCompleted: Effect.Effect<PassSummary>
    readonly lastPass: () => Option.Option<PassSummary>
    /**
     * When this node is read next, by the wall clock, if the next pass starts when it says. Null: not in this pass, and
     * there is no next one.
     */
    readonly nextPoll: (nodeId: NodeId, nextPassAtMillis: number | null) => NextPoll | null
    /** Nodes that are due, being read, and of these waiting for longer than a second. */
    readonly counts: () => { readonly due: number; readonly reading: number; readonly parked: number }
  }
>()("tutti/conductor/SyncFlow") {
  static readonly layer: Layer.Layer<
    SyncFlow,
    never,
    | BmcGovernor
    | ConductorConfig
    | Incidents
    | Journal
    | NodeDirectory
    | NodeLock
    | ObservationWriter
    | Ownership
    | SyncActions
  > = Layer.effect(
    SyncFlow,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const config = yield* ConductorConfig
  const intervalMillis = () => Duration.toMillis(config.syncPowerStateInterval)
  const actions = yield* SyncActions
  const directory = yield* NodeDirectory
  const governor = yield* BmcGovernor
  const incidents = yield* Incidents
  const journal = yield* Journal
  const locks = yield* NodeLock
  const ownership = yield* Ownership
  const writer = yield* ObservationWriter
  const clock = yield* Clock.Clock
  const context = yield* Effect.context<never>()
  const queue = new PollQueue(() => config.syncPowerStateWorkers)
  const open = new OpenPasses()
  let last = Option.none<PassSummary>()
  let lastStartMillis: number | null = null
  let wake = () => {}
  let pumping = false
  let stopped = false

  const monotonicMillis = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

  /** Starts what is due. Answers that come while it runs are followed up by the same run. */
  const pump = () => {
    if (pumping || stopped) return
    pumping = true
    const now = monotonicMillis()
    for (let starts = 0; starts < startsAtOnce; starts++) {
      const slot = queue.next(now)
      if (slot === undefined) break
      read(slot)
    }
    pumping = false
    endPasses(now)
    if (queue.restMillis(now) === 0) wake()
  }

  const read = (slot: Slot) => {
    let answered = false
    const settle = (answer: () => PollOutcome) => {
      if (answered || slot.gone || stopped) return
      answered = true
      const { pass } = slot
      queue.done(slot)
      count(pass, answer())
      pump()
    }
    const fail = (error: BmcError) => settle(() => onFailure(slot, error))
    try {
      const onRead = (power: PowerState) => settle(() => onPower(slot, power))
      const withdraw = governor.startRead(slot.nodeId, { onPower: onRead, onFailure: fail })
      if (!answered) slot.withdraw = withdraw
    } catch (defect) {
      // A bug that shows with one BMC must not end the reading of all others.
      fail(new BmcError({ reason: "Protocol", message: `defect: ${String(defect)}`, withheld: false }))
    }
  }

  const onPower = (slot: Slot, power: PowerState): PollOutcome => {
    const record = directory.get(slot.nodeId)
    if (record === undefined) return "ok"
    const { node, observation: before } = record
    const answer: PowerAnswer = { _tag: "Read", power }
    const nowMillis = clock.currentTimeMillisUnsafe()
    const incident = incidents.answered(record, isAsRecorded(node, power) ? "AsRecorded" : "Changed", true)
    const decision = decideNow(record, answer, { reachable: true, incident }, nowMillis)
    const observation = { nodeId: node.id, power, observedAtMillis: nowMillis, failures: decision.failures }
    directory.observe(observation)
    follow(slot, record, answer, decision, before.failures, incident)
    withhold(slot, node, power, decision)
    const isTold = (needsAction[decision._tag] && decision._tag !== "ClearError") || decision._tag === "Withhold"
    if (!isTold && before.power !== null && before.power !== power && !isBusy(record)) {
      journal.record({ nodeId: node.id, kind: "PowerObserved", actor: syncTask, from: before.power, to: power })
    }
    return "ok"
  }

  const onFailure = (slot: Slot, error: BmcError): PollOutcome => {
    const outcome = failureOutcome(error.reason, error.withheld)
    const record = directory.get(slot.nodeId)
    if (record === undefined) return outcome
    const quiet =
      error.reason === "AuthenticationFailed" && Option.exists(governor.state(slot.nodeId), (state) => state.quiet)
    const answer: PowerAnswer = { _tag: "Failed", reason: error.reason, message: error.message, quiet }
    const { observation: before } = record
    const isAttached = !(error.withheld && error.reason === "Unsupported")
    const incident = incidents.answered(record, countsAsOutage(error.reason) ? "NoAnswer" : "Refused", !error.withheld)
    const situation = { reachable: isAttached, incident }
    const decision = decideNow(record, answer, situation, clock.currentTimeMillisUnsafe())
    if (decision.failures !== before.failures) directory.observe({ ...before, failures: decision.failures })
    follow(slot, record, answer, decision, before.failures, incident)
    return outcome
  }

  const decideNow = (
    { node, observation: { failures } }: NodeRecord,
    answer: PowerAnswer,
    situation: { readonly reachable: boolean; readonly incident: boolean },
    nowMillis: number
  ): SyncDecision => {
    const locked = locks.holder(node.id) !== undefined
    return decide(answer, { node, failures, locked, ...situation, nowMillis }, syncRulesOf(config, node.conductorGroup))
  }

  /** Tells what is not done where Tutti only observes: once a change, not once a pass. */
  const withhold = (slot: Slot, node: Node, power: PowerState, decision: SyncDecision) => {
    const withheld = decision._tag === "Withhold" ? decision.power : null
    if (withheld === slot.withheld) return
    slot.withheld = withheld
    if (withheld === null) return
    const reason = correctionWithheld(withheld, power)
    const fact = { nodeId: node.id, actor: syncTask, from: power, to: withheld, reason }
    journal.record({ ...fact, kind: "PowerWithheld", severity: "WARNING" })
  }

  const follow = (
    slot: Slot,
    record: NodeRecord,
    answer: PowerAnswer,
    decision: SyncDecision,
    failures: number,
    incident: boolean
  ) => {
    slot.failing = decision.failures > 0 || (answer._tag === "Failed" && record.node.fault !== null)
    if (needsAction[decision._tag]) {
      actions.offer({ nodeId: slot.nodeId, answer, failures, incident, observation: record.observation })
    }
  }

  const isBusy = ({ node }: NodeRecord) => node.pendingPower !== null || locks.holder(node.id) !== undefined

  const count = (pass: Pass | null, outcome: PollOutcome) => {
    pollCounters[outcome].updateUnsafe(1, context)
    open.count(pass, outcome)
  }

  const endPasses = (nowMillis: number) =>
    open.end(nowMillis, (summary) => {
      last = Option.some(summary)
      syncDuration.updateUnsafe(summary.durationMillis / 1000, context)
      if (summary.skipped > 0) passSkips.updateUnsafe(summary.skipped, context)
      writer.hurry()
    })

  const begin = (spreadMillis: number, ended: (summary: PassSummary) => void): void => {
    const now = monotonicMillis()
    const nowMillis = clock.currentTimeMillisUnsafe()
    const first = lastStartMillis === null
    lastStartMillis = now
    const mine: Array<NodeId> = []
    for (const { node } of directory.all()) {
      if (ownership.isMine(node.id)) mine.push(node.id)
      incidents.take(node, ownership.isMine(node.id))
    }
    const pass = queue.startPass(mine, now, spreadMillis)
    open.add(pass, nowMillis, ended)
    if (first && spreadMillis > 0) for (const id of mine) if (isStale(id, nowMillis)) pollNow(id)
    pump()
    wake()
  }

  const isStale = (id: NodeId, nowMillis: number): boolean => {
    const record = directory.get(id)
    const age = record === undefined ? null : ageMillis(record.observation, nowMillis)
    return age === null || age >= intervalMillis()
  }

  const pollNow = (id: NodeId) => {
    const record = directory.get(id)
    if (stopped || record === undefined || !ownership.isMine(id)) return
    queue.dueNow(id, record.observation.failures > 0, monotonicMillis())
    wake()
  }

  /** The spacing, or what it really is while somebody made it shorter. */
  const spreadMillis = () => {
    if (!config.syncPowerStateSpread) return 0
    const interval = intervalMillis()
    const sinceLast = lastStartMillis === null ? interval : monotonicMillis() - lastStartMillis
    return Math.min(interval, sinceLast)
  }

  const rest = () => queue.restMillis(monotonicMillis())
  /** Suspends until something was made due, or scheduled: what was planned when it began may come earlier then. */
  const woken = (restMillis: number) =>
    Effect.callback<void>((resume) => {
      if (rest() < restMillis - tickMillis) return resume(Effect.void)
      wake = () => {
        wake = () => {}
        resume(Effect.void)
      }
    })
  const untilDue = Effect.suspend(() => {
    const restMillis = rest()
    if (restMillis <= tickMillis) return Effect.void
    if (restMillis === Infinity) return woken(restMillis)
    return Effect.timeoutOption(woken(restMillis), restMillis - tickMillis)
  })
  const run: Effect.Effect<void> = Effect.forever(
    untilDue.pipe(Effect.andThen(Effect.sleep(tickMillis)), Effect.andThen(Effect.sync(pump)))
  )
  yield* Effect.forkScoped(run)
  const unlisten = directory.listen((change) => {
    if (change._tag === "BmcAttached") pollNow(change.nodeId)
    else {
      queue.forget(change.nodeId)
      pump()
    }
  })
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      stopped = true
      unlisten()
    })
  )

  return SyncFlow.of({
    startPass: Effect.sync(() => {
      begin(spreadMillis(), () => {})
      return last
    }),
    pollNow,
    passCompleted: Effect.callback<PassSummary>((resume) => {
      begin(0, (summary) => resume(Effect.succeed(summary)))
    }).pipe(Effect.tap(() => Effect.andThen(actions.idle, writer.drain))),
    lastPass: () => last,
    nextPoll: (nodeId, nextPassAtMillis) => {
      const { dueAtMillis, now, phase } = queue.turn(nodeId)
      if (now) return { now: true }
      if (dueAtMillis !== null) {
        const inMillis = Math.max(0, dueAtMillis - monotonicMillis())
        return { atMillis: clock.currentTimeMillisUnsafe() + Math.round(inMillis) }
      }
      const spread = config.syncPowerStateSpread ? intervalMillis() : 0
      return nextPassAtMillis === null ? null : { atMillis: nextPassAtMillis + Math.round(phase * spread) }
    },
    counts: () => queue.counts()
  })
})

/** Nothing is to be done about the machine: it is as recorded, or nothing is. */
const isAsRecorded = ({ desiredPower, fault }: Node, power: PowerState): boolean =>
  desiredPower === null || fault !== null || desiredPower === power

const needsAction: Readonly<Record<SyncDecision["_tag"], boolean>> = {
  Settled: false,
  LeaveAlone: false,
  CountFailure: false,
  Doubt: true,
  ClearError: true,
  Adopt: true,
  Correct: true,
  Withhold: false,
  Accept: true,
  Follow: true,
  GiveUp: true,
  Recover: true
}
