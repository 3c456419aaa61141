/** Get System Restart Cause (IPMI 2.0 §28.11): unknown until something started the server. */
import { encodeRestartReport, getSystemRestartCause as codec } from "../../ipmi/commands/GetSystemRestartCause.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import type { CommandHandler } from "./CommandHandler.ts"

export const getSystemRestartCause: CommandHandler = {
  netFn: codec.netFn,
  command: codec.command,
  privilege: privilegeNumbers.USER,
  handle: ({ management }) =>
    encodeRestartReport({ cause: management.restartCause, channel: management.restartChannel })
}
