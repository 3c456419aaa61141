import { describe, expect, it } from "@effect/vitest"
import { countFreshness, formatFreshness, toFreshness } from "../../src/server/Freshness.ts"
import { makeRecord } from "./support/Nodes.ts"

const now = 1_000_000_000
const seen = (n: number, conductorGroup: string, agoMillis: number) =>
  makeRecord(n, { conductorGroup }, { power: "power on", observedAtMillis: now - agoMillis })
const fleet = [
  seen(1, "", 500),
  seen(2, "", 60_000),
  seen(3, "", 60_001),
  seen(4, 'la"b', 60_001),
  seen(5, 'la"b', 300_000),
  makeRecord(6, { conductorGroup: "new" })
]
const counted = countFreshness(fleet, now, (group) => (group === 'la"b' ? 300_000 : 60_000))

describe("how fresh the fleet is", () => {
  it("is the share of nodes within the maximum age of their group, and by group, the least fresh first", () => {
    expect(toFreshness(counted, 60_000)).toEqual({
      max_age_seconds: 60,
      share_within: 4 / 6,
      oldest_age_seconds: 300,
      groups: [
        { group: "new", nodes: 1, max_age_seconds: 60, share_within: 0 },
        { group: "", nodes: 3, max_age_seconds: 60, share_within: 2 / 3 },
        { group: 'la"b', nodes: 2, max_age_seconds: 300, share_within: 1 }
      ]
    })
  })

  it("is 1 for an empty fleet, and has no oldest observation before the first", () => {
    const none = countFreshness([], now, () => 1)
    expect(toFreshness(none, 1000)).toEqual({
      max_age_seconds: 1,
      share_within: 1,
      oldest_age_seconds: null,
      groups: []
    })
  })

  it("is a metric, over all and by group", () => {
    const lines = formatFreshness(counted).split("\n")
    expect(lines.filter((line) => line.startsWith("tutti_"))).toEqual([
      `tutti_fresh_share ${4 / 6}`,
      'tutti_group_fresh_share{conductor_group="new"} 0',
      `tutti_group_fresh_share{conductor_group=""} ${2 / 3}`,
      'tutti_group_fresh_share{conductor_group="la\\"b"} 1'
    ])
  })

  it("has at most a hundred groups", () => {
    const many = Array.from({ length: 150 }, (_, n) => seen(n + 1, `g${n}`, n === 149 ? 90_000 : 0))
    const freshness = toFreshness(
      countFreshness(many, now, () => 60_000),
      60_000
    )
    expect([freshness.groups.length, freshness.groups[0]?.group]).toEqual([100, "g149"])
  })
})
