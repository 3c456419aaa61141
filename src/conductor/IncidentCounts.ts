/**
 * Which nodes fail, counted by place, scope and incident: kept right with every answer, so that nobody walks the fleet.
 * Plain data with the time passed in. `domain/Incidents` has the rules.
 *
 * Only nodes that fail, or came back otherwise than recorded, have an entry of their own here; of all others only their
 * place is known, which nodes with the same group, subnet and rack share.
 */
import type { Node, NodeId, NodeRecord } from "../domain/Node.ts"
import {
  explain,
  type IncidentRules,
  isOver,
  keyOf,
  needed,
  type Place,
  type Scope,
  scopesOf
} from "../domain/Incidents.ts"
import { Fifo } from "./Fifo.ts"
import { countUp, nodesOf, openIncident, type OpenIncident, type ScopeCount } from "./OpenIncident.ts"

interface PlaceCount extends Place<ScopeCount> {
  readonly key: string
  readonly scopes: ReadonlyArray<ScopeCount>
  nodes: number
  recent: number
  /** The open incident that covers it. */
  incident: OpenIncident | null
}

/** A node that fails, or came back from an incident and is not as recorded yet. */
interface Trouble {
  readonly nodeId: NodeId
  place: PlaceCount
  failing: boolean
  /** Began to fail within the window: counts towards a new incident. */
  recent: boolean
  sinceMillis: number
  /** The incident it failed in, until it is as recorded again: that one may have closed meanwhile. */
  incident: OpenIncident | null
  /** It was asked by a canary round or a step of the ramp. */
  asked: boolean
}

/** Of a BMC: none, a refusal that only concerns this node, or a power state, as recorded or not. */
export type Answer = "NoAnswer" | "Refused" | "AsRecorded" | "Changed"

const nowhere: PlaceCount = { key: "", scopes: [], nodes: 0, recent: 0, incident: null }

export class IncidentCounts {
  readonly open = new Set<OpenIncident>()
  private readonly scopes = new Map<string, ScopeCount>()
  private readonly places = new Map<string, PlaceCount>()
  private readonly members = new Map<NodeId, { readonly node: Node; readonly place: PlaceCount }>()
  private readonly trouble = new Map<NodeId, Trouble>()
  /** Those that began to fail, by time. */
  private readonly onsets = new Fifo<{ readonly entry: Trouble; readonly sinceMillis: number }>()
  private readonly rules: () => IncidentRules & { readonly windowMillis: number; readonly enabled: boolean }
  private opened = 0

  constructor(rules: IncidentCounts["rules"]) {
    this.rules = rules
  }

  /** Takes a node in, or what changed of it. */
  join(node: Node): PlaceCount {
    const known = this.members.get(node.id)
    if (known?.node === node) return known.place
    const place = this.placeOf(node)
    this.members.set(node.id, { node, place })
    if (known?.place === place) return place
    const entry = this.trouble.get(node.id)
    const recent = entry?.recent ?? false
    if (entry !== undefined) this.setRecent(entry, false)
    this.moveTotals(place, 1)
    if (known !== undefined) this.moveTotals(known.place, -1)
    if (entry !== undefined) {
      entry.place = place
      this.setRecent(entry, recent)
    }
    return place
  }

  forget(nodeId: NodeId): void {
    const known = this.members.get(nodeId)
    if (known === undefined) return
    this.members.delete(nodeId)
    const entry = this.trouble.get(nodeId)
    if (entry !== undefined) this.settle(entry)
    this.moveTotals(known.place, -1)
  }

  /**
   * What was answered for the node; `real`: by its BMC, not by the governor. True: it is in an incident, so that its
   * machine is not to be switched nor the node to go to fault. A machine that came back from an incident in another state
   * than recorded stays in it until the record has followed.
   */
  answered(record: NodeRecord, answer: Answer, real: boolean, nowMillis: number, nowWallMillis: number): boolean {
    const place = this.join(record.node)
    const entry = this.trouble.get(record.node.id)
    if (answer === "NoAnswer") {
      if (entry?.asked === true && real) this.ramp(entry, false)
      this.failed(record, place, entry, nowMillis, nowWallMillis)
      return place.incident !== null
    }
    if (entry === undefined) return place.incident !== null
    if (entry.failing) this.ramp(entry, true)
    this.stopFailing(entry)
    const { incident } = entry
    if (answer === "Refused") return place.incident !== null
    if (answer === "AsRecorded" || incident === null) this.settle(entry)
    return place.incident !== null || incident !== null
  }

  /** The record of the node followed its machine: what the machine does from now on is another matter. */
  accepted(nodeId: NodeId): void {
    const entry = this.trouble.get(nodeId)
    const incident = entry?.incident ?? this.incidentOf(nodeId)
    if (incident !== null) incident.changed++
    if (entry !== undefined && !entry.failing) this.settle(entry)
  }

  /** The incident that the node is in now; null for none. */
  incidentOf(nodeId: NodeId): OpenIncident | null {
    return this.members.get(nodeId)?.place.incident ?? null
  }

  /** Nodes of the incident to ask now, those that were not asked for longest first. */
  pick(incident: OpenIncident, count: number): ReadonlyArray<NodeId> {
    const picked: Array<Trouble> = []
    for (const entry of this.trouble.values()) {
      if (picked.length === count) break
      if (entry.incident === incident && entry.failing) picked.push(entry)
    }
    for (const entry of picked) {
      entry.asked = true
      this.trouble.delete(entry.nodeId)
      this.trouble.set(entry.nodeId, entry)
    }
    return picked.map(({ nodeId }) => nodeId)
  }

  /** Whether so few nodes fail for so long that the incident is over. */
  hasEnded(incident: OpenIncident, forMillis: number, nowMillis: number): boolean {
    const rules = this.rules()
    const over = !rules.enabled || isOver(incident.failing, nodesOf(incident), rules)
    incident.overSinceMillis = over ? (incident.overSinceMillis ?? nowMillis) : null
    return incident.overSinceMillis !== null && nowMillis - incident.overSinceMillis >= forMillis
  }

  close(incident: OpenIncident): void {
    this.open.delete(incident)
    this.cover()
  }

  private failed(
    { node, observation }: NodeRecord,
    place: PlaceCount,
    known: Trouble | undefined,
    nowMillis: number,
    nowWallMillis: number
  ): void {
    // Left alone, told of already, or never seen to answer: a wrong address rather than an outage.
    if (place === nowhere || node.fault !== null || observation.observedAtMillis === null) {
      if (known !== undefined) this.settle(known)
      return
    }
    const entry = known ?? this.enter(node.id, place)
    if (!entry.failing) {
      entry.failing = true
      entry.sinceMillis = nowMillis
      this.onsets.push({ entry, sinceMillis: nowMillis })
      this.setRecent(entry, true)
      if (entry.incident !== null) countUp(entry.incident)
    }
    this.expireOnsets(nowMillis)
    if (this.rules().enabled && this.hasNews(place)) this.evaluate(nowMillis, nowWallMillis)
    if (place.incident !== null) this.assign(entry, place.incident)
  }

  private enter(nodeId: NodeId, place: PlaceCount): Trouble {
    const sinceMillis = 0
    const entry: Trouble = { nodeId, place, failing: false, recent: false, sinceMillis, incident: null, asked: false }
    this.trouble.set(nodeId, entry)
    return entry
  }

  private assign(entry: Trouble, incident: OpenIncident): void {
    if (entry.incident === incident) return
    if (entry.incident !== null && entry.failing) entry.incident.failing--
    entry.incident = incident
    if (entry.failing) countUp(incident)
  }

  private stopFailing(entry: Trouble): void {
    if (!entry.failing) return
    entry.failing = false
    this.setRecent(entry, false)
    if (entry.incident !== null) entry.incident.failing--
  }

  private settle(entry: Trouble): void {
    this.stopFailing(entry)
    this.trouble.delete(entry.nodeId)
  }

  private setRecent(entry: Trouble, recent: boolean): void {
    if (entry.recent === recent) return
    entry.recent = recent
    const by = recent ? 1 : -1
    entry.place.recent += by
    for (const scope of entry.place.scopes) scope.recent += by
  }

  private expireOnsets(nowMillis: number): void {
    const { windowMillis } = this.rules()
    for (let onset = this.onsets.peek(); onset !== undefined; onset = this.onsets.peek()) {
      if (onset.sinceMillis + windowMillis >= nowMillis) return
      this.onsets.shift()
      if (onset.entry.sinceMillis === onset.sinceMillis) this.setRecent(onset.entry, false)
    }
  }

  private qualifies({ recent, total }: ScopeCount): boolean {
    return recent >= needed(total, this.rules())
  }

  /** Whether a scope of the place has enough failing nodes, and is wider than what covers the place already. */
  private hasNews({ incident, scopes }: PlaceCount): boolean {
    const covering = incident?.scopes.filter((scope) => scopes.includes(scope)) ?? []
    const width = Math.max(0, ...covering.map(({ total }) => total))
    return scopes.some((scope) => this.qualifies(scope) && scope.total > width)
  }

  /** Opens an incident for what fails now and is in none, or lets one grow that is of the same time or place. */
  private evaluate(nowMillis: number, nowWallMillis: number): void {
    const { windowMillis } = this.rules()
    const places = Array.from(this.places.values())
    const qualifying = Array.from(this.scopes.values()).filter((scope) => this.qualifies(scope))
    const known = new Set(Array.from(this.open).flatMap(({ scopes }) => scopes))
    const fresh = explain(qualifying, places).filter((scope) => !known.has(scope))
    if (fresh.length === 0) return
    const touched = Array.from(this.open).filter(
      (incident) =>
        nowMillis - incident.grewMillis <= windowMillis ||
        places.some((place) => place.incident === incident && place.scopes.some((scope) => fresh.includes(scope)))
    )
    const [incident = openIncident(++this.opened, nowMillis, nowWallMillis), ...others] = touched
    const scopes = [...touched.flatMap(({ scopes }) => scopes), ...fresh]
    incident.scopes = explain(
      scopes,
      places.map(({ scopes }) => ({ scopes, recent: 1 }))
    )
    incident.grewMillis = nowMillis
    this.open.add(incident)
    for (const other of others) {
      other.mergedInto = incident
      this.open.delete(other)
    }
    this.cover()
    for (const entry of this.trouble.values()) {
      if (entry.failing && entry.place.incident !== null) this.assign(entry, entry.place.incident)
    }
  }

  /** Tells every place which incident covers it. */
  private cover(): void {
    const incidents = Array.from(this.open)
    for (const place of this.places.values()) {
      place.incident = incidents.find(({ scopes }) => scopes.some((scope) => place.scopes.includes(scope))) ?? null
    }
  }

  private ramp(entry: Trouble, answered: boolean): void {
    entry.asked = false
    const { incident } = entry
    if (incident === null) return
    const { ramp } = incident
    incident.ramp = answered ? { ...ramp, answered: ramp.answered + 1 } : { ...ramp, failed: ramp.failed + 1 }
  }

  /** A place or scope that has no nodes any more is forgotten. */
  private moveTotals(place: PlaceCount, by: number): void {
    if (place === nowhere) return
    place.nodes += by
    if (place.nodes === 0) this.places.delete(place.key)
    for (const scope of place.scopes) {
      scope.total += by
      if (scope.total === 0) this.scopes.delete(keyOf(scope.scope))
    }
  }

  private placeOf(node: Node): PlaceCount {
    const scopes = scopesOf(node)
    if (scopes.length === 0) return nowhere
    const keys = scopes.map(keyOf)
    const key = keys.join("\n")
    let place = this.places.get(key)
    if (place === undefined) {
      const counts = scopes.map((scope, index) => this.scopeCount(keys[index] ?? "", scope))
      const incident = Array.from(this.open).find(({ scopes }) => scopes.some((scope) => counts.includes(scope)))
      place = { key, scopes: counts, nodes: 0, recent: 0, incident: incident ?? null }
      this.places.set(key, place)
    }
    return place
  }

  private scopeCount(key: string, scope: Scope): ScopeCount {
    let count = this.scopes.get(key)
    if (count === undefined) this.scopes.set(key, (count = { scope, total: 0, recent: 0 }))
    return count
  }
}
