/** Get Device SDR Info (IPMI 2.0 §35.2): of a controller that keeps the records of its sensors itself. */
import type { IpmiCommand } from "../IpmiClient.ts"
import { putU32, u8, u32 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

export interface DeviceSdrInfo {
  /** Sensors, or records: BMCs differ. */
  readonly count: number
  /** Bits 0 to 3: the LUNs that have sensors. */
  readonly luns: number
  /** A timestamp or counter that changes when sensors come or go; undefined where they never do. */
  readonly populationChange: number | undefined
}

const staticLength = 2
const dynamicLength = 6
const dynamic = 0x80

export const getDeviceSdrInfo: IpmiCommand<DeviceSdrInfo> = {
  name: "Get Device SDR Info",
  netFn: 0x04,
  command: 0x20,
  data: new Uint8Array(0),
  decode: (data) => decodeDeviceSdrInfo(data),
  idempotent: true
}

export const decodeDeviceSdrInfo = (data: Uint8Array): Decoded<DeviceSdrInfo> => {
  const isDynamic = (u8(data, 1) & dynamic) !== 0
  const length = isDynamic ? dynamicLength : staticLength
  if (data.length < length) return truncated("Get Device SDR Info", length, data.length)
  return decoded({
    count: u8(data, 0),
    luns: u8(data, 1) & 0x0f,
    populationChange: isDynamic ? u32(data, 2) : undefined
  })
}

export const encodeDeviceSdrInfo = ({ count, luns, populationChange }: DeviceSdrInfo): Uint8Array => {
  if (populationChange === undefined) return Uint8Array.of(count, luns)
  const data = new Uint8Array(dynamicLength)
  data[0] = count
  data[1] = dynamic | luns
  putU32(data, 2, populationChange)
  return data
}
