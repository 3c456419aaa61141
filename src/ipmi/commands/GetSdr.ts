/** Get SDR (IPMI 2.0 §33.12) and Get Device SDR (§35.3): a record, or a part of one. */
import type { IpmiCommand } from "../IpmiClient.ts"
import { putU16, u8, u16 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"
import { type SdrSource, sdrSources } from "./SdrSource.ts"

export interface GetSdrRequest {
  /** Needed for an offset other than 0. */
  readonly reservation: number
  /** 0x0000 is the first record, 0xFFFF the last. */
  readonly recordId: number
  readonly offset: number
  /** 0xFF: all of it. */
  readonly count: number
}

export interface SdrPart {
  /** 0xFFFF: this is the last. */
  readonly nextRecordId: number
  readonly bytes: Uint8Array
}

/** `recordId` and `nextRecordId`. */
export const firstRecord = 0x0000
export const lastRecord = 0xffff
/** As `count`. */
export const wholeRecord = 0xff

const requestLength = 6

export const makeGetSdr = (source: SdrSource, request: GetSdrRequest): IpmiCommand<SdrPart> => ({
  name: source === "repository" ? "Get SDR" : "Get Device SDR",
  netFn: sdrSources[source].netFn,
  command: sdrSources[source].getCommand,
  data: encodeGetSdrRequest(request),
  decode: decodeSdrPart,
  meanings: new Map([[0x80, "the record changed meanwhile"]]),
  idempotent: true
})

export const encodeGetSdrRequest = ({ count, offset, recordId, reservation }: GetSdrRequest): Uint8Array => {
  const data = new Uint8Array(requestLength)
  putU16(data, 0, reservation)
  putU16(data, 2, recordId)
  data[4] = offset
  data[5] = count
  return data
}

/** For the BMC's side. */
export const decodeGetSdrRequest = (data: Uint8Array): Decoded<GetSdrRequest> =>
  data.length < requestLength
    ? truncated("Get SDR", requestLength, data.length)
    : decoded({ reservation: u16(data, 0), recordId: u16(data, 2), offset: u8(data, 4), count: u8(data, 5) })

export const decodeSdrPart = (data: Uint8Array): Decoded<SdrPart> =>
  data.length < 2 ? truncated("Get SDR", 2, data.length) : decoded({ nextRecordId: u16(data, 0), bytes: data.slice(2) })

export const encodeSdrPart = ({ bytes, nextRecordId }: SdrPart): Uint8Array => {
  const data = new Uint8Array(2 + bytes.length)
  putU16(data, 0, nextRecordId)
  data.set(bytes, 2)
  return data
}
