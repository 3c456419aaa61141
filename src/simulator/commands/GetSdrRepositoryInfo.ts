/** Get SDR Repository Info (IPMI 2.0 §33.9): full, and only read. */
import { encodeSdrRepositoryInfo, getSdrRepositoryInfo as codec } from "../../ipmi/commands/GetSdrRepositoryInfo.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import type { CommandHandler } from "./CommandHandler.ts"

const version = 0x51
const reserveSupported = 0x02

export const getSdrRepositoryInfo: CommandHandler = {
  netFn: codec.netFn,
  command: codec.command,
  privilege: privilegeNumbers.USER,
  handle: ({ sensors }) =>
    encodeSdrRepositoryInfo({
      version,
      records: sensors.records.length,
      freeBytes: 0,
      lastAddition: sensors.lastChange,
      lastErase: sensors.lastChange,
      operations: reserveSupported
    })
}
