/** Chassis Identify (IPMI 2.0 §28.5): the lamp is on, and Get Chassis Status says so. */
import { chassisIdentify as codec, decodeChassisIdentify } from "../../ipmi/commands/ChassisIdentify.ts"
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import { type CommandHandler, noData } from "./CommandHandler.ts"

export const chassisIdentify: CommandHandler = {
  ...codec,
  privilege: privilegeNumbers.OPERATOR,
  handle: (bmc, { data, nowMillis }) => {
    const duration = decodeChassisIdentify(data)
    if (!duration.ok) return completionCodes.invalidLength
    bmc.management.identify(duration.value, nowMillis)
    return noData
  }
}
