/**
 * The records of the System Event Log (IPMI 2.0 §32): system events, makers' records with and without a timestamp, and
 * whatever else a BMC has in it, kept as it came. Every 16 bytes are a record, and encode to themselves again.
 */
import { putU16, putU32, u8, u16, u24, u32 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"
import { decodeTimestamp, encodeTimestamp, type Timestamp } from "../wire/Timestamp.ts"
import { selRecordLength } from "../commands/GetSelEntry.ts"

/** Record type 02h (IPMI 2.0 §32.1, table 32-1). */
export interface SystemEvent {
  readonly kind: "event"
  readonly recordId: number
  readonly timestamp: Timestamp
  /** Who said so; see `generatorName`. */
  readonly generatorId: number
  /** 04h for IPMI 1.5 and 2.0, 03h for IPMI 1.0. */
  readonly evmRevision: number
  readonly sensorType: number
  readonly sensorNumber: number
  readonly asserted: boolean
  /** Event/reading type, 7 bits (IPMI 2.0 §42.1). */
  readonly eventType: number
  /** Three bytes; see `eventData`. */
  readonly data: Uint8Array
}

/** Record types C0h to DFh (IPMI 2.0 §32.2). */
export interface OemTimedRecord {
  readonly kind: "oemTimed"
  readonly recordId: number
  readonly recordType: number
  readonly timestamp: Timestamp
  /** IANA enterprise number. */
  readonly manufacturerId: number
  /** Six bytes of the maker's. */
  readonly data: Uint8Array
}

/** Record types E0h to FFh (IPMI 2.0 §32.3), and types that the specification doesn't know. */
export interface UntimedRecord {
  readonly kind: "oem" | "unknown"
  readonly recordId: number
  readonly recordType: number
  /** Thirteen bytes. */
  readonly data: Uint8Array
}

export type SelRecord = SystemEvent | OemTimedRecord | UntimedRecord

const systemEventType = 0x02
const firstOemTimed = 0xc0
const firstOem = 0xe0
const deassertion = 0x80

export const decodeSelRecord = (bytes: Uint8Array): Decoded<SelRecord> => {
  if (bytes.length < selRecordLength) return truncated("SEL record", selRecordLength, bytes.length)
  const recordId = u16(bytes, 0)
  const recordType = u8(bytes, 2)
  if (recordType === systemEventType) {
    return decoded({
      kind: "event",
      recordId,
      timestamp: decodeTimestamp(u32(bytes, 3)),
      generatorId: u16(bytes, 7),
      evmRevision: u8(bytes, 9),
      sensorType: u8(bytes, 10),
      sensorNumber: u8(bytes, 11),
      asserted: (u8(bytes, 12) & deassertion) === 0,
      eventType: u8(bytes, 12) & 0x7f,
      data: bytes.slice(13, selRecordLength)
    })
  }
  if (recordType >= firstOemTimed && recordType < firstOem) {
    return decoded({
      kind: "oemTimed",
      recordId,
      recordType,
      timestamp: decodeTimestamp(u32(bytes, 3)),
      manufacturerId: u24(bytes, 7),
      data: bytes.slice(10, selRecordLength)
    })
  }
  const kind = recordType >= firstOem ? "oem" : "unknown"
  return decoded({ kind, recordId, recordType, data: bytes.slice(3, selRecordLength) })
}

export const encodeSelRecord = (record: SelRecord): Uint8Array => {
  const bytes = new Uint8Array(selRecordLength)
  putU16(bytes, 0, record.recordId)
  bytes[2] = record.kind === "event" ? systemEventType : record.recordType
  switch (record.kind) {
    case "event":
      putU32(bytes, 3, encodeTimestamp(record.timestamp))
      putU16(bytes, 7, record.generatorId)
      bytes[9] = record.evmRevision
      bytes[10] = record.sensorType
      bytes[11] = record.sensorNumber
      bytes[12] = (record.asserted ? 0 : deassertion) | record.eventType
      bytes.set(record.data, 13)
      break
    case "oemTimed":
      putU32(bytes, 3, encodeTimestamp(record.timestamp))
      putU16(bytes, 7, record.manufacturerId & 0xffff)
      bytes[9] = record.manufacturerId >> 16
      bytes.set(record.data, 10)
      break
    default:
      bytes.set(record.data, 3)
  }
  return bytes
}
