/** Get FRU Inventory Area Info (IPMI 2.0 §34.1): how big a FRU's storage is, and whether it is read by bytes or words. */
import type { IpmiCommand } from "../IpmiClient.ts"
import { putU16, u8, u16 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

export interface FruAreaInfo {
  /** Of the whole storage, which may be larger than what is written in it. */
  readonly bytes: number
  readonly byWords: boolean
}

export const getFruInventoryAreaInfo = { netFn: 0x0a, command: 0x10 } as const
const length = 3

export const makeGetFruInventoryAreaInfo = (fruId: number): IpmiCommand<FruAreaInfo> => ({
  name: "Get FRU Inventory Area Info",
  ...getFruInventoryAreaInfo,
  data: Uint8Array.of(fruId),
  decode: decodeFruAreaInfo,
  idempotent: true
})

export const decodeFruAreaInfo = (data: Uint8Array): Decoded<FruAreaInfo> =>
  data.length < length
    ? truncated("Get FRU Inventory Area Info", length, data.length)
    : decoded({ bytes: u16(data, 0), byWords: (u8(data, 2) & 0x01) !== 0 })

export const encodeFruAreaInfo = ({ bytes, byWords }: FruAreaInfo): Uint8Array => {
  const data = Uint8Array.of(0, 0, byWords ? 1 : 0)
  putU16(data, 0, bytes)
  return data
}

/** For the BMC's side: which FRU. */
export const decodeFruAreaRequest = (data: Uint8Array): Decoded<number> =>
  data.length < 1 ? truncated("Get FRU Inventory Area Info", 1, data.length) : decoded(u8(data, 0))
