/** Reserve SDR Repository (IPMI 2.0 §33.11): one reservation for everybody, the last one that was made. */
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import { encodeReservation, makeReserveSdrRepository } from "../../ipmi/commands/ReserveSdrRepository.ts"
import type { CommandHandler } from "./CommandHandler.ts"

const { command, netFn } = makeReserveSdrRepository("repository")

export const reserveSdrRepository: CommandHandler = {
  netFn,
  command,
  privilege: privilegeNumbers.USER,
  handle: ({ sensors }) => encodeReservation(sensors.reserve())
}
