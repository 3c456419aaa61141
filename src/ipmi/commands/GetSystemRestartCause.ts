/** Get System Restart Cause (IPMI 2.0 §28.11): why the server last started, as far as the BMC knows. */
import type { IpmiCommand } from "../IpmiClient.ts"
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

/** In the order of their numbers on the wire, from 0. */
export const restartCauses = [
  "unknown",
  "chassis control command",
  "reset button",
  "power button",
  "watchdog",
  "OEM",
  "AC power restored, policy always on",
  "AC power restored, policy previous state",
  "reset by platform event filter",
  "power cycle by platform event filter",
  "soft reset",
  "real-time clock wake-up"
] as const
export type RestartCause = (typeof restartCauses)[number]

export interface RestartReport {
  /** A number that has no name as it is. */
  readonly cause: RestartCause | number
  /** The channel that the command came by, where the cause is one. */
  readonly channel: number
}

export const getSystemRestartCause: IpmiCommand<RestartReport> = {
  name: "Get System Restart Cause",
  netFn: 0x00,
  command: 0x07,
  data: new Uint8Array(0),
  decode: (data) => decodeRestartReport(data),
  idempotent: true
}

export const decodeRestartReport = (data: Uint8Array): Decoded<RestartReport> => {
  if (data.length < 2) return truncated("Get System Restart Cause", 2, data.length)
  const number = u8(data, 0) & 0x0f
  return decoded({ cause: restartCauses[number] ?? number, channel: u8(data, 1) })
}

export const encodeRestartReport = ({ cause, channel }: RestartReport): Uint8Array =>
  Uint8Array.of(typeof cause === "number" ? cause & 0x0f : restartCauses.indexOf(cause), channel)

/** In words, unknown numbers as they are. */
export const restartCauseWords = (cause: RestartCause | number): string =>
  typeof cause === "number" ? `cause ${cause}` : cause
