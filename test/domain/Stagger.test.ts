import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Budget, type BudgetOf, leastMillis, Stagger, type Started } from "../../src/domain/Stagger.ts"

const free: Budget = { perSecond: 0, atOnce: 0 }
const only =
  (name: string, budget: Budget): BudgetOf =>
  (asked) =>
    asked === name ? budget : free

const items = (count: number, of = "n") => Array.from({ length: count }, (_, index) => `${of}${index}`)
const names = (started: ReadonlyArray<Started<string>>) => started.map(({ item }) => item)

interface Start {
  readonly atMillis: number
  readonly item: string
  readonly budgets: ReadonlyArray<string>
}

/**
 * Runs it to its end, looking when something may start, each time `late` too late, with each node on the way for `takes`.
 * Tells every start, and for each budget the most that were on the way at once.
 */
const run = (
  stagger: Stagger<string>,
  budgetOf: BudgetOf,
  { late, takes }: { readonly late: () => number; readonly takes: () => number }
) => {
  const starts: Array<Start> = []
  const mostOnTheWay = new Map<string, number>()
  let onTheWay: Array<{ readonly endsAtMillis: number; readonly budgets: ReadonlyArray<string> }> = []
  let nowMillis = 0
  while (stagger.waiting > 0) {
    for (const { budgets, item } of stagger.start(nowMillis, budgetOf)) {
      starts.push({ atMillis: nowMillis, item, budgets })
      onTheWay.push({ endsAtMillis: nowMillis + takes(), budgets })
    }
    for (const name of new Set(onTheWay.flatMap(({ budgets }) => budgets))) {
      const count = onTheWay.filter(({ budgets }) => budgets.includes(name)).length
      mostOnTheWay.set(name, Math.max(mostOnTheWay.get(name) ?? 0, count))
    }
    const nextEnd = Math.min(...onTheWay.map(({ endsAtMillis }) => endsAtMillis))
    const next = Math.min(nextEnd, stagger.nextAtMillis(nowMillis, budgetOf) + late())
    // Neither a start nor an end ever comes: those that wait are starved.
    if (stagger.waiting > 0 && !Number.isFinite(next)) throw new Error("nothing moves any more")
    nowMillis = Math.max(nowMillis, next)
    for (const { budgets } of onTheWay.filter(({ endsAtMillis }) => endsAtMillis <= nowMillis)) stagger.ended(budgets)
    onTheWay = onTheWay.filter(({ endsAtMillis }) => endsAtMillis > nowMillis)
  }
  return { starts, mostOnTheWay }
}

const budget = fc.record({
  perSecond: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 120 }), fc.double({ min: 0.2, max: 20, noNaN: true })),
  atOnce: fc.nat(6)
})
/** Three racks in two groups, one job with a budget of its own. */
const world = fc.record({
  budgets: fc.record({ r1: budget, r2: budget, r3: budget, a: budget, b: budget, job: budget }),
  counts: fc.tuple(fc.nat(25), fc.nat(25), fc.nat(25)),
  late: fc.array(fc.nat(60), { minLength: 1, maxLength: 8 }),
  takes: fc.array(fc.nat(3000), { minLength: 1, maxLength: 8 })
})

const cycle = (values: ReadonlyArray<number>) => {
  let at = 0
  return () => values[at++ % values.length] ?? 0
}

const simulate = ({ budgets, counts, late, takes }: typeof world extends fc.Arbitrary<infer A> ? A : never) => {
  const stagger = new Stagger<string>()
  const lanes = [
    { of: "r1", budgets: ["r1", "a", "job"] },
    { of: "r2", budgets: ["r2", "a", "job"] },
    { of: "r3", budgets: ["r3", "b", "job"] }
  ]
  for (const [index, lane] of lanes.entries()) stagger.enqueue(lane.budgets, items(counts[index] ?? 0, `${lane.of}-`))
  const budgetOf: BudgetOf = (name) => budgets[name as keyof typeof budgets] ?? free
  return { ...run(stagger, budgetOf, { late: cycle(late), takes: cycle(takes) }), budgetOf, lanes }
}

describe("a staggered start", () => {
  it("never starts more than the budget in any second, whenever that begins and however late its timers are", () => {
    fc.assert(
      fc.property(world, (given) => {
        const { budgetOf, starts } = simulate(given)
        for (const name of ["r1", "r2", "r3", "a", "b", "job"]) {
          const { perSecond } = budgetOf(name)
          if (perSecond === 0) continue
          const times = starts.filter(({ budgets }) => budgets.includes(name)).map(({ atMillis }) => atMillis)
          for (const from of times) {
            const within = times.filter((at) => at >= from && at < from + 1000).length
            expect(within).toBeLessThanOrEqual(Math.ceil(perSecond))
          }
        }
      })
    )
  })

  it("never has more on the way than the budget", () => {
    fc.assert(
      fc.property(world, (given) => {
        const { budgetOf, mostOnTheWay } = simulate(given)
        for (const [name, most] of mostOnTheWay) {
          const { atOnce } = budgetOf(name)
          if (atOnce > 0) expect(most).toBeLessThanOrEqual(atOnce)
        }
      })
    )
  })

  it("starts every node once, and those of a lane in their order", () => {
    fc.assert(
      fc.property(world, (given) => {
        const { starts } = simulate(given)
        for (const [index, rack] of ["r1", "r2", "r3"].entries()) {
          const order = starts.filter(({ item }) => item.startsWith(rack)).map(({ item }) => item)
          expect(order).toEqual(items(given.counts[index] ?? 0, `${rack}-`))
        }
      })
    )
  })

  it("starves nobody: between two starts of a lane that could go, each other lane starts at most once", () => {
    const stagger = new Stagger<string>()
    for (const rack of ["r1", "r2", "r3"]) stagger.enqueue([rack, "job"], items(4, `${rack}-`))
    const { starts } = run(stagger, only("job", { perSecond: 2, atOnce: 0 }), { late: () => 0, takes: () => 0 })
    expect(starts.slice(0, 7).map(({ atMillis, item }) => `${item} ${atMillis}`)).toEqual([
      "r1-0 0",
      "r2-0 500",
      "r3-0 1000",
      "r1-1 1500",
      "r2-1 2000",
      "r3-1 2500",
      "r1-2 3000"
    ])
  })

  it("is the same each time", () => {
    fc.assert(
      fc.property(world, (given) => {
        expect(simulate(given).starts).toEqual(simulate(given).starts)
      }),
      { numRuns: 20 }
    )
  })

  it("starts up to ten a second one by one, and more in ten parts", () => {
    const timesOf = (perSecond: number, count: number) => {
      const stagger = new Stagger<string>()
      stagger.enqueue(["r"], items(count))
      return run(stagger, only("r", { perSecond, atOnce: 0 }), { late: () => 0, takes: () => 0 }).starts.map(
        ({ atMillis }) => atMillis
      )
    }
    expect(timesOf(4, 4)).toEqual([0, 250, 500, 750])
    expect(timesOf(0.5, 3)).toEqual([0, 2000, 4000])
    expect(timesOf(25, 8)).toEqual([0, 0, 100, 100, 100, 200, 200, 300])
    expect(timesOf(0, 3)).toEqual([0, 0, 0])
  })

  it("goes on as soon as one of those on the way has ended", () => {
    const stagger = new Stagger<string>()
    const budgetOf = only("r", { perSecond: 0, atOnce: 2 })
    stagger.enqueue(["r"], items(4))
    const [first] = stagger.start(0, budgetOf)
    expect(stagger.start(10, budgetOf)).toEqual([])
    expect(stagger.nextAtMillis(10, budgetOf)).toBe(Infinity)
    stagger.ended(first?.budgets ?? [])
    expect(stagger.nextAtMillis(20, budgetOf)).toBe(20)
    expect(names(stagger.start(20, budgetOf))).toEqual(["n2"])
  })

  it("follows a budget that changes while nodes wait", () => {
    const stagger = new Stagger<string>()
    stagger.enqueue(["r"], items(5))
    expect(names(stagger.start(0, only("r", { perSecond: 1, atOnce: 0 })))).toEqual(["n0"])
    expect(names(stagger.start(1, only("r", { perSecond: 1, atOnce: 0 })))).toEqual([])
    expect(names(stagger.start(2, only("r", free)))).toEqual(["n1", "n2", "n3", "n4"])
  })

  it("takes those that wait out again, and leaves the others where they were", () => {
    const stagger = new Stagger<string>()
    const budgetOf = only("r", { perSecond: 1, atOnce: 0 })
    stagger.enqueue(["r"], items(3, "a"))
    stagger.enqueue(["r"], items(2, "b"))
    expect(names(stagger.start(0, budgetOf))).toEqual(["a0"])
    expect(stagger.withdraw((item) => item.startsWith("a"))).toEqual(["a1", "a2"])
    expect(stagger.waiting).toBe(2)
    expect(stagger.start(500, budgetOf)).toEqual([])
    expect(names(stagger.start(1000, budgetOf))).toEqual(["b0"])
  })

  it("remembers a budget over the end of those who were under it, for as long as it matters", () => {
    const stagger = new Stagger<string>()
    const budgetOf = only("r", { perSecond: 2, atOnce: 0 })
    stagger.enqueue(["r"], items(1))
    stagger.ended(stagger.start(0, budgetOf)[0]?.budgets ?? [])
    stagger.tidy(100, budgetOf)
    stagger.enqueue(["r"], items(1))
    expect(stagger.start(100, budgetOf)).toEqual([])
    expect(stagger.start(500, budgetOf)).toHaveLength(1)
  })
})

describe("the least time that a start takes", () => {
  it("is what a run without delay takes", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom(0, 0.5, 1, 3, 7, 10, 11, 25, 57, 100),
        (count, perSecond) => {
          const stagger = new Stagger<string>()
          stagger.enqueue(["r"], items(count))
          const budget = { perSecond, atOnce: 0 }
          const { starts } = run(stagger, only("r", budget), { late: () => 0, takes: () => 0 })
          expect(starts.at(-1)?.atMillis).toBeCloseTo(leastMillis(count, budget), 6)
        }
      )
    )
  })
})
