/** Set SEL Time (IPMI 2.0 §31.11). */
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import { decodeSelTime } from "../../ipmi/commands/GetSelTime.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import { setSelTime as codec } from "../../ipmi/commands/SetSelTime.ts"
import { type CommandHandler, noData } from "./CommandHandler.ts"

export const setSelTime: CommandHandler = {
  ...codec,
  privilege: privilegeNumbers.OPERATOR,
  handle: ({ sel }, { data }) => {
    const time = decodeSelTime(data)
    if (!time.ok) return completionCodes.invalidLength
    if (time.value.kind === "unspecified") return completionCodes.invalidData
    sel.setClock(time.value.seconds)
    return noData
  }
}
