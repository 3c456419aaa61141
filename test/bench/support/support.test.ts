import { describe, expect, it } from "vitest"
import { parseFlags, UsageError } from "./flags.ts"
import { median, percentile, startMeasuring } from "./measure.ts"

describe("a bench's flags", () => {
  const defaults = { nodes: [1000, 10_000], dead: 0, target: "", spread: false, engines: ["ours"] }

  it("are the defaults when none are given", () => {
    expect(parseFlags([], defaults)).toEqual({ ...defaults, json: false })
  })
  it("take the type of their default", () => {
    expect(
      parseFlags(["--nodes", "5,6", "--dead=10", "--target", "h:1", "--spread", "--engines", "a,b", "--json"], defaults)
    ).toEqual({ nodes: [5, 6], dead: 10, target: "h:1", spread: true, engines: ["a", "b"], json: true })
  })
  it("are written with hyphens", () => {
    expect(parseFlags(["--dead-share", "3"], { deadShare: 1 }).deadShare).toBe(3)
  })
  it("are refused when unknown, without a value, or no number", () => {
    for (const args of [["--node", "1"], ["--dead"], ["--dead", "ten"], ["--nodes", "1,"], ["1000"]]) {
      expect(() => parseFlags(args, defaults)).toThrow(UsageError)
    }
  })
})

describe("figures", () => {
  it("a percentile is a sample that so many do not exceed", () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i)
    expect([0, 0.5, 0.99, 1].map((share) => percentile(hundred, share))).toEqual([1, 50, 99, 100])
    expect(median([3])).toBe(3)
    expect(() => median([])).toThrow("no samples")
  })
  it("work is measured as CPU of this process", () => {
    const spent = startMeasuring()
    const until = performance.now() + 20
    while (performance.now() < until);
    const { wallMillis, cpuMicros, cpuShare } = spent()
    expect(wallMillis).toBeGreaterThanOrEqual(20)
    expect(cpuMicros).toBeGreaterThan(1000)
    expect(cpuShare).toBeCloseTo(cpuMicros / 1000 / wallMillis)
  })
})
