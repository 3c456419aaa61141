/**
 * The encodings of text in SDR and FRU records (IPMI 2.0 §43.15, Platform Management FRU 1.0 §13): BCD plus, 6-bit ASCII,
 * Latin-1, UTF-16. What follows a NUL, and spaces at the end, are padding. Never longer than two characters a byte.
 */
import { u16 } from "./bytes.ts"

const trimmed = (text: string): string => {
  const end = text.indexOf("\0")
  return (end < 0 ? text : text.slice(0, end)).trimEnd()
}

const bcdPlusDigits = "0123456789 -.:,_"

/** Two digits a byte, the high half first. */
export const bcdPlus = (bytes: Uint8Array): string =>
  trimmed(Array.from(bytes, (byte) => `${bcdPlusDigits[byte >> 4]}${bcdPlusDigits[byte & 0x0f]}`).join(""))

/** Four characters in three bytes, least significant bits first; 0 is the space, 63 the underscore. */
export const sixBitAscii = (bytes: Uint8Array): string => {
  let text = ""
  for (let bit = 0; bit + 6 <= bytes.length * 8; bit += 6) {
    text += String.fromCharCode(0x20 + ((u16(bytes, bit >> 3) >> (bit & 7)) & 0x3f))
  }
  return trimmed(text)
}

/** Byte by byte; unlike a TextDecoder's "latin1", which is Windows-1252. */
export const latin1 = (bytes: Uint8Array): string =>
  trimmed(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))

/** Two bytes a character, the low one first. */
export const utf16 = (bytes: Uint8Array): string => {
  let text = ""
  for (let at = 0; at + 2 <= bytes.length; at += 2) text += String.fromCharCode(u16(bytes, at))
  return trimmed(text)
}
