/** Read FRU Data (IPMI 2.0 §34.2): by bytes, and no more at a time than many BMCs can carry. */
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import { decodeReadFruData, encodeFruData, readFruData as codec } from "../../ipmi/commands/ReadFruData.ts"
import { simulatedFru } from "../storage/SimulatedFru.ts"
import type { CommandHandler } from "./CommandHandler.ts"

const mostBytes = 32

export const readFruData: CommandHandler = {
  ...codec,
  privilege: privilegeNumbers.USER,
  handle: ({ guid }, { data }) => {
    const request = decodeReadFruData(data)
    if (!request.ok) return completionCodes.invalidLength
    const { count, fruId, offset } = request.value
    if (fruId !== 0) return completionCodes.notPresent
    if (count > mostBytes) return completionCodes.tooManyBytes
    const bytes = simulatedFru(guid).subarray(offset, offset + count)
    return bytes.length === 0 ? completionCodes.parameterOutOfRange : encodeFruData(bytes, 1)
  }
}
