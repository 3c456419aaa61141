import { describe, expect, it } from "@effect/vitest"
import * as fc from "fast-check"
import { firstDue, nextDue, passedDue, respacedDue, type SpacingRule } from "../../src/periodics/Due.ts"
import type { Overrun, Strategy } from "../../src/periodics/PeriodicTask.ts"

const rule = (strategy: Strategy, overrun: Overrun = "skip", spacingMillis = 100): SpacingRule => ({
  spacingMillis,
  strategy,
  overrun
})
const at = (gridMillis: number, atMillis = gridMillis) => ({ atMillis, gridMillis, wallMillis: null })

describe("the first due time", () => {
  it("lies one spacing after the task was added", () =>
    expect(firstDue(rule("last-started"), 1000, 0, false)).toEqual(at(1100)))
  it("is spread by the jitter", () => expect(firstDue(rule("last-started"), 1000, 5, false)).toEqual(at(1105)))
  it("of an immediate task is now, and its grid is spread all the same", () =>
    expect(firstDue(rule("aligned"), 1000, 5, true)).toEqual(at(1005, 1000)))
})

describe("the due time after a run", () => {
  const run = { gridMillis: 1000, startedMillis: 1010, finishedMillis: 1030 }
  it("by last-started is one spacing after its start", () =>
    expect(nextDue(rule("last-started"), run, 0)).toEqual(at(1110)))
  it("by last-finished is one spacing after its end", () =>
    expect(nextDue(rule("last-finished"), run, 0)).toEqual(at(1130)))
  it("by aligned is the next point of the grid", () => expect(nextDue(rule("aligned"), run, 0)).toEqual(at(1100)))
  it.each<Strategy>(["last-started", "last-finished", "aligned"])("by %s is put off by the jitter", (strategy) => {
    const calm = nextDue(rule(strategy), run, 0)
    expect(nextDue(rule(strategy), run, 5)).toEqual(at(calm.gridMillis, calm.atMillis + 5))
  })
  it("is not missed by a run that ends at that very moment", () => {
    expect(nextDue(rule("aligned"), { ...run, finishedMillis: 1100 }, 0)).toEqual(at(1100))
    expect(nextDue(rule("aligned"), { ...run, finishedMillis: 1101 }, 0)).toEqual(at(1200))
  })

  const long = { gridMillis: 1000, startedMillis: 1010, finishedMillis: 1350 }
  it("skips what was missed and keeps the phase", () => {
    expect(nextDue(rule("aligned"), long, 0)).toEqual(at(1400))
    expect(nextDue(rule("last-started"), long, 0)).toEqual(at(1410))
  })
  it("or is the first that was missed, once for all of them", () => {
    const overdue = nextDue(rule("aligned", "run-once"), long, 5)
    expect(overdue).toEqual(at(1300, 1100))
    const caughtUp = { gridMillis: overdue.gridMillis, startedMillis: 1350, finishedMillis: 1360 }
    expect(nextDue(rule("aligned", "run-once"), caughtUp, 5)).toEqual(at(1400, 1405))
    expect(nextDue(rule("last-started", "run-once"), long, 0).atMillis).toBe(1110)
  })
})

describe("a due time that passed without a run", () => {
  it("stays when it has not passed", () => expect(passedDue(rule("aligned"), at(1100), 1100, 0)).toEqual(at(1100)))
  it("is skipped in phase", () => expect(passedDue(rule("aligned"), at(1100), 1250, 0)).toEqual(at(1300)))
  it("or stays overdue, to be run once", () =>
    expect(passedDue(rule("aligned", "run-once"), at(1100), 1250, 0)).toEqual(at(1200, 1100)))
})

describe("another spacing", () => {
  const last = { gridMillis: 1000, startedMillis: 1010, finishedMillis: 1030 }
  const respaced = (strategy: Strategy, spacing: number, now: number) =>
    respacedDue(rule(strategy, "skip", spacing), last, 0, now, 0).atMillis
  it("counts from what the strategy counts from", () => {
    expect(respaced("last-started", 50, 1040)).toBe(1060)
    expect(respaced("last-finished", 50, 1040)).toBe(1080)
    expect(respaced("aligned", 50, 1040)).toBe(1050)
  })
  it("counts from the task's addition before its first run", () =>
    expect(respacedDue(rule("aligned", "skip", 50), null, 1020, 1040, 0)).toEqual(at(1070)))
  it("that is shorter than what has passed makes the task due now", () =>
    expect(respaced("last-started", 50, 2000)).toBe(2000))
})

describe("for every spacing, run and jitter", () => {
  const strategies = fc.constantFrom<Strategy>("last-started", "last-finished", "aligned")
  const runs = fc
    .record({
      strategy: strategies,
      spacing: fc.integer({ min: 1, max: 10_000 }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
      grid: fc.integer({ min: 0, max: 1_000_000 }),
      late: fc.integer({ min: 0, max: 50_000 }),
      elapsed: fc.integer({ min: 0, max: 50_000 })
    })
    .map(({ elapsed, grid, jitter, late, spacing, strategy }) => ({
      strategy,
      spacing,
      jitterMillis: jitter * spacing,
      run: { gridMillis: grid, startedMillis: grid + late, finishedMillis: grid + late + elapsed }
    }))
  /** Sums of fractions are off by less than this. */
  const epsilon = 1e-6

  it("skipping never plans into the past, keeps the phase, and leaves out no due time that could be kept", () =>
    fc.assert(
      fc.property(runs, ({ jitterMillis, run, spacing, strategy }) => {
        const next = nextDue(rule(strategy, "skip", spacing), run, jitterMillis)
        expect(next.atMillis).toBeGreaterThanOrEqual(run.finishedMillis - epsilon)
        expect(next.atMillis - next.gridMillis).toBeCloseTo(jitterMillis, 5)
        if (strategy === "last-finished") return
        const from = strategy === "aligned" ? run.gridMillis : run.startedMillis
        const steps = (next.gridMillis - from) / spacing
        expect(steps).toBe(Math.round(steps))
        expect(steps).toBeGreaterThanOrEqual(1)
        if (steps > 1) expect(next.atMillis - spacing).toBeLessThan(run.finishedMillis + epsilon)
      })
    ))

  it("running once is overdue at most once: what follows an instant run lies ahead", () =>
    fc.assert(
      fc.property(runs, ({ jitterMillis, run, spacing, strategy }) => {
        const once = rule(strategy, "run-once", spacing)
        const next = nextDue(once, run, jitterMillis)
        const startedMillis = Math.max(next.atMillis, run.finishedMillis)
        const after = nextDue(once, { gridMillis: next.gridMillis, startedMillis, finishedMillis: startedMillis }, 0)
        expect(after.atMillis).toBeGreaterThan(startedMillis - epsilon)
      })
    ))

  it("an aligned task that is never late runs on its grid for ever", () =>
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 10_000 }), fc.integer({ min: 0, max: 1_000_000 }), (spacing, anchor) => {
        let grid = anchor
        for (let run = 1; run <= 50; run++) {
          grid = nextDue(
            rule("aligned", "skip", spacing),
            { gridMillis: grid, startedMillis: grid, finishedMillis: grid + 1 },
            0
          ).gridMillis
          expect(grid).toBe(anchor + run * spacing)
        }
      })
    ))
})
