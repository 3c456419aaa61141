/**
 * Incidents: outages of many BMCs at once, seen as one thing and told as one thing. Power sync tells what each BMC
 * answered and is told whether the node is in an incident; `IncidentWatch` asks the canaries.
 *
 * An incident protects its nodes from the first moment on, and is told a little later, once it is seen how wide it is.
 * Nothing of it is stored but the journal's entries: a conductor that starts during an outage finds it again by the
 * failure counts that it stored.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { namesOf, nextStep, type Scope } from "../domain/Incidents.ts"
import type { Node, NodeId, NodeRecord } from "../domain/Node.ts"
import { ConductorConfig } from "./ConductorConfig.ts"
import { type Answer, IncidentCounts } from "./IncidentCounts.ts"
import { Journal } from "./Journal.ts"
import { NodeDirectory } from "./NodeDirectory.ts"
import { nodesOf, type OpenIncident } from "./OpenIncident.ts"
import { Ownership } from "./Ownership.ts"
import { syncTask } from "./TaskNames.ts"

/** Closed incidents that can still be asked for; the journal has all. */
const mostRecent = 50
/** How long an incident is watched before it is told, and before it is called over: a third of a spacing, or this. */
const longestSettleMillis = 10_000

export interface Incident {
  /** Counts up from the conductor's start. */
  readonly number: number
  readonly scopes: ReadonlyArray<Scope>
  readonly openedAtMillis: number
  /** Null while it is open. */
  readonly closedAtMillis: number | null
  /** The incident that it turned out to be a part of. */
  readonly mergedInto: number | null
  /** Nodes of its scopes. */
  readonly nodes: number
  readonly failing: number
  /** The most that failed at once. */
  readonly worst: number
  /** Machines that came back in another state than recorded: the record followed them. */
  readonly changed: number
}

export class Incidents extends Context.Service<
  Incidents,
  {
    /**
     * Takes what a BMC answered, `real` or by its governor, before anything follows from it. True: no fault is to be
     * raised and no machine switched.
     */
    readonly answered: (record: NodeRecord, answer: Answer, real: boolean) => boolean
    /** Whether the node is in an incident now. */
    readonly holds: (nodeId: NodeId) => boolean
    /** The record of a node that an incident holds has followed its machine. */
    readonly accepted: (nodeId: NodeId) => void
    /** Takes in a node, or what changed of it, and leaves out another conductor's; cheap where nothing did. */
    readonly take: (node: Node, isMine: boolean) => void
    /** Tells what is to be told, ends what is over, and answers with the nodes to ask now. */
    readonly tick: Effect.Effect<ReadonlyArray<NodeId>>
    /** Whether anything is to be watched: else `tick` has nothing to do until `opened`. */
    readonly watching: () => boolean
    /** Is called when the first incident opens; one listener. */
    readonly onOpened: (listener: () => void) => void
    /** The incident that the node is in; undefined for none. */
    readonly of: (nodeId: NodeId) => Incident | undefined
    /** Open ones and then closed ones, the newest first. */
    readonly list: () => ReadonlyArray<Incident>
  }
>()("tutti/conductor/Incidents") {
  static readonly layer: Layer.Layer<Incidents, never, ConductorConfig | Journal | NodeDirectory | Ownership> =
    Layer.effect(
      Incidents,
      Effect.suspend(() => make)
    )
}

const make = Effect.gen(function* () {
  const config = yield* ConductorConfig
  const directory = yield* NodeDirectory
  const journal = yield* Journal
  const ownership = yield* Ownership
  const clock = yield* Clock.Clock
  const spacingMillis = () => Duration.toMillis(config.syncPowerStateInterval)
  const counts = new IncidentCounts(() => ({
    enabled: config.incidents,
    minimumNodes: config.incidentMinimumNodes,
    sharePercent: config.incidentSharePercent,
    windowMillis: 2 * spacingMillis()
  }))
  const told = new Set<OpenIncident>()
  let recent: ReadonlyArray<Incident> = []
  let opened = () => {}

  const monotonicMillis = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  const answered = (record: NodeRecord, answer: Answer, real: boolean): boolean => {
    const before = counts.open.size
    const held = counts.answered(record, answer, real, monotonicMillis(), clock.currentTimeMillisUnsafe())
    if (before === 0 && counts.open.size > 0) opened()
    return held
  }

  const tell = (incident: OpenIncident): Effect.Effect<void> => {
    told.add(incident)
    const { failing, nodes } = view(incident)
    const reason =
      `${failing} of ${nodes} BMCs of ${scopeNames(incident)} fail together: until it is over no node of it goes to ` +
      "fault, and no machine of it is switched by power sync."
    const at = { nodeId: null, actor: syncTask, from: null, to: scopeNames(incident) }
    journal.record({ ...at, kind: "IncidentOpened", severity: "ERROR", reason })
    return Effect.logWarning("An incident: BMCs fail together").pipe(Effect.annotateLogs(annotations(incident)))
  }

  const end = (incident: OpenIncident): Effect.Effect<void> => {
    if (!told.delete(incident)) return Effect.void
    const { mergedInto } = incident
    recent = [{ ...view(incident), closedAtMillis: clock.currentTimeMillisUnsafe() }, ...recent].slice(0, mostRecent)
    const { changed, failing, worst } = incident
    const reason =
      mergedInto === null
        ? `${failing} still fail of ${worst} that did; ${changed} machines came back in another state, which their records followed.`
        : `It is a part of the incident of ${scopeNames(mergedInto)}.`
    const at = { nodeId: null, actor: syncTask, from: scopeNames(incident), to: null }
    journal.record({ ...at, kind: "IncidentClosed", reason })
    return Effect.logInfo("An incident is over").pipe(Effect.annotateLogs(annotations(incident)))
  }

  const tick = Effect.gen(function* () {
    const nowMillis = monotonicMillis()
    const settleMillis = Math.min(spacingMillis() / 3, longestSettleMillis)
    const ask: Array<NodeId> = []
    for (const incident of told) if (incident.mergedInto !== null) yield* end(incident)
    for (const incident of Array.from(counts.open)) {
      if (counts.hasEnded(incident, settleMillis, nowMillis)) {
        counts.close(incident)
        yield* end(incident)
        continue
      }
      const isSettled = nowMillis - incident.beganMillis >= settleMillis && incident.overSinceMillis === null
      if (!told.has(incident) && isSettled) yield* tell(incident)
      const step = nextStep(incident.ramp, nowMillis)
      incident.ramp = step.ramp
      if (step.ask > 0) ask.push(...counts.pick(incident, step.ask))
    }
    return ask
  })

  const take = (node: Node, isMine: boolean): void => {
    if (isMine) counts.join(node)
    else counts.forget(node.id)
  }
  for (const { node } of directory.all()) take(node, ownership.isMine(node.id))
  // All are in before the first is counted: of a fleet of which a part is known, a few would seem many.
  for (const record of directory.all()) {
    if (record.observation.failures > 0 && ownership.isMine(record.node.id)) answered(record, "NoAnswer", false)
  }
  const unlisten = directory.listen((change) => {
    if (change._tag === "NodeGone") return counts.forget(change.nodeId)
    const record = directory.get(change.nodeId)
    if (record !== undefined) take(record.node, ownership.isMine(record.node.id))
  })
  yield* Effect.addFinalizer(() => Effect.sync(unlisten))

  return Incidents.of({
    answered,
    holds: (nodeId) => counts.incidentOf(nodeId) !== null,
    accepted: (nodeId) => counts.accepted(nodeId),
    take,
    tick,
    watching: () => counts.open.size > 0 || told.size > 0,
    onOpened: (listener) => {
      opened = listener
    },
    of: (nodeId) => {
      const incident = counts.incidentOf(nodeId)
      return incident === null ? undefined : view(incident)
    },
    list: () => [...Array.from(told, view).toReversed(), ...recent]
  })
})

const view = (incident: OpenIncident): Incident => ({
  number: incident.number,
  scopes: incident.scopes.map(({ scope }) => scope),
  openedAtMillis: incident.openedAtMillis,
  closedAtMillis: null,
  mergedInto: incident.mergedInto?.number ?? null,
  nodes: nodesOf(incident),
  failing: incident.failing,
  worst: incident.worst,
  changed: incident.changed
})

const scopeNames = ({ scopes }: OpenIncident): string => namesOf(scopes.map(({ scope }) => scope))

const annotations = (incident: OpenIncident) => ({
  task: syncTask,
  incident: incident.number,
  of: scopeNames(incident),
  nodes: nodesOf(incident),
  failing: incident.failing,
  worst: incident.worst,
  changed: incident.changed
})
