/** Get and Set User Name (IPMI 2.0 §22.29, §22.28): user 1's can't be changed, and no two are the same. */
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import {
  decodeGetUserName,
  decodeSetUserName,
  getUserName as getCodec,
  longestUserName,
  setUserName as setCodec
} from "../../ipmi/commands/UserName.ts"
import { fixedNameCount } from "../UserTable.ts"
import { type CommandHandler, noData } from "./CommandHandler.ts"

export const getUserName: CommandHandler = {
  ...getCodec,
  privilege: privilegeNumbers.OPERATOR,
  handle: ({ management: { users } }, { data }) => {
    const userId = decodeGetUserName(data)
    if (!userId.ok) return completionCodes.invalidLength
    const user = users.get(userId.value)
    if (user === undefined) return completionCodes.invalidData
    const name = new Uint8Array(longestUserName)
    name.set(user.name)
    return name
  }
}

export const setUserName: CommandHandler = {
  ...setCodec,
  privilege: privilegeNumbers.ADMINISTRATOR,
  handle: ({ management: { users } }, { data }) => {
    const request = decodeSetUserName(data)
    if (!request.ok) return completionCodes.invalidLength
    const user = users.get(request.value.userId)
    const name = withoutPadding(request.value.name)
    if (user === undefined || user.id <= fixedNameCount) return completionCodes.invalidData
    const owner = name.length === 0 ? undefined : users.named(name)
    if (owner !== undefined && owner.id !== user.id) return completionCodes.invalidData
    user.name = name
    return noData
  }
}

const withoutPadding = (name: Uint8Array): Uint8Array => {
  const end = name.indexOf(0)
  return end < 0 ? name : name.slice(0, end)
}
