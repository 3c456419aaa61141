/** Get Power Reading (DCMI 1.5 §6.6.1): the same statistics for both modes. */
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import {
  decodeGetPowerReading,
  encodePowerReading,
  getPowerReading as codec
} from "../../ipmi/commands/GetPowerReading.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import { simulatedPower } from "../storage/SimulatedPower.ts"
import type { CommandHandler } from "./CommandHandler.ts"

export const getPowerReading: CommandHandler = {
  ...codec,
  privilege: privilegeNumbers.USER,
  handle: ({ chassis, guid, unixMillis }, { data, nowMillis }) => {
    if (!decodeGetPowerReading(data).ok) return completionCodes.invalidData
    const unixSeconds = Math.floor(unixMillis() / 1000)
    return encodePowerReading(simulatedPower(guid, chassis.isOn(nowMillis), nowMillis, unixSeconds))
  }
}
