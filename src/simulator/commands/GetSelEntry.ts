/** Get SEL Entry (IPMI 2.0 §31.5): whole or in parts, parts with a reservation that holds. */
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import { decodeSelEntryRequest, encodeSelEntry, getSelEntry as codec } from "../../ipmi/commands/GetSelEntry.ts"
import { selErasing } from "../../ipmi/commands/GetSelInfo.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import type { CommandHandler } from "./CommandHandler.ts"

export const getSelEntry: CommandHandler = {
  ...codec,
  privilege: privilegeNumbers.USER,
  handle: ({ sel }, { data, nowMillis }) => {
    const request = decodeSelEntryRequest(data)
    if (!request.ok) return completionCodes.invalidLength
    if (sel.isErasing(nowMillis)) return selErasing
    const { count, offset, recordId, reservation } = request.value
    if (offset !== 0 && !sel.holds(reservation)) return completionCodes.reservationCancelled
    const entry = sel.entry(recordId)
    if (entry === undefined) return completionCodes.notPresent
    if (offset >= entry.record.length) return completionCodes.parameterOutOfRange
    return encodeSelEntry({ next: entry.next, record: entry.record.subarray(offset, offset + count) })
  }
}
