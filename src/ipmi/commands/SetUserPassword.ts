/**
 * Set User Password (IPMI 2.0 §22.30): sets or tests a password of up to 16 or 20 bytes, and enables or disables a user.
 * The password is unsealed when the request is encoded, each time it is sent, and stands in no name, meaning or error.
 * Setting is sent once: after a lost answer nobody can tell by repeating it whether the old password or the new one holds, and a
 * session opened with the old one may be gone.
 */
import * as Redacted from "effect/Redacted"
import type { IpmiCommand } from "../IpmiClient.ts"
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded, malformed, truncated } from "../wire/Decoded.ts"

export const setUserPassword = { netFn: 0x06, command: 0x47 } as const

/** In bytes; the longer ones only log in by RMCP+. */
export type PasswordSize = 16 | 20

export const passwordMeanings: ReadonlyMap<number, string> = new Map([
  [0x80, "the password is another"],
  [0x81, "the password was set with the other size, 16 or 20 bytes"]
])

/** In the order of their numbers on the wire, from 0. */
const operations = ["disable", "enable", "set", "test"] as const
export type PasswordOperation = (typeof operations)[number]

const longPassword = 0x80
const utf8 = new TextEncoder()

/** The smaller size that it fits in; undefined when it fits in none. */
export const passwordSize = (password: Redacted.Redacted): PasswordSize | undefined => {
  const { length } = utf8.encode(Redacted.value(password))
  return length <= 16 ? 16 : length <= 20 ? 20 : undefined
}

/** Enables or disables without touching the password. */
export const makeEnableUser = (userId: number, enabled: boolean): IpmiCommand<void> => ({
  name: `Set User Password (${enabled ? "enable" : "disable"} user ${userId})`,
  ...setUserPassword,
  data: Uint8Array.of(userId & 0x3f, operations.indexOf(enabled ? "enable" : "disable")),
  decode: () => decoded(undefined),
  idempotent: true
})

/** Testing gives success when it is this one; what is longer than `size` is cut off: check with `passwordSize`. */
export const makeSetUserPassword = (
  userId: number,
  operation: "set" | "test",
  password: Redacted.Redacted,
  size: PasswordSize
): IpmiCommand<void> => ({
  name: `Set User Password (${operation} that of user ${userId})`,
  ...setUserPassword,
  get data() {
    const data = new Uint8Array(2 + size)
    data[0] = (size === 20 ? longPassword : 0) | (userId & 0x3f)
    data[1] = operations.indexOf(operation)
    data.set(utf8.encode(Redacted.value(password)).subarray(0, size), 2)
    return data
  },
  decode: () => decoded(undefined),
  meanings: passwordMeanings,
  idempotent: operation === "test"
})

/** For the BMC's side. `password` is empty where the operation needs none. */
export interface PasswordRequest {
  readonly userId: number
  readonly operation: PasswordOperation
  readonly size: PasswordSize
  readonly password: Uint8Array
}

export const decodeSetUserPassword = (data: Uint8Array): Decoded<PasswordRequest> => {
  if (data.length < 2) return truncated("Set User Password", 2, data.length)
  const operation = operations[u8(data, 1) & 0x03]
  if (operation === undefined) return malformed("password operation")
  const size = (u8(data, 0) & longPassword) !== 0 ? 20 : 16
  const needed = operation === "set" || operation === "test" ? 2 + size : 2
  if (data.length < needed) return truncated("Set User Password", needed, data.length)
  return decoded({ userId: u8(data, 0) & 0x3f, operation, size, password: data.slice(2, needed) })
}
