/** Get Channel Info (IPMI 2.0 §22.24): what is behind a channel number, from 0 (the IPMB) to 15 (the system interface). */
import type { IpmiCommand } from "../IpmiClient.ts"
import { putU16, u8, u24 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

export const getChannelInfo = { netFn: 0x06, command: 0x42 } as const

export interface ChannelInfo {
  readonly channel: number
  /** IPMI 2.0 table 6-3. */
  readonly medium: number
  /** IPMI 2.0 table 6-2. */
  readonly protocol: number
  readonly sessions: "none" | "single" | "multiple" | "changeable"
  readonly activeSessions: number
  /** IANA enterprise number; 7154 for a protocol of IPMI's own. */
  readonly vendorId: number
  readonly auxiliary: number
}

const infoLength = 9
const sessionSupports = ["none", "single", "multiple", "changeable"] as const

/** 14 is the channel that the request comes by. */
export const makeGetChannelInfo = (channel: number): IpmiCommand<ChannelInfo> => ({
  name: `Get Channel Info (channel ${channel})`,
  ...getChannelInfo,
  data: Uint8Array.of(channel & 0x0f),
  decode: decodeChannelInfo,
  idempotent: true
})

/** For the BMC's side. */
export const decodeGetChannelInfo = (data: Uint8Array): Decoded<number> =>
  data.length < 1 ? truncated("Get Channel Info", 1, data.length) : decoded(u8(data, 0) & 0x0f)

export const decodeChannelInfo = (data: Uint8Array): Decoded<ChannelInfo> =>
  data.length < infoLength
    ? truncated("Get Channel Info", infoLength, data.length)
    : decoded({
        channel: u8(data, 0) & 0x0f,
        medium: u8(data, 1) & 0x7f,
        protocol: u8(data, 2) & 0x1f,
        sessions: sessionSupports[u8(data, 3) >> 6] ?? "none",
        activeSessions: u8(data, 3) & 0x3f,
        vendorId: u24(data, 4),
        auxiliary: u8(data, 7) | (u8(data, 8) << 8)
      })

export const encodeChannelInfo = (info: ChannelInfo): Uint8Array => {
  const data = new Uint8Array(infoLength)
  data.set([info.channel, info.medium, info.protocol])
  data[3] = (sessionSupports.indexOf(info.sessions) << 6) | (info.activeSessions & 0x3f)
  putU16(data, 4, info.vendorId & 0xffff)
  data[6] = info.vendorId >> 16
  putU16(data, 7, info.auxiliary)
  return data
}
