/** Get SEL Entry (IPMI 2.0 §31.5): one record of the log, whole, and the id of the next. */
import type { IpmiCommand } from "../IpmiClient.ts"
import { putU16, u8, u16 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"
import { selMeanings } from "./GetSelInfo.ts"

/** In a request the oldest and the newest record; as `next`, `lastRecord` means that there is none. */
export const firstRecord = 0x0000
export const lastRecord = 0xffff
/** IPMI 2.0 §32: all records are this long. */
export const selRecordLength = 16

export interface SelEntry {
  readonly next: number
  /** 16 bytes. */
  readonly record: Uint8Array
}

export interface SelEntryRequest {
  /** 0 for a whole record. */
  readonly reservation: number
  readonly recordId: number
  readonly offset: number
  /** 0xFF: all. */
  readonly count: number
}

export const getSelEntry = { netFn: 0x0a, command: 0x43 } as const
const requestLength = 6
const all = 0xff

export const makeGetSelEntry = (recordId: number): IpmiCommand<SelEntry> => ({
  name: "Get SEL Entry",
  ...getSelEntry,
  data: encodeSelEntryRequest({ reservation: 0, recordId, offset: 0, count: all }),
  decode: decodeSelEntry,
  meanings: selMeanings,
  idempotent: true
})

export const decodeSelEntry = (data: Uint8Array): Decoded<SelEntry> => {
  const need = 2 + selRecordLength
  if (data.length < need) return truncated("Get SEL Entry", need, data.length)
  return decoded({ next: u16(data, 0), record: data.slice(2, need) })
}

export const encodeSelEntry = ({ next, record }: SelEntry): Uint8Array => {
  const data = new Uint8Array(2 + record.length)
  putU16(data, 0, next)
  data.set(record, 2)
  return data
}

export const encodeSelEntryRequest = (request: SelEntryRequest): Uint8Array => {
  const data = new Uint8Array(requestLength)
  putU16(data, 0, request.reservation)
  putU16(data, 2, request.recordId)
  data[4] = request.offset
  data[5] = request.count
  return data
}

/** For the BMC's side. */
export const decodeSelEntryRequest = (data: Uint8Array): Decoded<SelEntryRequest> =>
  data.length < requestLength
    ? truncated("Get SEL Entry", requestLength, data.length)
    : decoded({ reservation: u16(data, 0), recordId: u16(data, 2), offset: u8(data, 4), count: u8(data, 5) })
