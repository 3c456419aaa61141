/** An incident that is open: what it covers and how many of its nodes fail. Plain data, written by `IncidentCounts`. */
import { type Ramp, type Scope, startRamp } from "../domain/Incidents.ts"

/** A scope, and how many of its nodes there are and began to fail lately. */
export interface ScopeCount {
  readonly scope: Scope
  total: number
  recent: number
}

export interface OpenIncident {
  readonly number: number
  /** Wall clock. */
  readonly openedAtMillis: number
  /** Monotonic, like all others here. */
  readonly beganMillis: number
  scopes: ReadonlyArray<ScopeCount>
  /** Scopes were added last; what fails until a window later is of the same cause. */
  grewMillis: number
  /** Since when so few fail that it is over; null while it is not. */
  overSinceMillis: number | null
  /** Nodes that fail now, the most that failed at once, and those whose record followed them. */
  failing: number
  worst: number
  changed: number
  ramp: Ramp
  /** The incident that it became part of. */
  mergedInto: OpenIncident | null
}

export const openIncident = (number: number, nowMillis: number, nowWallMillis: number): OpenIncident => ({
  number,
  openedAtMillis: nowWallMillis,
  beganMillis: nowMillis,
  scopes: [],
  grewMillis: nowMillis,
  overSinceMillis: null,
  failing: 0,
  worst: 0,
  changed: 0,
  ramp: startRamp(nowMillis),
  mergedInto: null
})

/** Nodes of the incident's scopes, those that never failed included. */
export const nodesOf = ({ scopes }: OpenIncident): number => scopes.reduce((sum, { total }) => sum + total, 0)

/** One more of its nodes fails. */
export const countUp = (incident: OpenIncident): void => {
  incident.worst = Math.max(incident.worst, ++incident.failing)
}
