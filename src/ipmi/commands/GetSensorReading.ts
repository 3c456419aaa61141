/** Get Sensor Reading (IPMI 2.0 §35.14): the raw byte of an analog sensor, and the states of any. */
import type { IpmiCommand } from "../IpmiClient.ts"
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

export interface SensorReading {
  /** As it comes; means something for analog sensors only. */
  readonly raw: number
  readonly eventMessagesEnabled: boolean
  readonly scanningEnabled: boolean
  /** The BMC has no reading now: the sensor was just enabled, or what it measures is off or gone. */
  readonly unavailable: boolean
  /** Bit n: threshold n is crossed (in the order of `thresholdNames`), or state n holds. 15 bits. */
  readonly states: number
}

export const getSensorReading = { netFn: 0x04, command: 0x2d } as const

/** The least that BMCs answer: reading and flags, for a sensor without states. */
const requiredLength = 2

/** `lun`: of the sensor's owner, 0 to 3. */
export const makeGetSensorReading = (sensor: number, lun = 0): IpmiCommand<SensorReading> => ({
  name: "Get Sensor Reading",
  ...getSensorReading,
  lun,
  data: Uint8Array.of(sensor),
  decode: decodeSensorReading,
  idempotent: true
})

export const decodeSensorReading = (data: Uint8Array): Decoded<SensorReading> =>
  data.length < requiredLength
    ? truncated("Get Sensor Reading", requiredLength, data.length)
    : decoded({
        raw: u8(data, 0),
        eventMessagesEnabled: (u8(data, 1) & 0x80) !== 0,
        scanningEnabled: (u8(data, 1) & 0x40) !== 0,
        unavailable: (u8(data, 1) & 0x20) !== 0,
        states: u8(data, 2) | ((u8(data, 3) & 0x7f) << 8)
      })

/** With both bytes of states; the reserved bit is 1, as the specification has it. */
export const encodeSensorReading = (reading: SensorReading): Uint8Array =>
  Uint8Array.of(
    reading.raw,
    (reading.eventMessagesEnabled ? 0x80 : 0) | (reading.scanningEnabled ? 0x40 : 0) | (reading.unavailable ? 0x20 : 0),
    reading.states & 0xff,
    0x80 | ((reading.states >> 8) & 0x7f)
  )
