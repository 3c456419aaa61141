/** Get Sensor Reading (IPMI 2.0 §35.14): as it is now; most sensors have none while the server is off. */
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import { encodeSensorReading, getSensorReading as codec } from "../../ipmi/commands/GetSensorReading.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import type { CommandHandler } from "./CommandHandler.ts"

export const getSensorReading: CommandHandler = {
  ...codec,
  privilege: privilegeNumbers.USER,
  handle: ({ chassis, sensors }, { data, nowMillis }) => {
    const [number] = data
    if (number === undefined) return completionCodes.invalidLength
    const reading = sensors.reading(number, chassis.isOn(nowMillis), nowMillis)
    return reading === undefined ? completionCodes.notPresent : encodeSensorReading(reading)
  }
}
