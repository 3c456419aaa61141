/** Reserve SEL (IPMI 2.0 §31.4): one reservation for everybody, the last one that was made. */
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import { selErasing } from "../../ipmi/commands/GetSelInfo.ts"
import { encodeReservation, reserveSel as codec } from "../../ipmi/commands/ReserveSel.ts"
import type { CommandHandler } from "./CommandHandler.ts"

export const reserveSel: CommandHandler = {
  netFn: codec.netFn,
  command: codec.command,
  privilege: privilegeNumbers.USER,
  handle: ({ sel }, { nowMillis }) => (sel.isErasing(nowMillis) ? selErasing : encodeReservation(sel.reserve()))
}
