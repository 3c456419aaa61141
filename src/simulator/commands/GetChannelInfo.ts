/** Get Channel Info and Get Channel Access (IPMI 2.0 §22.24, §22.23): the IPMB, one LAN channel, the system interface. */
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import {
  decodeGetChannelAccess,
  encodeChannelAccess,
  getChannelAccess as accessCodec
} from "../../ipmi/commands/GetChannelAccess.ts"
import {
  decodeGetChannelInfo,
  encodeChannelInfo,
  getChannelInfo as infoCodec
} from "../../ipmi/commands/GetChannelInfo.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import { type CommandHandler, lanChannel } from "./CommandHandler.ts"

/** IPMI 2.0 tables 6-1 to 6-3. */
const thisChannel = 0x0e
const channels: ReadonlyMap<number, { readonly medium: number; readonly protocol: number }> = new Map([
  [0x00, { medium: 0x01, protocol: 0x01 }],
  [lanChannel, { medium: 0x04, protocol: 0x01 }],
  [0x0f, { medium: 0x0c, protocol: 0x05 }]
])
/** For protocols of IPMI's own (IPMI 2.0 §22.24). */
const ipmiVendor = 7154
const sessionlessChannel = 0x82
const alwaysAvailable = 2

export const channelNumber = (asked: number): number => (asked === thisChannel ? lanChannel : asked)

export const getChannelInfo: CommandHandler = {
  ...infoCodec,
  privilege: privilegeNumbers.USER,
  handle: (bmc, { data, nowMillis }) => {
    const asked = decodeGetChannelInfo(data)
    if (!asked.ok) return completionCodes.invalidLength
    const channel = channelNumber(asked.value)
    const found = channels.get(channel)
    if (found === undefined) return completionCodes.invalidData
    return encodeChannelInfo({
      ...found,
      channel,
      sessions: channel === lanChannel ? "multiple" : "none",
      activeSessions: channel === lanChannel ? bmc.sessions.open(nowMillis) : 0,
      vendorId: ipmiVendor,
      auxiliary: 0
    })
  }
}

export const getChannelAccess: CommandHandler = {
  ...accessCodec,
  privilege: privilegeNumbers.USER,
  handle: (_, { data }) => {
    const channel = decodeGetChannelAccess(data)
    if (!channel.ok) return completionCodes.invalidLength
    if (!channels.has(channelNumber(channel.value))) return completionCodes.invalidData
    if (channelNumber(channel.value) !== lanChannel) return sessionlessChannel
    return encodeChannelAccess({
      alerting: false,
      perMessageAuthentication: true,
      userLevelAuthentication: true,
      mode: alwaysAvailable,
      privilegeLimit: privilegeNumbers.ADMINISTRATOR
    })
  }
}
