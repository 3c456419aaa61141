/** Clear SEL (IPMI 2.0 §31.9): the log is empty a moment after it was told to be. */
import { clearSel as codec, decodeClearSel, encodeErasure } from "../../ipmi/commands/ClearSel.ts"
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import type { CommandHandler } from "./CommandHandler.ts"

const requestLength = 6

export const clearSel: CommandHandler = {
  ...codec,
  privilege: privilegeNumbers.OPERATOR,
  handle: ({ sel }, { data, nowMillis }) => {
    if (data.length < requestLength) return completionCodes.invalidLength
    const request = decodeClearSel(data)
    if (!request.ok) return completionCodes.invalidData
    if (request.value.action === "erase") {
      if (!sel.holds(request.value.reservation)) return completionCodes.reservationCancelled
      sel.clear(nowMillis)
    }
    return encodeErasure(sel.erasure(nowMillis))
  }
}
