/**
 * Reading and writing integers of IPMI's byte order (least significant byte first) at an offset the caller has checked.
 */

/** The byte at `at`, 0 past the end: callers check lengths first, and say so themselves. */
export const u8 = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0

export const u16 = (bytes: Uint8Array, at: number): number => u8(bytes, at) | (u8(bytes, at + 1) << 8)

export const u24 = (bytes: Uint8Array, at: number): number => u16(bytes, at) | (u8(bytes, at + 2) << 16)

/** Unsigned: 0 to 4,294,967,295. */
export const u32 = (bytes: Uint8Array, at: number): number => (u16(bytes, at) | (u16(bytes, at + 2) << 16)) >>> 0

export const putU16 = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value & 0xff
  bytes[at + 1] = (value >>> 8) & 0xff
}

export const putU32 = (bytes: Uint8Array, at: number, value: number): void => {
  putU16(bytes, at, value & 0xffff)
  putU16(bytes, at + 2, value >>> 16)
}
