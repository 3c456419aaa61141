/**
 * Set Session Privilege Level (IPMI 2.0 §22.18): a session starts as USER whatever was negotiated, and is raised by this.
 * The BMC answers with the level that now holds.
 */
import type { IpmiCommand } from "../IpmiClient.ts"
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

export const setSessionPrivilegeLevel = { netFn: 0x06, command: 0x3b } as const

/** Command-specific completion codes. */
export const privilegeRefusals: ReadonlyMap<number, string> = new Map([
  [0x80, "the level is not available for this user"],
  [0x81, "the level exceeds the limit of user, channel or session"],
  [0x82, "user level authentication can't be disabled"]
])

const decodeLevel = (data: Uint8Array): Decoded<number> =>
  data.length < 1 ? truncated("Set Session Privilege Level", 1, data.length) : decoded(u8(data, 0) & 0x0f)

/** `level` 0 asks for the present level and changes nothing. */
export const makeSetSessionPrivilegeLevel = (level: number): IpmiCommand<number> => ({
  name: "Set Session Privilege Level",
  ...setSessionPrivilegeLevel,
  data: Uint8Array.of(level),
  decode: decodeLevel,
  meanings: privilegeRefusals,
  idempotent: true
})

/** For the BMC's side: the level asked for; its answer is the one byte of the level that holds. */
export const decodeSetSessionPrivilegeLevel = decodeLevel

export const encodeSessionPrivilegeLevel = (level: number): Uint8Array => Uint8Array.of(level & 0x0f)
