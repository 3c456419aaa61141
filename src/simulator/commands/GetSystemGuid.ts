/** Get System GUID (IPMI 2.0 §22.14): the one that RAKP message 2 names, 16 bytes as they are. */
import type { CommandHandler } from "./CommandHandler.ts"

export const getSystemGuid: CommandHandler = {
  netFn: 0x06,
  command: 0x37,
  privilege: "anyone",
  handle: ({ guid }) => guid
}
