/** Get FRU Inventory Area Info (IPMI 2.0 §34.1): FRU 0 is all there is. */
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import {
  decodeFruAreaRequest,
  encodeFruAreaInfo,
  getFruInventoryAreaInfo as codec
} from "../../ipmi/commands/GetFruInventoryAreaInfo.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import { fruStorageBytes } from "../storage/SimulatedFru.ts"
import type { CommandHandler } from "./CommandHandler.ts"

export const getFruInventoryAreaInfo: CommandHandler = {
  ...codec,
  privilege: privilegeNumbers.USER,
  handle: (_, { data }) => {
    const fruId = decodeFruAreaRequest(data)
    if (!fruId.ok) return completionCodes.invalidLength
    return fruId.value === 0
      ? encodeFruAreaInfo({ bytes: fruStorageBytes, byWords: false })
      : completionCodes.notPresent
  }
}
