/** Get Session Info (IPMI 2.0 §22.20): without the console's address, which a simulated BMC doesn't know. */
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import {
  decodeGetSessionInfo,
  encodeSessionReport,
  getSessionInfo as codec
} from "../../ipmi/commands/GetSessionInfo.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import { type CommandHandler, lanChannel } from "./CommandHandler.ts"

const rmcpPlus = 1

export const getSessionInfo: CommandHandler = {
  ...codec,
  privilege: privilegeNumbers.USER,
  handle: ({ sessions, settings }, { data, nowMillis, session }) => {
    const which = decodeGetSessionInfo(data)
    if (!which.ok) return completionCodes.invalidLength
    const open = sessions.all(nowMillis)
    const asked = which.value === "this" ? session : open[which.value - 1]
    const handle = asked === undefined ? 0 : open.indexOf(asked) + 1
    return encodeSessionReport({
      handle,
      possible: settings.sessionLimit,
      active: open.length,
      details:
        asked === undefined
          ? undefined
          : {
              userId: asked.userId,
              privilege: asked.privilege,
              protocol: rmcpPlus,
              channel: lanChannel,
              console: undefined
            }
    })
  }
}
