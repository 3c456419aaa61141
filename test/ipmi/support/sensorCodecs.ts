/** The codecs of sensor data records and of the commands about sensors. */
import fc from "fast-check"
import { decodeDeviceSdrInfo, encodeDeviceSdrInfo } from "../../../src/ipmi/commands/GetDeviceSdrInfo.ts"
import {
  decodeGetSdrRequest,
  decodeSdrPart,
  encodeGetSdrRequest,
  encodeSdrPart
} from "../../../src/ipmi/commands/GetSdr.ts"
import { decodeSdrRepositoryInfo, encodeSdrRepositoryInfo } from "../../../src/ipmi/commands/GetSdrRepositoryInfo.ts"
import { decodeSensorReading, encodeSensorReading } from "../../../src/ipmi/commands/GetSensorReading.ts"
import {
  decodeSensorReadingFactors,
  encodeSensorReadingFactors
} from "../../../src/ipmi/commands/GetSensorReadingFactors.ts"
import { decodeSensorThresholds, encodeSensorThresholds } from "../../../src/ipmi/commands/GetSensorThresholds.ts"
import { encodeReservation, makeReserveSdrRepository } from "../../../src/ipmi/commands/ReserveSdrRepository.ts"
import { decodeSdr, encodeSdr } from "../../../src/ipmi/sensors/SdrRecord.ts"
import type { AnalogFormat } from "../../../src/ipmi/sensors/Units.ts"
import { any, type AnyCodec } from "./codec.ts"

const byte = fc.nat(0xff)
const word = fc.nat(0xffff)
const long = fc.nat(0xffffffff)
const bits = (count: number) => fc.nat(2 ** count - 1)
const flag = fc.boolean()
const signed = (count: number) => fc.integer({ min: -(2 ** (count - 1)), max: 2 ** (count - 1) - 1 })
const six = <A>(values: fc.Arbitrary<A>) => fc.array(values, { minLength: 6, maxLength: 6 })

const factors = fc.record({
  m: signed(10),
  b: signed(10),
  bExponent: signed(4),
  resultExponent: signed(4),
  tolerance: bits(6),
  accuracy: bits(10),
  accuracyExponent: bits(2),
  direction: bits(2)
})

/** Latin-1 without spaces, which at the end would be padding. */
const character = fc
  .oneof(fc.integer({ min: 0x21, max: 0x7e }), fc.integer({ min: 0xa1, max: 0xff }))
  .map((code) => String.fromCharCode(code))
const name = fc.array(character, { maxLength: 16 }).map((characters) => characters.join(""))

const identity = {
  id: word,
  ownerId: byte,
  channel: bits(4),
  ownerLun: bits(2),
  number: byte,
  entityId: byte,
  entityInstance: byte,
  sensorType: byte,
  readingType: byte,
  oem: byte,
  name
}
const read = {
  ...identity,
  initialization: byte,
  capabilities: byte,
  assertionMask: word,
  deassertionMask: word,
  readingMask: word,
  unit: fc.record({
    format: fc.constantFrom<AnalogFormat>("unsigned", "onesComplement", "twosComplement", "none"),
    rate: bits(3),
    modifierUse: bits(2),
    percentage: flag,
    base: byte,
    modifier: byte
  }),
  positiveHysteresis: byte,
  negativeHysteresis: byte
}
const sharing = fc.record({ count: bits(4), lettered: flag, suffixOffset: bits(7), instances: flag })
const address = bits(7).map((half) => half * 2)

const records = fc.oneof(
  fc.record({
    kind: fc.constant("full" as const),
    ...read,
    linearization: bits(7),
    factors,
    analogFlags: byte,
    nominal: byte,
    normalMaximum: byte,
    normalMinimum: byte,
    sensorMaximum: byte,
    sensorMinimum: byte,
    thresholds: six(byte)
  }),
  fc.record({ kind: fc.constant("compact" as const), ...read, sharing }),
  fc.record({ kind: fc.constant("eventOnly" as const), ...identity, sharing }),
  fc.record({
    kind: fc.constant("fruLocator" as const),
    id: word,
    accessAddress: address,
    fruId: byte,
    logical: flag,
    lun: bits(2),
    privateBus: bits(3),
    channel: bits(4),
    deviceType: byte,
    deviceTypeModifier: byte,
    entityId: byte,
    entityInstance: byte,
    oem: byte,
    name
  }),
  fc.record({
    kind: fc.constant("mcLocator" as const),
    id: word,
    address,
    channel: bits(4),
    powerStateAndInit: byte,
    capabilities: byte,
    entityId: byte,
    entityInstance: byte,
    oem: byte,
    name
  }),
  fc.record({
    kind: fc.constant("other" as const),
    id: word,
    type: fc.constantFrom(0x08, 0x09, 0x10, 0x13, 0x14, 0xc0),
    body: fc.uint8Array({ maxLength: 255 })
  })
)

const reserve = makeReserveSdrRepository("repository")

export const sensorCodecs: ReadonlyArray<AnyCodec> = [
  any({ name: "sensor data record", values: records, encode: encodeSdr, decode: decodeSdr }),
  any({
    name: "SDR repository info",
    values: fc.record({
      version: byte,
      records: word,
      freeBytes: word,
      lastAddition: long,
      lastErase: long,
      operations: byte
    }),
    encode: encodeSdrRepositoryInfo,
    decode: decodeSdrRepositoryInfo
  }),
  any({
    name: "device SDR info",
    values: fc.record({ count: byte, luns: bits(4), populationChange: fc.option(long, { nil: undefined }) }),
    encode: encodeDeviceSdrInfo,
    decode: decodeDeviceSdrInfo
  }),
  any({ name: "SDR reservation", values: word, encode: encodeReservation, decode: reserve.decode }),
  any({
    name: "Get SDR request",
    values: fc.record({ reservation: word, recordId: word, offset: byte, count: byte }),
    encode: encodeGetSdrRequest,
    decode: decodeGetSdrRequest
  }),
  any({
    name: "part of an SDR",
    values: fc.record({ nextRecordId: word, bytes: fc.uint8Array({ maxLength: 200 }) }),
    encode: encodeSdrPart,
    decode: decodeSdrPart,
    refusedBelow: 2
  }),
  any({
    name: "sensor reading",
    values: fc.record({
      raw: byte,
      eventMessagesEnabled: flag,
      scanningEnabled: flag,
      unavailable: flag,
      states: bits(15)
    }),
    encode: encodeSensorReading,
    decode: decodeSensorReading,
    refusedBelow: 2
  }),
  any({
    name: "sensor thresholds",
    values: six(fc.option(byte, { nil: undefined })),
    encode: encodeSensorThresholds,
    decode: decodeSensorThresholds
  }),
  any({
    name: "sensor reading factors",
    values: factors,
    encode: (value) => encodeSensorReadingFactors(0, value),
    decode: decodeSensorReadingFactors
  })
]
