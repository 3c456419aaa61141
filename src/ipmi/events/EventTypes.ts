/**
 * Event/reading types: how the offsets of an event or of a discrete reading are to be read (IPMI 2.0 §42.1, tables 42-1
 * and 42-2), with the words of each.
 */
import { sensorSpecificOffset } from "./SensorTypes.ts"

/** What the data bytes of an event mean depends on this (IPMI 2.0 §29.7, table 29-6). */
export type EventClass = "unspecified" | "threshold" | "discrete" | "oem"

export const thresholdType = 0x01
export const sensorSpecificType = 0x6f
const lastGeneric = 0x0c
const firstOem = 0x70
const lastOem = 0x7f

/** Of the 7-bit number; reserved numbers are unspecified. */
export const eventClass = (eventType: number): EventClass => {
  if (eventType === thresholdType) return "threshold"
  if ((eventType > thresholdType && eventType <= lastGeneric) || eventType === sensorSpecificType) return "discrete"
  return eventType >= firstOem && eventType <= lastOem ? "oem" : "unspecified"
}

/** By type from 1, then by offset from 0. */
const generic: ReadonlyArray<ReadonlyArray<string>> = [
  [
    "lower non-critical going low",
    "lower non-critical going high",
    "lower critical going low",
    "lower critical going high",
    "lower non-recoverable going low",
    "lower non-recoverable going high",
    "upper non-critical going low",
    "upper non-critical going high",
    "upper critical going low",
    "upper critical going high",
    "upper non-recoverable going low",
    "upper non-recoverable going high"
  ],
  ["transition to idle", "transition to active", "transition to busy"],
  ["state deasserted", "state asserted"],
  ["predictive failure deasserted", "predictive failure asserted"],
  ["limit not exceeded", "limit exceeded"],
  ["performance met", "performance lags"],
  [
    "transition to OK",
    "transition to non-critical from OK",
    "transition to critical from less severe",
    "transition to non-recoverable from less severe",
    "transition to non-critical from more severe",
    "transition to critical from non-recoverable",
    "transition to non-recoverable",
    "monitor",
    "informational"
  ],
  ["device absent", "device present"],
  ["device disabled", "device enabled"],
  [
    "transition to running",
    "transition to in test",
    "transition to power off",
    "transition to on line",
    "transition to off line",
    "transition to off duty",
    "transition to degraded",
    "transition to power save",
    "install error"
  ],
  [
    "fully redundant",
    "redundancy lost",
    "redundancy degraded",
    "non-redundant, sufficient resources from redundant",
    "non-redundant, sufficient resources from insufficient",
    "non-redundant, insufficient resources",
    "redundancy degraded from fully redundant",
    "redundancy degraded from non-redundant"
  ],
  ["D0 power state", "D1 power state", "D2 power state", "D3 power state"]
]

/** What an offset means; undefined where neither table has a word: OEM types, reserved offsets. */
export const offsetMeaning = (eventType: number, sensorType: number, offset: number): string | undefined =>
  eventType === sensorSpecificType ? sensorSpecificOffset(sensorType, offset) : generic[eventType - 1]?.[offset]
