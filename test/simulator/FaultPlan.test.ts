import { describe, expect, it } from "@effect/vitest"
import { faultPercentagesProblem, pickPercent, planFaults } from "../../src/simulator/FaultPlan.ts"

const counted = (plan: ReadonlyArray<string | null>) => {
  const counts: Record<string, number> = {}
  for (const fault of plan) counts[fault ?? "none"] = (counts[fault ?? "none"] ?? 0) + 1
  return counts
}

describe("FaultPlan", () => {
  it("gives exactly the asked percentages, one fault a BMC", () => {
    expect(counted(planFaults({ dead: 10, slow: 5, flap: 1 }, 7, 1000))).toEqual({
      dead: 100,
      slow: 50,
      flap: 10,
      none: 840
    })
    expect(counted(planFaults({ dead: 100 }, 7, 30))).toEqual({ dead: 30 })
    expect(counted(planFaults({}, 7, 3))).toEqual({ none: 3 })
  })

  it("gives a share of parts of a percent on average", () => {
    const { dead = 0 } = counted(planFaults({ dead: 0.5 }, 7, 20_000))
    expect(dead).toBeGreaterThan(60)
    expect(dead).toBeLessThan(140)
  })

  it("is the same for the same seed, another for another, and a small fleet is the beginning of a large one", () => {
    const plan = planFaults({ dead: 20 }, 7, 250)
    expect(planFaults({ dead: 20 }, 7, 250)).toEqual(plan)
    expect(planFaults({ dead: 20 }, 8, 250)).not.toEqual(plan)
    expect(planFaults({ dead: 20 }, 7, 130)).toEqual(plan.slice(0, 130))
  })

  it("says which percentage makes no sense", () => {
    expect(faultPercentagesProblem({ dead: 60, slow: 40 })).toBeNull()
    expect(faultPercentagesProblem({ busy: 101 })).toEqual({
      kind: "busy",
      detail: "101 is not a percentage from 0 to 100"
    })
    expect(faultPercentagesProblem({ dead: 60, slow: 41 })).toEqual({
      kind: "slow",
      detail: "the faults add up to more than 100 percent"
    })
    expect(faultPercentagesProblem({ dead: Number.NaN })?.kind).toBe("dead")
  })

  it("picks a part of the fleet by the seed, more of it including less", () => {
    const tenth = pickPercent(10, 3, 500)
    expect(tenth).toHaveLength(50)
    expect(pickPercent(10, 3, 500)).toEqual(tenth)
    expect(pickPercent(10, 4, 500)).not.toEqual(tenth)
    expect(pickPercent(30, 3, 500)).toEqual(expect.arrayContaining([...tenth]))
    expect(pickPercent(100, 3, 4)).toEqual([0, 1, 2, 3])
    expect(pickPercent(0, 3, 4)).toEqual([])
  })
})
