/** The six thresholds of a sensor, in the order of their bits and of Get Sensor Thresholds (IPMI 2.0 §35.9). */

export const thresholdNames = [
  "lower non-critical",
  "lower critical",
  "lower non-recoverable",
  "upper non-critical",
  "upper critical",
  "upper non-recoverable"
] as const

export type ThresholdName = (typeof thresholdNames)[number]

/** Six, in the order of `thresholdNames`; undefined where there is none. */
export type PerThreshold<A> = ReadonlyArray<A | undefined>

/** Those whose bit is set in `mask`. */
export const thresholdsFrom = (mask: number, raw: (index: number) => number): PerThreshold<number> =>
  thresholdNames.map((_, index) => ((mask & (1 << index)) === 0 ? undefined : raw(index)))

/** From the worst: a reading below the lower critical threshold is below the non-critical one too. */
const bySeverity = [5, 2, 4, 1, 3, 0]

/** The worst of the crossed thresholds; undefined when all is well. Bits 6 and 7 are reserved, and 1 on many BMCs. */
export const worstThreshold = (crossed: number): ThresholdName | undefined => {
  const worst = bySeverity.find((index) => (crossed & (1 << index)) !== 0)
  return worst === undefined ? undefined : thresholdNames[worst]
}
