/**
 * Metrics of the fleet at this moment, computed when they are scraped: a histogram that only accumulates can't tell how
 * old the observations are now. Prometheus' text format 0.0.4. Pure, one walk over the fleet, never labelled by node.
 */
import type { Status } from "../api/ServiceApi.ts"
import { ageMillis, inMaintenance, type NodeRecord } from "../domain/Node.ts"
import type { GovernorCounts } from "../bmc/BmcGovernor.ts"

/** Upper bounds in seconds: around a spacing of 30 s, and far enough to tell an hour's outage from a day's. */
const AGE_BUCKETS = [1, 5, 10, 15, 20, 25, 30, 31, 35, 45, 60, 90, 120, 300, 600, 1800, 3600, 86_400] as const

export interface FleetCounts {
  readonly total: number
  readonly powerOn: number
  readonly powerOff: number
  readonly neverObserved: number
  readonly maintenance: number
  readonly fault: number
}

export const countFleet = (records: Iterable<NodeRecord>): FleetCounts => {
  const counts = { total: 0, powerOn: 0, powerOff: 0, neverObserved: 0, maintenance: 0, fault: 0 }
  for (const { node, observation } of records) {
    counts.total++
    if (observation.power === "power on") counts.powerOn++
    else if (observation.power === "power off") counts.powerOff++
    if (inMaintenance(node)) counts.maintenance++
    if (node.fault !== null) counts.fault++
    if (observation.observedAtMillis === null) counts.neverObserved++
  }
  return counts
}

export const formatFleetMetrics = (
  records: Iterable<NodeRecord>,
  nowMillis: number,
  governor: GovernorCounts
): string => {
  const buckets = AGE_BUCKETS.map(() => 0)
  let observed = 0
  let sumSeconds = 0
  let never = 0
  const byPower = { "power on": 0, "power off": 0, unknown: 0 }
  for (const { observation } of records) {
    byPower[observation.power ?? "unknown"]++
    const age = ageMillis(observation, nowMillis)
    if (age === null) {
      never++
      continue
    }
    observed++
    sumSeconds += age / 1000
    for (let index = AGE_BUCKETS.length - 1; index >= 0; index--) {
      if (age / 1000 > (AGE_BUCKETS[index] ?? 0)) break
      buckets[index] = (buckets[index] ?? 0) + 1
    }
  }
  return [
    ...family("tutti_power_observation_age_seconds", "histogram", "Age of each node's last observed power state now"),
    ...AGE_BUCKETS.map((bound, index) => `tutti_power_observation_age_seconds_bucket{le="${bound}"} ${buckets[index]}`),
    `tutti_power_observation_age_seconds_bucket{le="+Inf"} ${observed}`,
    `tutti_power_observation_age_seconds_sum ${sumSeconds}`,
    `tutti_power_observation_age_seconds_count ${observed}`,
    ...family("tutti_nodes", "gauge", "Nodes by their last observed power state"),
    ...Object.entries(byPower).map(([power, count]) => `tutti_nodes{power_state="${power}"} ${count}`),
    ...family("tutti_nodes_never_observed", "gauge", "Nodes whose power state was never read"),
    `tutti_nodes_never_observed ${never}`,
    ...family("tutti_bmcs", "gauge", "BMCs by what their governor lets through"),
    `tutti_bmcs{state="closed"} ${governor.attached - governor.open - governor.halfOpen}`,
    `tutti_bmcs{state="half-open"} ${governor.halfOpen}`,
    `tutti_bmcs{state="open"} ${governor.open}`,
    ...family("tutti_bmcs_quiet", "gauge", "BMCs whose credential was given up on"),
    `tutti_bmcs_quiet ${governor.quiet}`,
    ""
  ].join("\n")
}

/** How far the database is behind, and what was given up meanwhile. */
export const formatUnwritten = (unwritten: Status["unwritten"]): string =>
  [
    ...family("tutti_unwritten", "gauge", "What waits to be written to the database"),
    `tutti_unwritten{what="observations"} ${unwritten.observations}`,
    `tutti_unwritten{what="journal entries"} ${unwritten.journal_entries}`,
    ...family("tutti_lost_writes_total", "counter", "What was given up before the database took it"),
    `tutti_lost_writes_total{what="observations"} ${unwritten.observations_lost}`,
    `tutti_lost_writes_total{what="journal entries"} ${unwritten.journal_entries_lost}`,
    ""
  ].join("\n")

/** What stands before the samples of a metric. */
export const family = (name: string, type: "counter" | "gauge" | "histogram", help: string): ReadonlyArray<string> => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`
]
