/** Get Sensor Thresholds (IPMI 2.0 §35.9). */
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import { encodeSensorThresholds, getSensorThresholds as codec } from "../../ipmi/commands/GetSensorThresholds.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import type { CommandHandler } from "./CommandHandler.ts"

const notForThisSensor = 0xcd

export const getSensorThresholds: CommandHandler = {
  ...codec,
  privilege: privilegeNumbers.USER,
  handle: ({ sensors }, { data }) => {
    const [number] = data
    if (number === undefined) return completionCodes.invalidLength
    const thresholds = sensors.thresholds(number)
    return thresholds === undefined ? notForThisSensor : encodeSensorThresholds(thresholds)
  }
}
