/**
 * A FRU's storage as a whole (FRU §8, §16): the common header with the areas' offsets, the areas, and the list of
 * multi-records, kept raw with their headers checked. Whatever the bytes are, this gives what can be read and says what is
 * wrong; only a storage without a header is no inventory. The internal use area is the maker's and isn't looked at.
 */
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded, malformed, truncated } from "../wire/Decoded.ts"
import {
  type Area,
  areaLength,
  type BoardArea,
  type ChassisArea,
  checksum,
  decodeBoardArea,
  decodeChassisArea,
  decodeProductArea,
  encodeBoardArea,
  encodeChassisArea,
  encodeProductArea,
  formatVersion,
  type ProductArea,
  sumsToZero
} from "./FruAreas.ts"

export interface MultiRecord {
  /** 0 to 0xBF of the specification's, from 0xC0 the makers'; see `multiRecordName`. */
  readonly type: number
  readonly data: Uint8Array
}

export interface FruInventory {
  readonly chassis: ChassisArea | undefined
  readonly board: BoardArea | undefined
  readonly product: ProductArea | undefined
  readonly multiRecords: ReadonlyArray<MultiRecord>
  /** `board area has a wrong checksum`, …; empty when all is as it has to be. */
  readonly problems: ReadonlyArray<string>
}

/** In bytes from the storage's beginning; undefined where there is none. */
export interface FruHeader {
  readonly chassis: number | undefined
  readonly board: number | undefined
  readonly product: number | undefined
  readonly multiRecord: number | undefined
  readonly problems: ReadonlyArray<string>
}

export const headerLength = 8
export const multiRecordHeaderLength = 5
/** A list longer than this is a loop of garbage: a real one has a handful. */
export const mostMultiRecords = 64
const offsetUnit = 8
const multiRecordVersion = 0x02
const endOfList = 0x80

export const decodeFruHeader = (bytes: Uint8Array): Decoded<FruHeader> => {
  if (bytes.length < headerLength) return truncated("FRU header", headerLength, bytes.length)
  const version = u8(bytes, 0) & 0x0f
  if (version !== formatVersion) return malformed(`the FRU storage has no header: format version ${version}`)
  const at = (index: number): number | undefined => u8(bytes, index) * offsetUnit || undefined
  const problems = sumsToZero(bytes.subarray(0, headerLength)) ? [] : ["header has a wrong checksum"]
  return decoded({ chassis: at(2), board: at(3), product: at(4), multiRecord: at(5), problems })
}

/** `image` is the whole storage; what the areas don't cover may be anything. */
export const decodeFru = (image: Uint8Array): Decoded<FruInventory> => {
  const header = decodeFruHeader(image)
  if (!header.ok) return header
  const { board, chassis, multiRecord, product } = header.value
  const problems = [...header.value.problems]
  const area = <A>(name: string, at: number | undefined, decode: (area: Uint8Array) => Area<A>): A | undefined => {
    if (at === undefined) return undefined
    const length = areaLength(image.subarray(at))
    if (length === 0 || at + length > image.length) {
      problems.push(`${name} area has no place in the storage`)
      return undefined
    }
    const result = decode(image.subarray(at, at + length))
    problems.push(...result.problems.map((problem) => `${name} area ${problem}`))
    return result.value
  }
  return decoded({
    chassis: area("chassis", chassis, decodeChassisArea),
    board: area("board", board, decodeBoardArea),
    product: area("product", product, decodeProductArea),
    multiRecords: multiRecord === undefined ? [] : decodeMultiRecords(image.subarray(multiRecord), problems),
    problems
  })
}

const decodeMultiRecords = (bytes: Uint8Array, problems: Array<string>): ReadonlyArray<MultiRecord> => {
  const records: Array<MultiRecord> = []
  for (let at = 0; records.length < mostMultiRecords;) {
    const header = bytes.subarray(at, at + multiRecordHeaderLength)
    const end = at + multiRecordHeaderLength + u8(header, 2)
    if (header.length < multiRecordHeaderLength || end > bytes.length || !isMultiRecordHeader(header)) {
      problems.push(`multi-record ${records.length + 1} has no valid header`)
      break
    }
    const data = bytes.slice(at + multiRecordHeaderLength, end)
    if (checksum(data) !== u8(header, 3)) problems.push(`multi-record ${records.length + 1} has a wrong checksum`)
    records.push({ type: u8(header, 0), data })
    if (isLastMultiRecord(header)) break
    at = end
  }
  return records
}

/** A wrong length would lead anywhere: without version and checksum there is no going on. */
export const isMultiRecordHeader = (header: Uint8Array): boolean =>
  (u8(header, 1) & 0x0f) === multiRecordVersion && sumsToZero(header)

export const isLastMultiRecord = (header: Uint8Array): boolean => (u8(header, 1) & endOfList) !== 0

const encodeMultiRecord = ({ data, type }: MultiRecord, last: boolean): Uint8Array => {
  const head = Uint8Array.of(type, multiRecordVersion | (last ? endOfList : 0), data.length, checksum(data))
  return Uint8Array.of(...head, checksum(head), ...data)
}

/** Header, areas and records, one after the other; what is wrong with a read one is not written. */
export const encodeFru = (inventory: Omit<FruInventory, "problems">): Uint8Array => {
  const { board, chassis, multiRecords, product } = inventory
  const parts = [
    chassis === undefined ? none : encodeChassisArea(chassis),
    board === undefined ? none : encodeBoardArea(board),
    product === undefined ? none : encodeProductArea(product),
    Uint8Array.from(
      multiRecords.flatMap((record, index) => [...encodeMultiRecord(record, index === multiRecords.length - 1)])
    )
  ]
  let end = headerLength
  const offsets = parts.map((part) => {
    const at = part.length === 0 ? 0 : end / offsetUnit
    end += part.length
    return at
  })
  const header = Uint8Array.of(formatVersion, 0, ...offsets, 0)
  return Uint8Array.of(...header, checksum(header), ...parts.flatMap((part) => [...part]))
}

const none = new Uint8Array(0)
