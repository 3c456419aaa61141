/**
 * Get Power Reading (DCMI 1.5 §6.6.1): what the whole server draws, with the least, the most and the average of the reporting
 * period. "Enhanced" asks for a rolling average over one of the periods that the capabilities name.
 */
import type { IpmiCommand } from "../IpmiClient.ts"
import { putU16, putU32, u8, u16, u32 } from "../wire/bytes.ts"
import { type Decoded, decoded, malformed } from "../wire/Decoded.ts"
import { decodeTimestamp, encodeTimestamp, type Timestamp } from "../wire/Timestamp.ts"
import { dcmiGroup, dcmiNetFn, decodeDcmi, encodeDcmi } from "./DcmiGroup.ts"
import { encodePeriod } from "./GetDcmiCapabilities.ts"

export interface PowerReading {
  readonly currentWatts: number
  readonly minimumWatts: number
  readonly maximumWatts: number
  readonly averageWatts: number
  readonly timestamp: Timestamp
  /** What minimum, maximum and average are of. */
  readonly periodMillis: number
  /** Whether the BMC is measuring; without it the values mean nothing. */
  readonly active: boolean
}

export const getPowerReading = { netFn: dcmiNetFn, command: 0x02 } as const
const name = "Get Power Reading"
const bodyLength = 17
const system = 0x01
const enhanced = 0x02
const measuring = 0x40

/** `averageSeconds`: enhanced statistics over that period. */
export const makeGetPowerReading = (averageSeconds?: number): IpmiCommand<PowerReading> => ({
  name,
  ...getPowerReading,
  data: averageSeconds === undefined ? encodeDcmi(system, 0, 0) : encodeDcmi(enhanced, encodePeriod(averageSeconds), 0),
  decode: decodePowerReading,
  idempotent: true
})

export const decodePowerReading = (data: Uint8Array): Decoded<PowerReading> =>
  decodeDcmi(name, data, bodyLength, (body) =>
    decoded({
      currentWatts: u16(body, 0),
      minimumWatts: u16(body, 2),
      maximumWatts: u16(body, 4),
      averageWatts: u16(body, 6),
      timestamp: decodeTimestamp(u32(body, 8)),
      periodMillis: u32(body, 12),
      active: (u8(body, 16) & measuring) !== 0
    })
  )

export const encodePowerReading = (reading: PowerReading): Uint8Array => {
  const data = new Uint8Array(1 + bodyLength)
  data[0] = dcmiGroup
  putU16(data, 1, reading.currentWatts)
  putU16(data, 3, reading.minimumWatts)
  putU16(data, 5, reading.maximumWatts)
  putU16(data, 7, reading.averageWatts)
  putU32(data, 9, encodeTimestamp(reading.timestamp))
  putU32(data, 13, reading.periodMillis)
  data[17] = reading.active ? measuring : 0
  return data
}

/** For the BMC's side: whether the enhanced statistics are asked for. */
export const decodeGetPowerReading = (data: Uint8Array): Decoded<"system" | "enhanced"> =>
  decodeDcmi(name, data, 3, (body) => {
    const mode = u8(body, 0)
    if (mode !== system && mode !== enhanced) return malformed(`${name} in mode ${mode}`)
    return decoded(mode === system ? "system" : "enhanced")
  })
