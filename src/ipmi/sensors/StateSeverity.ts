/**
 * How bad a state (or event) offset is, by the same tables as its words (IPMI 2.0 §42.1 and §42.2). The specification has
 * severities for few of them; the others are judged by what the state means for the server: `critical` has failed or is about to
 * take the server down, `warning` is to be looked at. What isn't known here is nominal, as most states are.
 */
import { readingTypes } from "./StateWords.ts"

export type StateSeverity = "nominal" | "warning" | "critical"

interface Offsets {
  readonly warning?: ReadonlyArray<number>
  readonly critical?: ReadonlyArray<number>
}

/** By event/reading type. Of a threshold: the offsets of its events. */
const generic: ReadonlyMap<number, Offsets> = new Map([
  [0x01, { warning: [0, 1, 6, 7], critical: [2, 3, 4, 5, 8, 9, 10, 11] }],
  [0x03, { warning: [1] }],
  [0x04, { warning: [1] }],
  [0x05, { warning: [1] }],
  [0x06, { warning: [1] }],
  [0x07, { warning: [1, 4], critical: [2, 3, 5, 6] }],
  [0x0a, { warning: [6], critical: [8] }],
  [0x0b, { warning: [2, 3, 4, 6, 7], critical: [1, 5] }]
])

/** By sensor type, for the event/reading type 0x6F. */
const specific: ReadonlyMap<number, Offsets> = new Map([
  [0x05, { warning: [0, 1, 2, 3, 4, 5, 6] }],
  [0x06, { warning: [0, 1, 2, 3, 4, 5] }],
  [0x07, { warning: [8, 10, 12], critical: [0, 1, 2, 3, 4, 5, 6, 11] }],
  [0x08, { warning: [2, 5], critical: [1, 3, 4, 6] }],
  [0x09, { warning: [5, 7], critical: [2, 3, 4, 6] }],
  [0x0c, { warning: [0, 3, 4, 5, 9], critical: [1, 2, 7, 10] }],
  [0x0d, { warning: [2, 7], critical: [1, 5, 6, 8] }],
  [0x0f, { critical: [0, 1] }],
  [0x10, { warning: [0, 1, 3, 4, 5, 6] }],
  [0x11, { warning: [0], critical: [1, 2, 3, 4, 5, 6] }],
  [0x13, { warning: [0, 7, 11], critical: [1, 2, 3, 4, 5, 6, 8, 9, 10] }],
  [0x19, { critical: [0, 1] }],
  [0x1b, { critical: [1] }],
  [0x1e, { warning: [0, 1, 2, 3, 4] }],
  [0x20, { warning: [2, 3, 4], critical: [0, 1] }],
  [0x21, { critical: [0] }],
  [0x23, { warning: [0, 8], critical: [1, 2, 3] }],
  [0x27, { critical: [0] }],
  [0x28, { warning: [0, 1, 4, 5], critical: [2, 3] }],
  [0x29, { warning: [0], critical: [1] }]
])

export const stateSeverity = (readingType: number, sensorType: number, offset: number): StateSeverity => {
  const offsets = readingType === readingTypes.sensorSpecific ? specific.get(sensorType) : generic.get(readingType)
  if (offsets?.critical?.includes(offset) === true) return "critical"
  return offsets?.warning?.includes(offset) === true ? "warning" : "nominal"
}

const rank = { nominal: 0, warning: 1, critical: 2 } as const

export const worse = (a: StateSeverity, b: StateSeverity): StateSeverity => (rank[b] > rank[a] ? b : a)
