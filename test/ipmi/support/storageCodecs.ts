/** The codecs of the event log, FRU inventories, DCMI and the LAN configuration. */
import fc from "fast-check"
import { decodeClearSel, decodeErasure, encodeClearSel, encodeErasure } from "../../../src/ipmi/commands/ClearSel.ts"
import { decodeDeleteSelEntry, encodeDeleteSelEntry } from "../../../src/ipmi/commands/DeleteSelEntry.ts"
import {
  decodeAveragePeriods,
  decodeDcmiParameter,
  decodeDcmiSupport,
  encodeAveragePeriods,
  encodeDcmiParameter,
  encodeDcmiSupport
} from "../../../src/ipmi/commands/GetDcmiCapabilities.ts"
import { decodeFruAreaInfo, encodeFruAreaInfo } from "../../../src/ipmi/commands/GetFruInventoryAreaInfo.ts"
import {
  decodeGetLanParameter,
  decodeLanParameter,
  encodeGetLanParameter,
  encodeLanParameter
} from "../../../src/ipmi/commands/GetLanParameter.ts"
import { decodePowerReading, encodePowerReading } from "../../../src/ipmi/commands/GetPowerReading.ts"
import {
  decodeSelEntry,
  decodeSelEntryRequest,
  encodeSelEntry,
  encodeSelEntryRequest
} from "../../../src/ipmi/commands/GetSelEntry.ts"
import { decodeSelInfo, encodeSelInfo } from "../../../src/ipmi/commands/GetSelInfo.ts"
import { decodeSelTime, encodeSelTime } from "../../../src/ipmi/commands/GetSelTime.ts"
import {
  decodeFruData,
  decodeReadFruData,
  encodeFruData,
  encodeReadFruData
} from "../../../src/ipmi/commands/ReadFruData.ts"
import { decodeReservation, encodeReservation } from "../../../src/ipmi/commands/ReserveSel.ts"
import { decodeFru, encodeFru } from "../../../src/ipmi/fru/FruInventory.ts"
import type { FruField } from "../../../src/ipmi/fru/FruText.ts"
import { decodeSelRecord, encodeSelRecord } from "../../../src/ipmi/sel/SelRecord.ts"
import { decodeTimestamp } from "../../../src/ipmi/wire/Timestamp.ts"
import { any, type AnyCodec } from "./codec.ts"

const byte = fc.nat(0xff)
const word = fc.nat(0xffff)
const flag = fc.boolean()
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const timestamp = fc.nat(0xffffffff).map(decodeTimestamp)

const records = fc.oneof(
  fc.record({
    kind: fc.constant("event" as const),
    recordId: word,
    timestamp,
    generatorId: word,
    evmRevision: byte,
    sensorType: byte,
    sensorNumber: byte,
    asserted: flag,
    eventType: fc.nat(0x7f),
    data: bytes(3)
  }),
  fc.record({
    kind: fc.constant("oemTimed" as const),
    recordId: word,
    recordType: fc.integer({ min: 0xc0, max: 0xdf }),
    timestamp,
    manufacturerId: fc.nat(0xffffff),
    data: bytes(6)
  }),
  fc.record({
    kind: fc.constant("oem" as const),
    recordId: word,
    recordType: fc.integer({ min: 0xe0, max: 0xff }),
    data: bytes(13)
  }),
  fc.record({
    kind: fc.constant("unknown" as const),
    recordId: word,
    recordType: fc.constantFrom(0x00, 0x01, 0x03, 0x7f, 0xbf),
    data: bytes(13)
  })
)

const textOf = (characters: string, maxLength: number, multipleOf = 1): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...characters), { maxLength })
    .map((picked) => picked.slice(0, picked.length - (picked.length % multipleOf)).join(""))

const sixBitCharacters = Array.from({ length: 64 }, (_, index) => String.fromCharCode(0x20 + index)).join("")
const latin1 = Array.from({ length: 223 }, (_, index) => String.fromCharCode(0x21 + index)).join("")

/** Of English areas. Text of one character has the end mark's type/length byte, and can't be said. */
const field: fc.Arbitrary<FruField> = fc.oneof(
  fc.record({ encoding: fc.constant("binary" as const), bytes: fc.uint8Array({ maxLength: 20 }) }),
  // whole bytes, since a nibble or bits left over would be a character more
  fc.record({ encoding: fc.constant("bcdPlus" as const), text: textOf("0123456789 -.", 20, 2) }),
  fc.record({ encoding: fc.constant("sixBit" as const), text: textOf(sixBitCharacters, 20, 4) }),
  fc.record({ encoding: fc.constant("text" as const), text: textOf(latin1, 20).filter((text) => text.length !== 1) })
)
const custom = fc.array(field, { maxLength: 3 })
const maybe = <A>(values: fc.Arbitrary<A>) => fc.option(values, { nil: undefined })
const english = fc.constantFrom(0, 25)
const areas = fc.record({
  chassis: maybe(fc.record({ chassisType: byte, partNumber: field, serialNumber: field, custom })),
  board: maybe(
    fc.record({
      language: english,
      manufacturedUnix: maybe(fc.integer({ min: 1, max: 0xffffff }).map((minutes) => 820_454_400 + minutes * 60)),
      manufacturer: field,
      productName: field,
      serialNumber: field,
      partNumber: field,
      fruFileId: field,
      custom
    })
  ),
  product: maybe(
    fc.record({
      language: english,
      manufacturer: field,
      productName: field,
      partNumber: field,
      version: field,
      serialNumber: field,
      assetTag: field,
      fruFileId: field,
      custom
    })
  ),
  multiRecords: fc.array(fc.record({ type: byte, data: fc.uint8Array({ maxLength: 60 }) }), { maxLength: 4 })
})

export const storageCodecs: ReadonlyArray<AnyCodec> = [
  any({ name: "SEL record", values: records, encode: encodeSelRecord, decode: decodeSelRecord }),
  any({
    name: "Get SEL Info",
    values: fc.record({
      version: fc.constantFrom("1.5", "2.0"),
      entries: word,
      freeBytes: word,
      lastAdded: timestamp,
      lastErased: timestamp,
      overflowed: flag,
      supports: fc.record({ delete: flag, partialAdd: flag, reserve: flag, allocationInfo: flag })
    }),
    encode: encodeSelInfo,
    decode: decodeSelInfo
  }),
  any({
    name: "Get SEL Entry",
    values: fc.record({ next: word, record: bytes(16) }),
    encode: encodeSelEntry,
    decode: decodeSelEntry
  }),
  any({
    name: "Get SEL Entry request",
    values: fc.record({ reservation: word, recordId: word, offset: byte, count: byte }),
    encode: encodeSelEntryRequest,
    decode: decodeSelEntryRequest
  }),
  any({ name: "Reserve SEL", values: word, encode: encodeReservation, decode: decodeReservation }),
  any({
    name: "Delete SEL Entry",
    values: fc.record({ reservation: word, recordId: word }),
    encode: encodeDeleteSelEntry,
    decode: decodeDeleteSelEntry
  }),
  any({
    name: "Clear SEL request",
    values: fc.record({ reservation: word, action: fc.constantFrom("erase" as const, "status" as const) }),
    encode: encodeClearSel,
    decode: decodeClearSel
  }),
  any({
    name: "Clear SEL",
    values: fc.constantFrom("under way" as const, "complete" as const),
    encode: encodeErasure,
    decode: decodeErasure
  }),
  any({ name: "SEL time", values: timestamp, encode: encodeSelTime, decode: decodeSelTime }),
  any({
    name: "Get FRU Inventory Area Info",
    values: fc.record({ bytes: word, byWords: flag }),
    encode: encodeFruAreaInfo,
    decode: decodeFruAreaInfo
  }),
  any({
    name: "Read FRU Data request",
    values: fc.record({ fruId: byte, offset: word, count: byte }),
    encode: encodeReadFruData,
    decode: decodeReadFruData
  }),
  any({
    name: "Read FRU Data",
    values: fc.uint8Array({ minLength: 1, maxLength: 200 }) as fc.Arbitrary<Uint8Array>,
    encode: (data) => encodeFruData(data, 1),
    decode: (data) => decodeFruData(data, 1)
  }),
  any({
    name: "FRU inventory",
    values: areas,
    encode: encodeFru,
    decode: (image) => {
      const result = decodeFru(image)
      if (!result.ok) return result
      const { problems, ...inventory } = result.value
      return problems.length === 0 ? { ok: true, value: inventory } : { ok: false, detail: problems.join(", ") }
    },
    // A storage that ends early still has its header and first areas.
    refusedBelow: 8
  }),
  any({
    name: "DCMI capabilities",
    values: fc.record({
      conformance: fc.constantFrom("1.0", "1.5"),
      revision: byte,
      data: fc.uint8Array({ maxLength: 20 })
    }),
    encode: encodeDcmiParameter,
    decode: decodeDcmiParameter,
    refusedBelow: 4
  }),
  any({
    name: "DCMI supported capabilities",
    values: fc.record({ powerManagement: flag, inBand: flag, serialTerminalMode: flag, secondaryLan: flag }),
    encode: encodeDcmiSupport,
    decode: decodeDcmiSupport
  }),
  any({
    name: "DCMI rolling averages",
    values: fc.array(fc.constantFrom(1, 30, 60, 600, 3600, 86_400, 63 * 86_400), { maxLength: 10 }),
    encode: encodeAveragePeriods,
    decode: decodeAveragePeriods
  }),
  any({
    name: "Get Power Reading",
    values: fc.record({
      currentWatts: word,
      minimumWatts: word,
      maximumWatts: word,
      averageWatts: word,
      timestamp,
      periodMillis: fc.nat(0xffffffff),
      active: flag
    }),
    encode: encodePowerReading,
    decode: decodePowerReading
  }),
  any({
    name: "Get LAN Configuration Parameters",
    values: fc.record({ revision: byte, data: fc.uint8Array({ maxLength: 40 }) }),
    encode: encodeLanParameter,
    decode: decodeLanParameter,
    refusedBelow: 1
  }),
  any({
    name: "Get LAN Configuration Parameters request",
    values: fc.record({ channel: fc.nat(0x0f), parameter: byte, set: byte, block: byte }),
    encode: encodeGetLanParameter,
    decode: decodeGetLanParameter
  })
]
