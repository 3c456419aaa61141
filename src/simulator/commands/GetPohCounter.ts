/** Get POH Counter (IPMI 2.0 §28.14): as if every server had been on since the simulator's clock began. */
import { encodePohCounter, getPohCounter as codec } from "../../ipmi/commands/GetPohCounter.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import type { CommandHandler } from "./CommandHandler.ts"

const minutesPerCount = 60

export const getPohCounter: CommandHandler = {
  netFn: codec.netFn,
  command: codec.command,
  privilege: privilegeNumbers.USER,
  handle: (_, { nowMillis }) =>
    encodePohCounter({ minutesPerCount, count: Math.floor(nowMillis / (minutesPerCount * 60_000)) })
}
