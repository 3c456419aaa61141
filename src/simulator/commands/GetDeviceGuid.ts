/** Get Device GUID (IPMI 2.0 §20.8): here that of the system. */
import { getDeviceGuid as codec } from "../../ipmi/commands/Guid.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import type { CommandHandler } from "./CommandHandler.ts"

export const getDeviceGuid: CommandHandler = {
  netFn: codec.netFn,
  command: codec.command,
  privilege: privilegeNumbers.USER,
  handle: ({ guid }) => guid
}
