/**
 * Chassis Identify (IPMI 2.0 §28.5): the lamp, or whatever a server has to be found by. Without data a BMC identifies itself
 * for its default time, 15 s; "force" (until told otherwise) is optional, and an older BMC refuses the second byte.
 */
import type { IpmiCommand } from "../IpmiClient.ts"
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded } from "../wire/Decoded.ts"

export const chassisIdentify = { netFn: 0x00, command: 0x04 } as const

/** For how long: a number of seconds from 0 (off) to 255, until told otherwise, or the BMC's own default. */
export type IdentifyFor = number | "indefinitely" | "default"

/** What "default" comes to (IPMI 2.0 table 28-6). */
export const defaultIdentifySeconds = 15

const forceOn = 0x01

/** More than 255 seconds, or fewer than 0, are taken as the nearest that can be said. */
export const encodeChassisIdentify = (duration: IdentifyFor): Uint8Array =>
  duration === "default"
    ? new Uint8Array(0)
    : duration === "indefinitely"
      ? Uint8Array.of(0, forceOn)
      : Uint8Array.of(Math.min(255, Math.max(0, Math.round(duration))))

export const makeChassisIdentify = (duration: IdentifyFor): IpmiCommand<void> => ({
  name: "Chassis Identify",
  ...chassisIdentify,
  data: encodeChassisIdentify(duration),
  decode: () => decoded(undefined),
  // Twice is once: the time is counted from the last one.
  idempotent: true
})

/** For the BMC's side. */
export const decodeChassisIdentify = (data: Uint8Array): Decoded<IdentifyFor> => {
  if (data.length === 0) return decoded("default")
  return decoded((u8(data, 1) & forceOn) !== 0 ? "indefinitely" : u8(data, 0))
}
