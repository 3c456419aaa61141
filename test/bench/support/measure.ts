/** Measuring this process: CPU, wall time, and what a list of samples says. */

export interface Spent {
  readonly wallMillis: number
  /** User and system time of this process, all its threads, without children. */
  readonly cpuMicros: number
  /** Cores used on average. */
  readonly cpuShare: number
}

/** Starts a measurement; the function it returns says what was spent since. */
export const startMeasuring = (): (() => Spent) => {
  const cpu = process.cpuUsage()
  const wall = performance.now()
  return () => {
    const { user, system } = process.cpuUsage(cpu)
    const wallMillis = performance.now() - wall
    return { wallMillis, cpuMicros: user + system, cpuShare: (user + system) / 1000 / wallMillis }
  }
}

/** The value that `share` (0 to 1) of the samples do not exceed (nearest rank). Throws for no samples. */
export const percentile = (samples: ReadonlyArray<number>, share: number): number => {
  const sorted = samples.toSorted((a, b) => a - b)
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
  if (value === undefined) throw new Error("no samples")
  return value
}

export const median = (samples: ReadonlyArray<number>): number => percentile(samples, 0.5)

/** Rounds to what a report shows. */
export const round = (value: number, digits = 2): number => Number(value.toFixed(digits))
