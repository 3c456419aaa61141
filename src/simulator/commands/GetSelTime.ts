/** Get SEL Time (IPMI 2.0 §31.10). */
import { encodeSelTime, getSelTime as codec } from "../../ipmi/commands/GetSelTime.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import type { CommandHandler } from "./CommandHandler.ts"

export const getSelTime: CommandHandler = {
  netFn: codec.netFn,
  command: codec.command,
  privilege: privilegeNumbers.USER,
  handle: ({ sel }) => encodeSelTime(sel.clock())
}
