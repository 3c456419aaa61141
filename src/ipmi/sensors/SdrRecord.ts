/**
 * Sensor data records (IPMI 2.0 §43): a header with record id, type and length, then what the type says.
 * Types that aren't known here are kept as they came. Fields that nobody asks for are left out when decoding, and 0 when
 * encoding, which is for simulated BMCs.
 */
import { putU16, u8, u16 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"
import { decodeFruLocator, decodeMcLocator, encodeFruLocator, encodeMcLocator } from "./Locators.ts"
import type { FruLocatorRecord, McLocatorRecord } from "./Locators.ts"
import {
  type CompactRecord,
  decodeCompact,
  decodeEventOnly,
  decodeFull,
  encodeCompact,
  encodeEventOnly,
  encodeFull,
  type EventOnlyRecord,
  type FullRecord
} from "./SensorRecords.ts"

/** Of a type that isn't decoded: entity associations, device locators, makers' own. */
export interface OtherRecord {
  readonly kind: "other"
  readonly type: number
  readonly body: Uint8Array
}

export type SdrBody = FullRecord | CompactRecord | EventOnlyRecord | FruLocatorRecord | McLocatorRecord | OtherRecord

export type SdrRecord = SdrBody & { readonly id: number }

export const sdrHeaderLength = 5
const sdrVersion = 0x51

const types = { full: 0x01, compact: 0x02, eventOnly: 0x03, fruLocator: 0x11, mcLocator: 0x12 } as const

/** How long the whole record is, by its header, which must be there. */
export const sdrLength = (header: Uint8Array): number => sdrHeaderLength + u8(header, 4)

export const decodeSdr = (bytes: Uint8Array): Decoded<SdrRecord> => {
  if (bytes.length < sdrHeaderLength) return truncated("sensor data record", sdrHeaderLength, bytes.length)
  const length = sdrLength(bytes)
  if (bytes.length < length) return truncated("sensor data record", length, bytes.length)
  const record = bytes.subarray(0, length)
  const body = decodeBody(u8(record, 3), record)
  return body.ok ? decoded({ ...body.value, id: u16(record, 0) }) : body
}

const decodeBody = (type: number, record: Uint8Array): Decoded<SdrBody> => {
  switch (type) {
    case types.full:
      return decodeFull(record)
    case types.compact:
      return decodeCompact(record)
    case types.eventOnly:
      return decodeEventOnly(record)
    case types.fruLocator:
      return decodeFruLocator(record)
    case types.mcLocator:
      return decodeMcLocator(record)
    default:
      return decoded({ kind: "other", type, body: record.slice(sdrHeaderLength) })
  }
}

export const encodeSdr = (record: SdrRecord): Uint8Array => {
  const body = encodeBody(record)
  const bytes = new Uint8Array(sdrHeaderLength + body.length)
  putU16(bytes, 0, record.id)
  bytes[2] = sdrVersion
  bytes[3] = record.kind === "other" ? record.type : types[record.kind]
  bytes[4] = body.length
  bytes.set(body, sdrHeaderLength)
  return bytes
}

const encodeBody = (record: SdrBody): ArrayLike<number> => {
  switch (record.kind) {
    case "full":
      return encodeFull(record)
    case "compact":
      return encodeCompact(record)
    case "eventOnly":
      return encodeEventOnly(record)
    case "fruLocator":
      return encodeFruLocator(record)
    case "mcLocator":
      return encodeMcLocator(record)
    case "other":
      return record.body
  }
}
