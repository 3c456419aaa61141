/** Get SEL Info (IPMI 2.0 §31.2): how many entries the System Event Log has, room for more, and what it supports. */
import type { IpmiCommand } from "../IpmiClient.ts"
import { putU16, putU32, u8, u16, u32 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"
import { decodeTimestamp, encodeTimestamp, type Timestamp } from "../wire/Timestamp.ts"

export interface SelInfo {
  /** "1.5" from 0x51; the digits of the byte, the low one first. */
  readonly version: string
  readonly entries: number
  /** Bytes; 0xFFFF means that many or more. */
  readonly freeBytes: number
  readonly lastAdded: Timestamp
  readonly lastErased: Timestamp
  /** Events were dropped for lack of room. */
  readonly overflowed: boolean
  readonly supports: {
    readonly delete: boolean
    readonly partialAdd: boolean
    readonly reserve: boolean
    readonly allocationInfo: boolean
  }
}

const length = 14

/** Every SEL command's own code for a log that is being erased. */
export const selErasing = 0x81
export const selMeanings: ReadonlyMap<number, string> = new Map([
  [0x80, "the operation is not supported for this record type"],
  [selErasing, "the log is being erased"]
])

export const getSelInfo: IpmiCommand<SelInfo> = {
  name: "Get SEL Info",
  netFn: 0x0a,
  command: 0x40,
  data: new Uint8Array(0),
  decode: (data) => decodeSelInfo(data),
  meanings: selMeanings,
  idempotent: true
}

export const decodeSelInfo = (data: Uint8Array): Decoded<SelInfo> => {
  if (data.length < length) return truncated("Get SEL Info", length, data.length)
  const version = u8(data, 0)
  const support = u8(data, 13)
  return decoded({
    version: `${version & 0x0f}.${version >> 4}`,
    entries: u16(data, 1),
    freeBytes: u16(data, 3),
    lastAdded: decodeTimestamp(u32(data, 5)),
    lastErased: decodeTimestamp(u32(data, 9)),
    overflowed: (support & 0x80) !== 0,
    supports: {
      delete: (support & 0x08) !== 0,
      partialAdd: (support & 0x04) !== 0,
      reserve: (support & 0x02) !== 0,
      allocationInfo: (support & 0x01) !== 0
    }
  })
}

export const encodeSelInfo = (info: SelInfo): Uint8Array => {
  const data = new Uint8Array(length)
  const [major, minor] = info.version.split(".")
  data[0] = Number(major) | (Number(minor) << 4)
  putU16(data, 1, info.entries)
  putU16(data, 3, info.freeBytes)
  putU32(data, 5, encodeTimestamp(info.lastAdded))
  putU32(data, 9, encodeTimestamp(info.lastErased))
  data[13] =
    (info.overflowed ? 0x80 : 0) |
    (info.supports.delete ? 0x08 : 0) |
    (info.supports.partialAdd ? 0x04 : 0) |
    (info.supports.reserve ? 0x02 : 0) |
    (info.supports.allocationInfo ? 0x01 : 0)
  return data
}
