/**
 * The three data bytes of an event (IPMI 2.0 §29.7, table 29-6): the first has the offset, and says what the two others are
 * for, which depends on the class of the event type.
 */
import { readingTypes } from "../sensors/StateWords.ts"
import { u8 } from "../wire/bytes.ts"

/** What a data byte is for. `code`: an extension that the sensor type gives a meaning to (IPMI 2.0 table 42-3). */
export type ByteUse = "unspecified" | "reading" | "threshold" | "previousState" | "oem" | "code" | "reserved"

export interface EventData {
  /** Of the event, 0 to 15. */
  readonly offset: number
  readonly second: { readonly use: ByteUse; readonly byte: number }
  readonly third: { readonly use: ByteUse; readonly byte: number }
}

interface Uses {
  readonly second: ReadonlyArray<ByteUse>
  readonly third: ReadonlyArray<ByteUse>
}

/** By the two bits that the first byte has for each of the others. */
const threshold: Uses = {
  second: ["unspecified", "reading", "oem", "code"],
  third: ["unspecified", "threshold", "oem", "code"]
}
const discrete: Uses = {
  second: ["unspecified", "previousState", "oem", "code"],
  third: ["unspecified", "reserved", "oem", "code"]
}
const oem: Uses = {
  second: ["unspecified", "previousState", "oem", "reserved"],
  third: ["unspecified", "reserved", "oem", "reserved"]
}
/** Event types that are reserved: nothing is said about the other bytes. */
const unknown: Uses = {
  second: ["reserved", "reserved", "reserved", "reserved"],
  third: ["reserved", "reserved", "reserved", "reserved"]
}

const firstOemType = 0x70
const lastOemType = 0x7f

const usesOf = (eventType: number): Uses => {
  if (eventType === readingTypes.threshold) return threshold
  if (eventType >= readingTypes.firstDiscrete && eventType <= readingTypes.lastDiscrete) return discrete
  if (eventType === readingTypes.sensorSpecific) return discrete
  return eventType >= firstOemType && eventType <= lastOemType ? oem : unknown
}

export const eventData = (eventType: number, data: Uint8Array): EventData => {
  const uses = usesOf(eventType)
  const first = u8(data, 0)
  return {
    offset: first & 0x0f,
    second: { use: uses.second[first >> 6] ?? "reserved", byte: u8(data, 1) },
    third: { use: uses.third[(first >> 4) & 0x03] ?? "reserved", byte: u8(data, 2) }
  }
}
