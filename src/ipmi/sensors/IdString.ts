/** A record's name and the type/length byte before it (IPMI 2.0 §43.15). */
import { bcdPlus, latin1, sixBitAscii, utf16 } from "../wire/PackedText.ts"
import { u8 } from "../wire/bytes.ts"

/** Table 43-1: "16 bytes maximum". What BMCs send beyond is taken, up to the 31 that the length field holds. */
export const longestId = 16

/** In the order of the type's two bits. */
const encodings = [utf16, bcdPlus, sixBitAscii, latin1] as const

/** `at` is the type/length byte's place; a name that the record cuts off is what there is of it. */
export const decodeIdString = (record: Uint8Array, at: number): string => {
  const typeLength = u8(record, at)
  const bytes = record.subarray(at + 1, at + 1 + (typeLength & 0x1f))
  return (encodings[typeLength >> 6] ?? latin1)(bytes)
}

/** As Latin-1, cut off after 16 characters. */
export const encodeIdString = (name: string): ReadonlyArray<number> => {
  const bytes = Array.from(name.slice(0, longestId), (char) => char.charCodeAt(0) & 0xff)
  return [0xc0 | bytes.length, ...bytes]
}
