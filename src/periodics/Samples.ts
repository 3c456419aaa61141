/** The newest values of a measurement, and what they come to. */
import type { Summary } from "./TaskStatus.ts"

/** The fewest of which the 99th percentile is not the maximum; sorting them takes some microseconds. */
const CAPACITY = 100

export class Samples {
  private readonly values: Array<number> = []
  private oldest = 0
  private sum = 0

  /** Of all values ever added. */
  get total(): number {
    return this.sum
  }

  add(value: number): void {
    this.sum += value
    if (this.values.length < CAPACITY) this.values.push(value)
    else {
      this.values[this.oldest] = value
      this.oldest = (this.oldest + 1) % CAPACITY
    }
  }

  /** Null when there is none. */
  summary(): Summary | null {
    const sorted = Float64Array.from(this.values).sort()
    const length = sorted.length
    const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * length) - 1)] ?? 0
    return length === 0
      ? null
      : {
          averageMillis: sorted.reduce((sum, value) => sum + value, 0) / length,
          p50Millis: rank(0.5),
          p99Millis: rank(0.99),
          maxMillis: rank(1)
        }
  }
}
