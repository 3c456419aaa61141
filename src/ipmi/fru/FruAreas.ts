/**
 * The chassis, board and product areas of a FRU's storage (FRU §10–§12): a format version, a length in eights of bytes,
 * fixed bytes, fields one after another up to an end mark, and a checksum. A wrong checksum is told, and the area read all
 * the same: makers get it wrong, and the serial number is needed.
 */
import { u8, u24 } from "../wire/bytes.ts"
import { decodeField, encodeField, endOfFields, type FruField } from "./FruText.ts"

export interface ChassisArea {
  /** As in SMBIOS' "System Enclosure or Chassis Types"; see `chassisTypeName`. */
  readonly chassisType: number
  readonly partNumber: FruField | undefined
  readonly serialNumber: FruField | undefined
  readonly custom: ReadonlyArray<FruField>
}

export interface BoardArea {
  readonly language: number
  /** Seconds since 1970, in whole minutes; undefined where the maker doesn't say. */
  readonly manufacturedUnix: number | undefined
  readonly manufacturer: FruField | undefined
  readonly productName: FruField | undefined
  readonly serialNumber: FruField | undefined
  readonly partNumber: FruField | undefined
  readonly fruFileId: FruField | undefined
  readonly custom: ReadonlyArray<FruField>
}

export interface ProductArea {
  readonly language: number
  readonly manufacturer: FruField | undefined
  readonly productName: FruField | undefined
  readonly partNumber: FruField | undefined
  readonly version: FruField | undefined
  readonly serialNumber: FruField | undefined
  readonly assetTag: FruField | undefined
  readonly fruFileId: FruField | undefined
  readonly custom: ReadonlyArray<FruField>
}

export interface Area<A> {
  readonly value: A
  /** In words; empty when all is as it has to be. */
  readonly problems: ReadonlyArray<string>
}

const areaUnit = 8
/** Version in the low nibble (FRU §8). */
export const formatVersion = 0x01
const englishLanguage = 0
/** Seconds of 1996-01-01 00:00, from where manufacturing dates count minutes (FRU §11). */
const dateOrigin = 820_454_400

/** The sum of all bytes and their checksum is 0 modulo 256 (FRU §8). */
export const sumsToZero = (bytes: Uint8Array): boolean => bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0) === 0

export const checksum = (bytes: Uint8Array): number => -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff

/** Bytes of the area that begins there, from its second byte. */
export const areaLength = (area: Uint8Array): number => u8(area, 1) * areaUnit

/** Goes through the fields from `at`: the first `names`, then the maker's own. */
const fieldsOf = (area: Uint8Array, at: number, language: number, known: number) => {
  // The last byte is the checksum, and no field's.
  const body = area.subarray(0, area.length - 1)
  const fields: Array<FruField> = []
  let end = at
  for (;;) {
    const next = decodeField(body, end, language)
    if (next === undefined) break
    fields.push(next.field)
    end = next.end
  }
  const problems = [
    ...((u8(area, 0) & 0x0f) === formatVersion ? [] : [`has format version ${u8(area, 0) & 0x0f}`]),
    ...(sumsToZero(area) ? [] : ["has a wrong checksum"]),
    ...(end < body.length && u8(body, end) === endOfFields ? [] : ["has no end mark after its fields"])
  ]
  return { fields, custom: fields.slice(known), problems }
}

export const decodeChassisArea = (area: Uint8Array): Area<ChassisArea> => {
  // No language of its own: always English (FRU §10).
  const { custom, fields, problems } = fieldsOf(area, 3, englishLanguage, 2)
  return { value: { chassisType: u8(area, 2), partNumber: fields[0], serialNumber: fields[1], custom }, problems }
}

export const decodeBoardArea = (area: Uint8Array): Area<BoardArea> => {
  const language = u8(area, 2)
  const minutes = u24(area, 3)
  const { custom, fields, problems } = fieldsOf(area, 6, language, 5)
  const [manufacturer, productName, serialNumber, partNumber, fruFileId] = fields
  const manufacturedUnix = minutes === 0 ? undefined : dateOrigin + minutes * 60
  return {
    value: { language, manufacturedUnix, manufacturer, productName, serialNumber, partNumber, fruFileId, custom },
    problems
  }
}

export const decodeProductArea = (area: Uint8Array): Area<ProductArea> => {
  const language = u8(area, 2)
  const { custom, fields, problems } = fieldsOf(area, 3, language, 7)
  const [manufacturer, productName, partNumber, version, serialNumber, assetTag, fruFileId] = fields
  return {
    value: {
      language,
      manufacturer,
      productName,
      partNumber,
      version,
      serialNumber,
      assetTag,
      fruFileId,
      custom
    },
    problems
  }
}

const absent: FruField = { encoding: "binary", bytes: new Uint8Array(0) }

/** Fields that are undefined are written empty when one follows. */
const encodeArea = (
  fixed: ReadonlyArray<number>,
  known: ReadonlyArray<FruField | undefined>,
  custom: ReadonlyArray<FruField>,
  language: number
): Uint8Array => {
  const fields = [...known.map((field) => field ?? absent), ...custom]
  const last = custom.length > 0 ? fields.length : known.findLastIndex((field) => field !== undefined) + 1
  const body = [
    formatVersion,
    0,
    ...fixed,
    ...fields.slice(0, last).flatMap((field) => [...encodeField(field, language)]),
    endOfFields
  ]
  const area = new Uint8Array(Math.ceil((body.length + 1) / areaUnit) * areaUnit)
  area.set(body)
  area[1] = area.length / areaUnit
  area[area.length - 1] = checksum(area)
  return area
}

export const encodeChassisArea = (area: ChassisArea): Uint8Array =>
  encodeArea([area.chassisType], [area.partNumber, area.serialNumber], area.custom, englishLanguage)

export const encodeBoardArea = (area: BoardArea): Uint8Array => {
  const minutes = area.manufacturedUnix === undefined ? 0 : Math.floor((area.manufacturedUnix - dateOrigin) / 60)
  return encodeArea(
    [area.language, minutes & 0xff, (minutes >> 8) & 0xff, (minutes >> 16) & 0xff],
    [area.manufacturer, area.productName, area.serialNumber, area.partNumber, area.fruFileId],
    area.custom,
    area.language
  )
}

export const encodeProductArea = (area: ProductArea): Uint8Array =>
  encodeArea(
    [area.language],
    [
      area.manufacturer,
      area.productName,
      area.partNumber,
      area.version,
      area.serialNumber,
      area.assetTag,
      area.fruFileId
    ],
    area.custom,
    area.language
  )
