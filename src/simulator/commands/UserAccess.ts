/** Get and Set User Access (IPMI 2.0 §22.27, §22.26), on the LAN channel. */
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import {
  decodeGetUserAccess,
  decodeSetUserAccess,
  encodeUserAccess,
  getUserAccess as getCodec,
  setUserAccess as setCodec
} from "../../ipmi/commands/UserAccess.ts"
import { fixedNameCount, userCount } from "../UserTable.ts"
import { type CommandHandler, lanChannel, noData } from "./CommandHandler.ts"
import { channelNumber } from "./GetChannelInfo.ts"

export const getUserAccess: CommandHandler = {
  ...getCodec,
  privilege: privilegeNumbers.OPERATOR,
  handle: ({ management: { users } }, { data }) => {
    const request = decodeGetUserAccess(data)
    if (!request.ok) return completionCodes.invalidLength
    const user = users.get(request.value.userId)
    if (user === undefined || channelNumber(request.value.channel) !== lanChannel) return completionCodes.invalidData
    return encodeUserAccess({
      ...user.rights,
      users: userCount,
      enabledUsers: users.enabledCount,
      fixedNames: fixedNameCount,
      enabled: user.enabled
    })
  }
}

export const setUserAccess: CommandHandler = {
  ...setCodec,
  privilege: privilegeNumbers.ADMINISTRATOR,
  handle: ({ management: { users } }, { data }) => {
    const request = decodeSetUserAccess(data)
    if (!request.ok) return completionCodes.invalidLength
    const { changesRights, channel, rights, userId } = request.value
    const user = users.get(userId)
    if (user === undefined || channelNumber(channel) !== lanChannel) return completionCodes.invalidData
    user.rights = changesRights ? rights : { ...user.rights, privilegeLimit: rights.privilegeLimit }
    return noData
  }
}
