/** Get and Set User Name (IPMI 2.0 §22.29, §22.28): 16 bytes, padded with NUL; user 1 has none on most BMCs. */
import type { IpmiCommand } from "../IpmiClient.ts"
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

export const getUserName = { netFn: 0x06, command: 0x46 } as const
export const setUserName = { netFn: 0x06, command: 0x45 } as const

/** In bytes of UTF-8. */
export const longestUserName = 16

export const makeGetUserName = (userId: number): IpmiCommand<string> => ({
  name: `Get User Name (user ${userId})`,
  ...getUserName,
  data: Uint8Array.of(userId & 0x3f),
  decode: decodeUserName,
  idempotent: true
})

/** What is longer than 16 bytes is cut off. */
export const makeSetUserName = (userId: number, name: string): IpmiCommand<void> => ({
  name: `Set User Name (user ${userId})`,
  ...setUserName,
  data: Uint8Array.of(userId & 0x3f, ...encodeUserName(name)),
  decode: () => decoded(undefined),
  idempotent: true
})

/** For the BMC's side. */
export const decodeGetUserName = (data: Uint8Array): Decoded<number> =>
  data.length < 1 ? truncated("Get User Name", 1, data.length) : decoded(u8(data, 0) & 0x3f)

/** For the BMC's side. */
export const decodeSetUserName = (data: Uint8Array): Decoded<{ readonly userId: number; readonly name: Uint8Array }> =>
  data.length < 1 + longestUserName
    ? truncated("Set User Name", 1 + longestUserName, data.length)
    : decoded({ userId: u8(data, 0) & 0x3f, name: data.slice(1, 1 + longestUserName) })

const utf8 = new TextEncoder()
const text = new TextDecoder()

export const encodeUserName = (name: string): Uint8Array => {
  const data = new Uint8Array(longestUserName)
  data.set(utf8.encode(name).subarray(0, longestUserName))
  return data
}

export const decodeUserName = (data: Uint8Array): Decoded<string> => {
  if (data.length < longestUserName) return truncated("Get User Name", longestUserName, data.length)
  const name = data.subarray(0, longestUserName)
  const end = name.indexOf(0)
  return decoded(text.decode(end < 0 ? name : name.subarray(0, end)))
}
