/**
 * The type/length bytes of FRU areas and the fields behind them: binary, BCD plus, 6-bit packed ASCII, and text that is
 * Latin 1 for English and two bytes a character for other languages (Platform Management FRU Information Storage
 * Definition 1.0, "FRU" below, §13).
 */
import { u8 } from "../wire/bytes.ts"

export type FruField =
  | { readonly encoding: "text" | "bcdPlus" | "sixBit"; readonly text: string }
  | { readonly encoding: "binary"; readonly bytes: Uint8Array }

/** A type/length byte that ends the list of fields. */
export const endOfFields = 0xc1
/** Six bits of length. */
export const longestField = 0x3f
const encodings = ["binary", "bcdPlus", "sixBit", "text"] as const
/** Language codes whose text is Latin 1 (FRU §15): English, under two numbers. */
const english = [0, 25]

export interface FieldAt {
  readonly field: FruField
  /** Where the next type/length byte is. */
  readonly end: number
}

/** The field at `at`; undefined at the end of the list, and where the area ends within it. */
export const decodeField = (area: Uint8Array, at: number, language: number): FieldAt | undefined => {
  if (at >= area.length) return undefined
  const typeLength = u8(area, at)
  if (typeLength === endOfFields) return undefined
  const end = at + 1 + (typeLength & longestField)
  if (end > area.length) return undefined
  const bytes = area.slice(at + 1, end)
  const encoding = encodings[typeLength >> 6] ?? "binary"
  switch (encoding) {
    case "binary":
      return { field: { encoding, bytes }, end }
    case "bcdPlus":
      return { field: { encoding, text: fromBcdPlus(bytes) }, end }
    case "sixBit":
      return { field: { encoding, text: fromSixBit(bytes) }, end }
    case "text":
      return { field: { encoding, text: english.includes(language) ? fromLatin1(bytes) : fromUcs2(bytes) }, end }
  }
}

/** Type/length byte and field. Text beyond what the encoding can say is the caller's fault and is cut. */
export const encodeField = (field: FruField, language: number): Uint8Array => {
  const bytes = (field.encoding === "binary" ? field.bytes : encodeText(field.encoding, field.text, language)).subarray(
    0,
    longestField
  )
  return Uint8Array.of((encodings.indexOf(field.encoding) << 6) | bytes.length, ...bytes)
}

const encodeText = (encoding: "text" | "bcdPlus" | "sixBit", text: string, language: number): Uint8Array => {
  if (encoding === "bcdPlus") return toBcdPlus(text)
  if (encoding === "sixBit") return toSixBit(text)
  return english.includes(language) ? toLatin1(text) : toUcs2(text)
}

/** Digits, blank, dash and period, high nibble first; the last three nibbles are reserved. */
const bcdPlus = "0123456789 -.???"

const fromBcdPlus = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => `${bcdPlus[byte >> 4]}${bcdPlus[byte & 0x0f]}`).join("")

const toBcdPlus = (text: string): Uint8Array => {
  const nibble = (at: number): number => Math.max(0, bcdPlus.indexOf(text[at] ?? " "))
  return Uint8Array.from({ length: Math.ceil(text.length / 2) }, (_, at) => (nibble(2 * at) << 4) | nibble(2 * at + 1))
}

const firstSixBit = 0x20

/** Four characters in three bytes, the first in the low bits. Bits left over at the end are no character. */
const fromSixBit = (bytes: Uint8Array): string => {
  let text = ""
  for (let bit = 0; bit + 6 <= bytes.length * 8; bit += 6) {
    const pair = u8(bytes, bit >> 3) | (u8(bytes, (bit >> 3) + 1) << 8)
    text += String.fromCharCode(firstSixBit + ((pair >> (bit & 7)) & 0x3f))
  }
  return text
}

const toSixBit = (text: string): Uint8Array => {
  const bytes = new Uint8Array(Math.ceil((text.length * 6) / 8))
  for (let at = 0; at < text.length; at++) {
    const value = ((text.charCodeAt(at) - firstSixBit) & 0x3f) << ((at * 6) & 7)
    const byte = (at * 6) >> 3
    bytes[byte] = u8(bytes, byte) | (value & 0xff)
    if (value > 0xff) bytes[byte + 1] = value >> 8
  }
  return bytes
}

const fromLatin1 = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")

const toLatin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))

/** Two bytes, the low one first; an odd byte at the end is no character. */
const fromUcs2 = (bytes: Uint8Array): string => {
  let text = ""
  for (let at = 0; at + 2 <= bytes.length; at += 2)
    text += String.fromCharCode(u8(bytes, at) | (u8(bytes, at + 1) << 8))
  return text
}

const toUcs2 = (text: string): Uint8Array => {
  const bytes = new Uint8Array(text.length * 2)
  for (let at = 0; at < text.length; at++) {
    bytes[2 * at] = text.charCodeAt(at) & 0xff
    bytes[2 * at + 1] = text.charCodeAt(at) >> 8
  }
  return bytes
}
