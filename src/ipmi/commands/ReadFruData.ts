/**
 * Read FRU Data (IPMI 2.0 §34.2): a piece of a FRU's storage. Offset and counts are in bytes or in 16-bit words, as Get FRU
 * Inventory Area Info says; `unit` is 1 or 2.
 */
import type { IpmiCommand } from "../IpmiClient.ts"
import { putU16, u8, u16 } from "../wire/bytes.ts"
import { type Decoded, decoded, malformed, truncated } from "../wire/Decoded.ts"

export interface ReadFruDataRequest {
  readonly fruId: number
  /** In units. */
  readonly offset: number
  /** In units, 1 to 255. */
  readonly count: number
}

export const readFruData = { netFn: 0x0a, command: 0x11 } as const
const requestLength = 4
/** The FRU's own code for "not now". */
export const fruBusy = 0x81

/** The answer may be shorter than asked for; it is never empty. */
export const makeReadFruData = (request: ReadFruDataRequest, unit: 1 | 2): IpmiCommand<Uint8Array> => ({
  name: "Read FRU Data",
  ...readFruData,
  data: encodeReadFruData(request),
  decode: (data) => decodeFruData(data, unit),
  meanings: new Map([[fruBusy, "the FRU device is busy"]]),
  idempotent: true
})

export const decodeFruData = (data: Uint8Array, unit: 1 | 2): Decoded<Uint8Array> => {
  const length = u8(data, 0) * unit
  if (length === 0) return malformed("Read FRU Data gave nothing")
  if (data.length < 1 + length) return truncated("Read FRU Data", 1 + length, data.length)
  return decoded(data.slice(1, 1 + length))
}

export const encodeFruData = (bytes: Uint8Array, unit: 1 | 2): Uint8Array =>
  Uint8Array.of(bytes.length / unit, ...bytes)

export const encodeReadFruData = ({ count, fruId, offset }: ReadFruDataRequest): Uint8Array => {
  const data = Uint8Array.of(fruId, 0, 0, count)
  putU16(data, 1, offset)
  return data
}

/** For the BMC's side. */
export const decodeReadFruData = (data: Uint8Array): Decoded<ReadFruDataRequest> =>
  data.length < requestLength
    ? truncated("Read FRU Data", requestLength, data.length)
    : decoded({ fruId: u8(data, 0), offset: u16(data, 1), count: u8(data, 3) })
