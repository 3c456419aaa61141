/** What all DCMI commands share: a group extension (IPMI 2.0 §5.1) whose data begin with DCMI's number, both ways (DCMI 1.5 §6). */
import { u8 } from "../wire/bytes.ts"
import { type Decoded, malformed, truncated } from "../wire/Decoded.ts"

export const dcmiNetFn = 0x2c
export const dcmiGroup = 0xdc

/** An answer or request without the group's byte; `decode` is given at least `length` bytes. */
export const decodeDcmi = <A>(
  what: string,
  data: Uint8Array,
  length: number,
  decode: (body: Uint8Array) => Decoded<A>
): Decoded<A> => {
  if (data.length < 1 + length) return truncated(what, 1 + length, data.length)
  if (u8(data, 0) !== dcmiGroup) return malformed(`${what} is of group 0x${u8(data, 0).toString(16)}, not DCMI's`)
  return decode(data.subarray(1))
}

export const encodeDcmi = (...body: ReadonlyArray<number>): Uint8Array => Uint8Array.of(dcmiGroup, ...body)
