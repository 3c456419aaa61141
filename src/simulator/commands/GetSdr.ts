/** Get SDR (IPMI 2.0 §33.12): whole or in parts, parts with a reservation that holds. */
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import { decodeGetSdrRequest, encodeSdrPart, firstRecord, lastRecord } from "../../ipmi/commands/GetSdr.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import { sdrSources } from "../../ipmi/commands/SdrSource.ts"
import type { CommandHandler } from "./CommandHandler.ts"

const reservationLost = 0xc5

export const getSdr: CommandHandler = {
  netFn: sdrSources.repository.netFn,
  command: sdrSources.repository.getCommand,
  privilege: privilegeNumbers.USER,
  handle: ({ sensors }, { data }) => {
    const request = decodeGetSdrRequest(data)
    if (!request.ok) return completionCodes.invalidLength
    const { count, offset, recordId, reservation } = request.value
    const { records } = sensors
    // ids count from 1
    const number = recordId === firstRecord ? 1 : recordId === lastRecord ? records.length : recordId
    const record = records[number - 1]
    if (record === undefined) return completionCodes.notPresent
    if ((offset !== 0 || reservation !== 0) && reservation !== sensors.reservation) return reservationLost
    if (offset > record.length) return completionCodes.parameterOutOfRange
    return encodeSdrPart({
      nextRecordId: number < records.length ? number + 1 : lastRecord,
      bytes: record.subarray(offset, offset + count)
    })
  }
}
