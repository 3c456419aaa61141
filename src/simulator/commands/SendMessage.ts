/** Send Message (IPMI 2.0 §22.7): the controller's answer comes back in the data of this command's own. */
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import { sendMessage as codec } from "../../ipmi/commands/SendMessage.ts"
import { behindBmc, deliver } from "../Satellites.ts"
import type { CommandHandler } from "./CommandHandler.ts"

export const sendMessage: CommandHandler = {
  ...codec,
  privilege: privilegeNumbers.USER,
  handle: (_, { data }) => deliver(behindBmc, data)
}
