/** Get Session Info (IPMI 2.0 §22.20): how many sessions a BMC holds, and whose one of them is. */
import type { IpmiCommand } from "../IpmiClient.ts"
import { putU16, u8, u16 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

export const getSessionInfo = { netFn: 0x06, command: 0x3d } as const

export interface SessionDetails {
  readonly userId: number
  readonly privilege: number
  /** 0 IPMI 1.5, 1 RMCP+ on a LAN channel. */
  readonly protocol: number
  readonly channel: number
  /** Of the console, on a LAN channel; undefined where the BMC leaves it out. */
  readonly console: { readonly address: string; readonly mac: string; readonly port: number } | undefined
}

export interface SessionReport {
  /** 0: there is no such session. */
  readonly handle: number
  readonly possible: number
  readonly active: number
  /** Undefined for a session that isn't there. */
  readonly details: SessionDetails | undefined
}

/** The one that asks, or the nth of the active ones, from 1. */
export type WhichSession = "this" | number

export const makeGetSessionInfo = (which: WhichSession): IpmiCommand<SessionReport> => ({
  name: "Get Session Info",
  ...getSessionInfo,
  data: Uint8Array.of(which === "this" ? 0 : which & 0xff),
  decode: decodeSessionReport,
  idempotent: true
})

/** For the BMC's side; by handle or id isn't decoded, and is a number that no session has. */
export const decodeGetSessionInfo = (data: Uint8Array): Decoded<WhichSession> =>
  data.length < 1 ? truncated("Get Session Info", 1, data.length) : decoded(u8(data, 0) === 0 ? "this" : u8(data, 0))

const headLength = 3
const detailsLength = 6
const lanLength = 18

export const decodeSessionReport = (data: Uint8Array): Decoded<SessionReport> => {
  if (data.length < headLength) return truncated("Get Session Info", headLength, data.length)
  const head = { handle: u8(data, 0), possible: u8(data, 1) & 0x3f, active: u8(data, 2) & 0x3f }
  if (data.length < detailsLength) return decoded({ ...head, details: undefined })
  const lan = data.subarray(detailsLength, lanLength)
  return decoded({
    ...head,
    details: {
      userId: u8(data, 3) & 0x3f,
      privilege: u8(data, 4) & 0x0f,
      protocol: u8(data, 5) >> 4,
      channel: u8(data, 5) & 0x0f,
      console:
        data.length < lanLength
          ? undefined
          : {
              address: Array.from(lan.subarray(0, 4)).join("."),
              mac: Array.from(lan.subarray(4, 10), (byte) => byte.toString(16).padStart(2, "0")).join(":"),
              port: u16(lan, 10)
            }
    }
  })
}

export const encodeSessionReport = ({ active, details, handle, possible }: SessionReport): Uint8Array => {
  if (details === undefined) return Uint8Array.of(handle, possible, active)
  const { channel, console, privilege, protocol, userId } = details
  const data = new Uint8Array(console === undefined ? detailsLength : lanLength)
  data.set([handle, possible, active, userId, privilege, (protocol << 4) | channel])
  if (console !== undefined) {
    data.set(console.address.split(".").map(Number), 6)
    data.set(
      console.mac.split(":").map((byte) => Number.parseInt(byte, 16)),
      10
    )
    putU16(data, 16, console.port)
  }
  return data
}
