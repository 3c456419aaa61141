/** Get SEL Info (IPMI 2.0 §31.2). */
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import { encodeSelInfo, getSelInfo as codec, selErasing } from "../../ipmi/commands/GetSelInfo.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import type { CommandHandler } from "./CommandHandler.ts"

export const getSelInfo: CommandHandler = {
  netFn: codec.netFn,
  command: codec.command,
  privilege: privilegeNumbers.USER,
  handle: ({ sel }, { data, nowMillis }) => {
    if (data.length > 0) return completionCodes.invalidLength
    return sel.isErasing(nowMillis) ? selErasing : encodeSelInfo(sel.info())
  }
}
