/** Get POH Counter (IPMI 2.0 §28.14): for how long the server has been switched on in its life. */
import type { IpmiCommand } from "../IpmiClient.ts"
import { putU32, u8, u32 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

export interface PohCounter {
  readonly minutesPerCount: number
  readonly count: number
}

export const getPohCounter: IpmiCommand<PohCounter> = {
  name: "Get POH Counter",
  netFn: 0x00,
  command: 0x0f,
  data: new Uint8Array(0),
  decode: (data) => decodePohCounter(data),
  idempotent: true
}

export const decodePohCounter = (data: Uint8Array): Decoded<PohCounter> =>
  data.length < 5
    ? truncated("Get POH Counter", 5, data.length)
    : decoded({ minutesPerCount: u8(data, 0), count: u32(data, 1) })

export const encodePohCounter = ({ count, minutesPerCount }: PohCounter): Uint8Array => {
  const data = new Uint8Array(5)
  data[0] = minutesPerCount
  putU32(data, 1, count)
  return data
}

export const powerOnHours = ({ count, minutesPerCount }: PohCounter): number => (count * minutesPerCount) / 60
