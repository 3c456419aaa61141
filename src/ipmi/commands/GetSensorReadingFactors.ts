/** Get Sensor Reading Factors (IPMI 2.0 §35.5): of a sensor whose factors depend on its reading. */
import type { IpmiCommand } from "../IpmiClient.ts"
import { decodeFactors, encodeFactors, factorsLength, type SensorFactors } from "../sensors/Factors.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

export const getSensorReadingFactors = { netFn: 0x04, command: 0x23 } as const

const responseLength = 1 + factorsLength

/** `lun`: of the sensor's owner, 0 to 3. The answer holds for the reading `raw` alone. */
export const makeGetSensorReadingFactors = (sensor: number, raw: number, lun = 0): IpmiCommand<SensorFactors> => ({
  name: "Get Sensor Reading Factors",
  ...getSensorReadingFactors,
  lun,
  data: Uint8Array.of(sensor, raw),
  decode: decodeSensorReadingFactors,
  idempotent: true
})

/** The byte before the factors is the next reading that has factors of its own. */
export const decodeSensorReadingFactors = (data: Uint8Array): Decoded<SensorFactors> =>
  data.length < responseLength
    ? truncated("Get Sensor Reading Factors", responseLength, data.length)
    : decoded(decodeFactors(data, 1))

export const encodeSensorReadingFactors = (nextRaw: number, factors: SensorFactors): Uint8Array =>
  Uint8Array.of(nextRaw, ...encodeFactors(factors))
