/** Close Session (IPMI 2.0 §22.19): frees the place in the session table at once. */
import { closeSession as codec, decodeCloseSession } from "../../ipmi/commands/CloseSession.ts"
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import { type CommandHandler, noData } from "./CommandHandler.ts"

const invalidSessionId = 0x87

export const closeSession: CommandHandler = {
  ...codec,
  privilege: privilegeNumbers.CALLBACK,
  handle: (bmc, { data, session }) => {
    const id = decodeCloseSession(data)
    if (!id.ok) return completionCodes.invalidLength
    // closing another's session takes an administrator
    if (id.value !== session?.id && (session?.privilege ?? 0) < privilegeNumbers.ADMINISTRATOR) {
      return completionCodes.insufficientPrivilege
    }
    return bmc.sessions.close(id.value) ? noData : invalidSessionId
  }
}
