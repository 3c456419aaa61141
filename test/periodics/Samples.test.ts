import { describe, expect, it } from "@effect/vitest"
import { Samples } from "../../src/periodics/Samples.ts"

const of = (...values: ReadonlyArray<number>) => {
  const samples = new Samples()
  for (const value of values) samples.add(value)
  return samples
}

describe("samples", () => {
  it("of nothing have no summary", () => expect(of().summary()).toBeNull())
  it("come to average, percentiles by nearest rank, and maximum", () =>
    expect(of(...Array.from({ length: 100 }, (_, i) => 100 - i)).summary()).toEqual({
      averageMillis: 50.5,
      p50Millis: 50,
      p99Millis: 99,
      maxMillis: 100
    }))
  it("are the newest 100, but sum up all", () => {
    const samples = of(...Array.from({ length: 1000 }, (_, i) => i))
    expect([samples.summary()?.p50Millis, samples.summary()?.averageMillis]).toEqual([949, 949.5])
    expect(samples.total).toBe(499_500)
  })
})
