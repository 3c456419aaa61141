/**
 * Set Power Restore Policy (IPMI 2.0 §28.8): what the chassis does when AC power comes back. The answer says which policies
 * the chassis supports; "no change" asks for nothing else. Get Chassis Status tells the present policy.
 */
import type { IpmiCommand } from "../IpmiClient.ts"
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded, malformed, truncated } from "../wire/Decoded.ts"

export const setPowerRestorePolicy = { netFn: 0x00, command: 0x06 } as const

export type SettablePolicy = "always-off" | "previous" | "always-on"

/** In the order of their numbers on the wire, from 0. */
export const settablePolicies: ReadonlyArray<SettablePolicy> = ["always-off", "previous", "always-on"]
const noChange = 3

/** `undefined` changes nothing. Gives the policies that the chassis supports. */
export const makeSetPowerRestorePolicy = (
  policy: SettablePolicy | undefined
): IpmiCommand<ReadonlySet<SettablePolicy>> => ({
  name: "Set Power Restore Policy",
  ...setPowerRestorePolicy,
  data: encodePolicy(policy),
  decode: decodeSupportedPolicies,
  idempotent: true
})

export const encodePolicy = (policy: SettablePolicy | undefined): Uint8Array =>
  Uint8Array.of(policy === undefined ? noChange : settablePolicies.indexOf(policy))

/** For the BMC's side. */
export const decodePolicy = (data: Uint8Array): Decoded<SettablePolicy | undefined> => {
  if (data.length < 1) return truncated("Set Power Restore Policy", 1, data.length)
  const number = u8(data, 0) & 0x07
  if (number === noChange) return decoded(undefined)
  const policy = settablePolicies[number]
  return policy === undefined ? malformed(`power restore policy ${number}`) : decoded(policy)
}

export const decodeSupportedPolicies = (data: Uint8Array): Decoded<ReadonlySet<SettablePolicy>> =>
  data.length < 1
    ? truncated("supported power restore policies", 1, data.length)
    : decoded(new Set(settablePolicies.filter((_, bit) => (u8(data, 0) & (1 << bit)) !== 0)))

export const encodeSupportedPolicies = (policies: ReadonlySet<SettablePolicy>): Uint8Array =>
  Uint8Array.of(settablePolicies.reduce((bits, policy, bit) => (policies.has(policy) ? bits | (1 << bit) : bits), 0))
