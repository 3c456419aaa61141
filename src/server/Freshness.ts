/**
 * How much of the fleet is known freshly: the share of nodes whose last observation is not older than their conductor
 * group may have it. Computed when asked for, in one walk. Pure.
 */
import type { Status } from "../api/ServiceApi.ts"
import { ageMillis, type NodeRecord } from "../domain/Node.ts"
import { family } from "./FleetMetrics.ts"

/** Groups that are shown and labelled, the least fresh ones; more than any site has, and few enough for a scrape. */
const mostGroups = 100

export interface GroupFreshness {
  readonly group: string
  readonly maxAgeMillis: number
  nodes: number
  fresh: number
}

export interface Freshness {
  readonly nodes: number
  readonly fresh: number
  /** Null before the first observation. */
  readonly oldestAgeMillis: number | null
  /** The least fresh first. */
  readonly groups: ReadonlyArray<GroupFreshness>
}

export const countFreshness = (
  records: Iterable<NodeRecord>,
  nowMillis: number,
  maxAgeMillisOf: (group: string) => number
): Freshness => {
  const groups = new Map<string, GroupFreshness>()
  let oldestAgeMillis: number | null = null
  for (const { node, observation } of records) {
    const group = node.conductorGroup
    let counts = groups.get(group)
    if (counts === undefined) {
      groups.set(group, (counts = { group, maxAgeMillis: maxAgeMillisOf(group), nodes: 0, fresh: 0 }))
    }
    counts.nodes++
    const age = ageMillis(observation, nowMillis)
    if (age === null) continue
    if (age <= counts.maxAgeMillis) counts.fresh++
    if (oldestAgeMillis === null || age > oldestAgeMillis) oldestAgeMillis = age
  }
  const all = Array.from(groups.values())
  return {
    nodes: all.reduce((sum, { nodes }) => sum + nodes, 0),
    fresh: all.reduce((sum, { fresh }) => sum + fresh, 0),
    oldestAgeMillis,
    groups: all.toSorted((a, b) => shareOf(a) - shareOf(b))
  }
}

/** 1 for no nodes. */
const shareOf = ({ fresh, nodes }: { readonly fresh: number; readonly nodes: number }): number =>
  nodes === 0 ? 1 : fresh / nodes

/** `maxAgeMillis`: of groups that have none of their own. */
export const toFreshness = (freshness: Freshness, maxAgeMillis: number): Status["freshness"] => ({
  max_age_seconds: maxAgeMillis / 1000,
  share_within: shareOf(freshness),
  oldest_age_seconds: freshness.oldestAgeMillis === null ? null : freshness.oldestAgeMillis / 1000,
  groups: freshness.groups.slice(0, mostGroups).map((counts) => ({
    group: counts.group,
    nodes: counts.nodes,
    max_age_seconds: counts.maxAgeMillis / 1000,
    share_within: shareOf(counts)
  }))
})

export const formatFreshness = (freshness: Freshness): string =>
  [
    ...family("tutti_fresh_share", "gauge", "Share of all nodes observed within the maximum age of their group"),
    `tutti_fresh_share ${shareOf(freshness)}`,
    ...family("tutti_group_fresh_share", "gauge", "The same by conductor group: the 100 least fresh ones"),
    ...freshness.groups
      .slice(0, mostGroups)
      .map((counts) => `tutti_group_fresh_share{conductor_group="${escaped(counts.group)}"} ${shareOf(counts)}`),
    ""
  ].join("\n")

/** A label's value in Prometheus' text format. */
const escaped = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")
