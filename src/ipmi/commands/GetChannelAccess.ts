/** Get Channel Access (IPMI 2.0 §22.23): whether and up to which privilege level a channel can be used. */
import type { IpmiCommand } from "../IpmiClient.ts"
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

export const getChannelAccess = { netFn: 0x06, command: 0x41 } as const

export interface ChannelAccess {
  readonly alerting: boolean
  readonly perMessageAuthentication: boolean
  readonly userLevelAuthentication: boolean
  /** 0 disabled, 1 before the system starts only, 2 always, 3 shared. */
  readonly mode: number
  /** The most that anybody gets on this channel; 4 is administrator. */
  readonly privilegeLimit: number
}

export const channelAccessMeanings: ReadonlyMap<number, string> = new Map([
  [0x82, "the channel has no sessions, and so no access settings"]
])

/** `stored`: as they will be after the BMC's next start, else as they are. */
export const makeGetChannelAccess = (channel: number, stored: boolean): IpmiCommand<ChannelAccess> => ({
  name: `Get Channel Access (channel ${channel})`,
  ...getChannelAccess,
  data: Uint8Array.of(channel & 0x0f, stored ? 0x40 : 0x80),
  decode: decodeChannelAccess,
  meanings: channelAccessMeanings,
  idempotent: true
})

/** For the BMC's side: the channel. */
export const decodeGetChannelAccess = (data: Uint8Array): Decoded<number> =>
  data.length < 2 ? truncated("Get Channel Access", 2, data.length) : decoded(u8(data, 0) & 0x0f)

export const decodeChannelAccess = (data: Uint8Array): Decoded<ChannelAccess> =>
  data.length < 2
    ? truncated("Get Channel Access", 2, data.length)
    : decoded({
        alerting: (u8(data, 0) & 0x20) === 0,
        perMessageAuthentication: (u8(data, 0) & 0x10) === 0,
        userLevelAuthentication: (u8(data, 0) & 0x08) === 0,
        mode: u8(data, 0) & 0x07,
        privilegeLimit: u8(data, 1) & 0x0f
      })

export const encodeChannelAccess = (access: ChannelAccess): Uint8Array =>
  Uint8Array.of(
    (access.alerting ? 0 : 0x20) |
      (access.perMessageAuthentication ? 0 : 0x10) |
      (access.userLevelAuthentication ? 0 : 0x08) |
      (access.mode & 0x07),
    access.privilegeLimit & 0x0f
  )
