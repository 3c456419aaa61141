/** Get SDR Repository Info (IPMI 2.0 §33.9): how many records there are, and when they last changed. */
import type { IpmiCommand } from "../IpmiClient.ts"
import { putU16, putU32, u8, u16, u32 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

export interface SdrRepositoryInfo {
  /** BCD with the digits the other way round: 0x51 is IPMI 1.5 and 2.0. */
  readonly version: number
  readonly records: number
  readonly freeBytes: number
  /** Seconds by the BMC's clock, as they come; 0xFFFFFFFF: unspecified. */
  readonly lastAddition: number
  readonly lastErase: number
  /** Bits: 7 overflow, 5 to 6 modes of update, 3 delete, 2 partial add, 1 reserve, 0 allocation info. */
  readonly operations: number
}

const length = 14

export const getSdrRepositoryInfo: IpmiCommand<SdrRepositoryInfo> = {
  name: "Get SDR Repository Info",
  netFn: 0x0a,
  command: 0x20,
  data: new Uint8Array(0),
  decode: (data) => decodeSdrRepositoryInfo(data),
  idempotent: true
}

export const decodeSdrRepositoryInfo = (data: Uint8Array): Decoded<SdrRepositoryInfo> =>
  data.length < length
    ? truncated("Get SDR Repository Info", length, data.length)
    : decoded({
        version: u8(data, 0),
        records: u16(data, 1),
        freeBytes: u16(data, 3),
        lastAddition: u32(data, 5),
        lastErase: u32(data, 9),
        operations: u8(data, 13)
      })

export const encodeSdrRepositoryInfo = (info: SdrRepositoryInfo): Uint8Array => {
  const data = new Uint8Array(length)
  data[0] = info.version
  putU16(data, 1, info.records)
  putU16(data, 3, info.freeBytes)
  putU32(data, 5, info.lastAddition)
  putU32(data, 9, info.lastErase)
  data[13] = info.operations
  return data
}
