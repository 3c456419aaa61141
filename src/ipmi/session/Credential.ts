/** What of a target is secret or goes into the codes: its limits, and the one place where it is unsealed. */
import * as Redacted from "effect/Redacted"
import type { IpmiTarget } from "../IpmiClient.ts"
import { AuthenticationFailed } from "../IpmiError.ts"
import { longestUsername } from "../wire/Rakp.ts"

/** IPMI 2.0 §22.30 for passwords, §13.31 for K_G. */
const longestKey = 20

const utf8 = new TextEncoder()

/** In bytes, for the time of one login. */
export const credentialOf = (
  target: IpmiTarget
): { readonly username: Uint8Array; readonly password: Uint8Array; readonly kg: Uint8Array | undefined } => ({
  username: utf8.encode(target.username),
  password: utf8.encode(Redacted.value(target.password)),
  kg: target.kg === undefined ? undefined : Redacted.value(target.kg)
})

/** Why it can't be right for any BMC; undefined if it may be. */
export const credentialProblem = (target: IpmiTarget): AuthenticationFailed | undefined => {
  const { kg, password, username } = credentialOf(target)
  const tooLong = (what: string, limit: number) =>
    new AuthenticationFailed({ detail: `the ${what} is longer than the ${limit} bytes that IPMI 2.0 allows` })
  if (username.length > longestUsername) return tooLong("user name", longestUsername)
  if (password.length > longestKey) return tooLong("password", longestKey)
  if (kg !== undefined && kg.length > longestKey) return tooLong("K_G", longestKey)
  return undefined
}
