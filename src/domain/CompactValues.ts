/**
 * The values of a node's sensors, written small: what most of them have in common is left out. Some 250 bytes for forty
 * sensors, since ten thousand nodes have them in the database and, while they are scraped, in memory.
 */
import * as Schema from "effect/Schema"
import type { SensorValue } from "./SensorData.ts"

const bySensor = <S extends Schema.Top>(value: S) => Schema.optionalKey(Schema.Record(Schema.String, value))

export const CompactValues = Schema.Struct({
  /** Values in the order of the sheet; null for states only, and where there is no reading. */
  v: Schema.Array(Schema.NullOr(Schema.Finite)),
  /** States, by the position of their sensor; left out where the only one is `ok`. */
  s: bySensor(Schema.Array(Schema.String)),
  /** 1 warning, 2 critical; left out where all is well. */
  w: bySensor(Schema.Literals([1, 2])),
  /** Why there is no reading. */
  p: bySensor(Schema.String)
})
export type CompactValues = typeof CompactValues.Type

const ok = ["ok"]

export const compact = (values: ReadonlyArray<SensorValue>): CompactValues => {
  const s: Record<string, ReadonlyArray<string>> = {}
  const w: Record<string, 1 | 2> = {}
  const p: Record<string, string> = {}
  for (const [index, { problem, severity, states }] of values.entries()) {
    if (problem !== null) {
      p[index] = problem
      continue
    }
    if (states.length !== 1 || states[0] !== "ok") s[index] = states
    if (severity === "warning") w[index] = 1
    else if (severity === "critical") w[index] = 2
  }
  return {
    v: values.map(({ value }) => value),
    ...(Object.keys(s).length > 0 && { s }),
    ...(Object.keys(w).length > 0 && { w }),
    ...(Object.keys(p).length > 0 && { p })
  }
}

/** Of the sensor at this position of the sheet. */
export const valueAt = ({ p, s, v, w }: CompactValues, index: number): SensorValue => {
  const problem = p?.[index]
  if (problem !== undefined) return { value: null, states: [], severity: null, problem }
  const badness = w?.[index]
  return {
    value: v[index] ?? null,
    states: s?.[index] ?? ok,
    severity: badness === undefined ? "nominal" : badness === 1 ? "warning" : "critical",
    problem: null
  }
}
