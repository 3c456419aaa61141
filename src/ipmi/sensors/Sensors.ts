/** The sensors that records tell of: shared records opened out into one sensor each, and what can't be read set apart. */
import type { Decoded } from "../wire/Decoded.ts"
import { decodeSdr, type SdrRecord } from "./SdrRecord.ts"
import type { CompactRecord, EventOnlyRecord, FullRecord } from "./SensorRecords.ts"

/** One that can be read. */
export type Sensor = FullRecord | CompactRecord

export interface DecodedRecords {
  readonly records: ReadonlyArray<SdrRecord>
  /** In words, records that no decoder could make sense of. */
  readonly malformed: ReadonlyArray<string>
}

/** Decodes all of them; a record that makes no sense does not hide the others. */
export const decodeRecords = (records: ReadonlyArray<Uint8Array>): DecodedRecords => {
  const results = records.map((bytes): Decoded<SdrRecord> => decodeSdr(bytes))
  return {
    records: results.flatMap((result) => (result.ok ? [result.value] : [])),
    malformed: results.flatMap((result, index) => (result.ok ? [] : [`SDR number ${index + 1}: ${result.detail}`]))
  }
}

/** Those that can be read, in the order of the records. */
export const sensorsOf = (records: ReadonlyArray<SdrRecord>): ReadonlyArray<Sensor> =>
  records.flatMap((record): ReadonlyArray<Sensor> => {
    if (record.kind === "full") return [record]
    return record.kind === "compact" ? unshared(record) : []
  })

/** The sensors that only the event log speaks of. */
export const eventSensorsOf = (records: ReadonlyArray<SdrRecord>): ReadonlyArray<EventOnlyRecord> =>
  records.flatMap((record) => (record.kind === "eventOnly" ? unshared(record) : []))

const unshared = <A extends CompactRecord | EventOnlyRecord>(record: A): ReadonlyArray<A> => {
  const { count, instances, lettered, suffixOffset } = record.sharing
  if (count <= 1) return [record]
  return Array.from({ length: count }, (_, index) => ({
    ...record,
    number: (record.number + index) & 0xff,
    entityInstance: instances ? (record.entityInstance + index) & 0xff : record.entityInstance,
    name: `${record.name} ${lettered ? letters(suffixOffset + index) : suffixOffset + index}`,
    sharing: { count: 1, lettered: false, suffixOffset: 0, instances: false }
  }))
}

/** A … Z, AA … as columns of a sheet are counted. */
const letters = (index: number): string =>
  (index >= 26 ? letters(Math.floor(index / 26) - 1) : "") + String.fromCharCode(0x41 + (index % 26))
