/** Delete SEL Entry (IPMI 2.0 §31.8). */
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import { decodeDeleteSelEntry, deleteSelEntry as codec } from "../../ipmi/commands/DeleteSelEntry.ts"
import { selErasing } from "../../ipmi/commands/GetSelInfo.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import { encodeReservation } from "../../ipmi/commands/ReserveSel.ts"
import type { CommandHandler } from "./CommandHandler.ts"

export const deleteSelEntry: CommandHandler = {
  ...codec,
  privilege: privilegeNumbers.OPERATOR,
  handle: ({ sel }, { data, nowMillis }) => {
    const request = decodeDeleteSelEntry(data)
    if (!request.ok) return completionCodes.invalidLength
    if (sel.isErasing(nowMillis)) return selErasing
    if (!sel.holds(request.value.reservation)) return completionCodes.reservationCancelled
    const deleted = sel.delete(request.value.recordId)
    return deleted === undefined ? completionCodes.notPresent : encodeReservation(deleted)
  }
}
