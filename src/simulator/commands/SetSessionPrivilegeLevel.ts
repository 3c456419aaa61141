/** Set Session Privilege Level (IPMI 2.0 §22.18): up to what user and login allow. */
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import {
  decodeSetSessionPrivilegeLevel,
  encodeSessionPrivilegeLevel,
  setSessionPrivilegeLevel as codec
} from "../../ipmi/commands/SetSessionPrivilegeLevel.ts"
import type { CommandHandler } from "./CommandHandler.ts"

const exceedsLimit = 0x81

export const setSessionPrivilegeLevel: CommandHandler = {
  ...codec,
  privilege: privilegeNumbers.CALLBACK,
  handle: (_, { data, session }) => {
    const level = decodeSetSessionPrivilegeLevel(data)
    if (!level.ok) return completionCodes.invalidLength
    if (session === undefined) return completionCodes.insufficientPrivilege
    // 0 asks for the present level
    if (level.value !== 0) {
      if (level.value < privilegeNumbers.USER) return completionCodes.invalidData
      if (level.value > session.maxPrivilege) return exceedsLimit
      session.privilege = level.value
    }
    return encodeSessionPrivilegeLevel(session.privilege)
  }
}
