/**
 * The three kinds of sensor records: full (IPMI 2.0 §43.1), compact (§43.2: several like sensors, no factors) and
 * event-only (§43.3: never read, named by the event log). Offsets are from the record's first byte, 0 of the header.
 */
import { u8, u16 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"
import { decodeFactors, encodeFactors, type SensorFactors } from "./Factors.ts"
import { decodeIdString, encodeIdString } from "./IdString.ts"
import type { PerThreshold } from "./Thresholds.ts"
import { decodeUnit, encodeUnit, type SensorUnit } from "./Units.ts"

export interface SensorIdentity {
  /** 8-bit address of the controller that has the sensor; bit 0 set: system software. 0x20 is the BMC. */
  readonly ownerId: number
  readonly channel: number
  readonly ownerLun: number
  readonly number: number
  readonly entityId: number
  /** Bit 7: a logical entity; 0x60 and above: relative to the device. */
  readonly entityInstance: number
  readonly sensorType: number
  /** Event/reading type: 0x01 thresholds, 0x02 to 0x0C generic states, 0x6F states of the sensor type, else OEM. */
  readonly readingType: number
  readonly oem: number
  readonly name: string
}

/** A record for several sensors with numbers that follow each other. */
export interface SensorSharing {
  /** 1 or 0: the sensor is alone. */
  readonly count: number
  /** Whether the names count in letters: A, B … Z, AA. */
  readonly lettered: boolean
  /** That of the first. */
  readonly suffixOffset: number
  /** Whether the entity's instance counts along. */
  readonly instances: boolean
}

interface ReadSensor extends SensorIdentity {
  readonly initialization: number
  /** Bits: 7 ignore if the entity is absent, 6 re-arms itself, 5–4 hysteresis, 3–2 threshold access, 1–0 events. */
  readonly capabilities: number
  /** Thresholds: events in bits 0 to 11, comparisons in 12 to 14; else the events of states. As they come. */
  readonly assertionMask: number
  readonly deassertionMask: number
  /** Thresholds: readable ones in the low byte, settable ones in the high byte; else the states that can be read. */
  readonly readingMask: number
  readonly unit: SensorUnit
  /** Raw counts. */
  readonly positiveHysteresis: number
  readonly negativeHysteresis: number
}

export interface FullRecord extends ReadSensor {
  readonly kind: "full"
  readonly linearization: number
  readonly factors: SensorFactors
  /** Bits: 0 nominal, 1 normal maximum, 2 normal minimum are specified. */
  readonly analogFlags: number
  readonly nominal: number
  readonly normalMaximum: number
  readonly normalMinimum: number
  readonly sensorMaximum: number
  readonly sensorMinimum: number
  /** Raw, all six, whether the sensor has them or not. */
  readonly thresholds: PerThreshold<number>
}

export interface CompactRecord extends ReadSensor {
  readonly kind: "compact"
  readonly sharing: SensorSharing
}

export interface EventOnlyRecord extends SensorIdentity {
  readonly kind: "eventOnly"
  readonly sharing: SensorSharing
}

const fullNameAt = 47
const compactNameAt = 31
const eventOnlyNameAt = 16

export const decodeFull = (record: Uint8Array): Decoded<FullRecord> =>
  record.length < fullNameAt + 1
    ? truncated("full sensor record", fullNameAt + 1, record.length)
    : decoded({
        kind: "full",
        ...decodeReadSensor(record, fullNameAt, 42),
        linearization: u8(record, 23) & 0x7f,
        factors: decodeFactors(record, 24),
        analogFlags: u8(record, 30),
        nominal: u8(record, 31),
        normalMaximum: u8(record, 32),
        normalMinimum: u8(record, 33),
        sensorMaximum: u8(record, 34),
        sensorMinimum: u8(record, 35),
        // from upper non-recoverable to lower non-critical, the other way round than everywhere else
        thresholds: Array.from(record.subarray(36, 42)).reverse()
      })

/** From the byte after the header, as the others below. */
export const encodeFull = (record: FullRecord): ReadonlyArray<number> => [
  ...encodeReadSensor(record),
  record.linearization,
  ...encodeFactors(record.factors),
  record.analogFlags,
  record.nominal,
  record.normalMaximum,
  record.normalMinimum,
  record.sensorMaximum,
  record.sensorMinimum,
  ...record.thresholds.map((raw) => raw ?? 0).reverse(),
  record.positiveHysteresis,
  record.negativeHysteresis,
  0,
  0,
  record.oem,
  ...encodeIdString(record.name)
]

export const decodeCompact = (record: Uint8Array): Decoded<CompactRecord> =>
  record.length < compactNameAt + 1
    ? truncated("compact sensor record", compactNameAt + 1, record.length)
    : decoded({
        kind: "compact",
        ...decodeReadSensor(record, compactNameAt, 25),
        sharing: decodeSharing(record, 23)
      })

export const encodeCompact = (record: CompactRecord): ReadonlyArray<number> => [
  ...encodeReadSensor(record),
  ...encodeSharing(record.sharing),
  record.positiveHysteresis,
  record.negativeHysteresis,
  0,
  0,
  0,
  record.oem,
  ...encodeIdString(record.name)
]

export const decodeEventOnly = (record: Uint8Array): Decoded<EventOnlyRecord> =>
  record.length < eventOnlyNameAt + 1
    ? truncated("event-only record", eventOnlyNameAt + 1, record.length)
    : decoded({
        kind: "eventOnly",
        ...decodeIdentity(record, 10, eventOnlyNameAt),
        sharing: decodeSharing(record, 12)
      })

export const encodeEventOnly = (record: EventOnlyRecord): ReadonlyArray<number> => [
  ...encodeOwner(record),
  record.sensorType,
  record.readingType,
  ...encodeSharing(record.sharing),
  0,
  record.oem,
  ...encodeIdString(record.name)
]

/** The OEM byte is always the one before the name. */
const decodeIdentity = (record: Uint8Array, typeAt: number, nameAt: number): SensorIdentity => ({
  ownerId: u8(record, 5),
  channel: u8(record, 6) >> 4,
  ownerLun: u8(record, 6) & 0x03,
  number: u8(record, 7),
  entityId: u8(record, 8),
  entityInstance: u8(record, 9),
  sensorType: u8(record, typeAt),
  readingType: u8(record, typeAt + 1),
  oem: u8(record, nameAt - 1),
  name: decodeIdString(record, nameAt)
})

const encodeOwner = (record: SensorIdentity): ReadonlyArray<number> => [
  record.ownerId,
  (record.channel << 4) | record.ownerLun,
  record.number,
  record.entityId,
  record.entityInstance
]

const decodeReadSensor = (record: Uint8Array, nameAt: number, hysteresisAt: number): ReadSensor => ({
  ...decodeIdentity(record, 12, nameAt),
  initialization: u8(record, 10),
  capabilities: u8(record, 11),
  assertionMask: u16(record, 14),
  deassertionMask: u16(record, 16),
  readingMask: u16(record, 18),
  unit: decodeUnit(record, 20),
  positiveHysteresis: u8(record, hysteresisAt),
  negativeHysteresis: u8(record, hysteresisAt + 1)
})

const encodeReadSensor = (record: ReadSensor): ReadonlyArray<number> => [
  ...encodeOwner(record),
  record.initialization,
  record.capabilities,
  record.sensorType,
  record.readingType,
  ...[record.assertionMask, record.deassertionMask, record.readingMask].flatMap((mask) => [mask & 0xff, mask >> 8]),
  ...encodeUnit(record.unit)
]

const decodeSharing = (record: Uint8Array, at: number): SensorSharing => ({
  count: u8(record, at) & 0x0f,
  lettered: ((u8(record, at) >> 4) & 0x03) === 1,
  suffixOffset: u8(record, at + 1) & 0x7f,
  instances: (u8(record, at + 1) & 0x80) !== 0
})

const encodeSharing = ({ count, instances, lettered, suffixOffset }: SensorSharing): ReadonlyArray<number> => [
  (lettered ? 0x10 : 0) | count,
  (instances ? 0x80 : 0) | suffixOffset
]
