/** Get Sensor Thresholds (IPMI 2.0 §35.9): those that can be read, as raw bytes. */
import type { IpmiCommand } from "../IpmiClient.ts"
import { type PerThreshold, thresholdsFrom } from "../sensors/Thresholds.ts"
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

export const getSensorThresholds = { netFn: 0x04, command: 0x27 } as const

const responseLength = 7

/** `lun`: of the sensor's owner, 0 to 3. */
export const makeGetSensorThresholds = (sensor: number, lun = 0): IpmiCommand<PerThreshold<number>> => ({
  name: "Get Sensor Thresholds",
  ...getSensorThresholds,
  lun,
  data: Uint8Array.of(sensor),
  decode: decodeSensorThresholds,
  idempotent: true
})

export const decodeSensorThresholds = (data: Uint8Array): Decoded<PerThreshold<number>> =>
  data.length < responseLength
    ? truncated("Get Sensor Thresholds", responseLength, data.length)
    : decoded(thresholdsFrom(u8(data, 0), (index) => u8(data, 1 + index)))

export const encodeSensorThresholds = (thresholds: PerThreshold<number>): Uint8Array => {
  const data = new Uint8Array(responseLength)
  thresholds.forEach((raw, index) => {
    if (raw === undefined) return
    data[0] = u8(data, 0) | (1 << index)
    data[1 + index] = raw
  })
  return data
}
