/** Chassis Control (IPMI 2.0 §28.3): accepted at once, in force seconds later. */
import { chassisControl as codec, decodeChassisControl } from "../../ipmi/commands/ChassisControl.ts"
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import { type CommandHandler, lanChannel, noData } from "./CommandHandler.ts"

export const chassisControl: CommandHandler = {
  ...codec,
  privilege: privilegeNumbers.OPERATOR,
  handle: (bmc, { data, nowMillis }) => {
    if (data.length < 1) return completionCodes.invalidLength
    const action = decodeChassisControl(data)
    if (!action.ok) return completionCodes.invalidData
    const starts = !bmc.chassis.isOn(nowMillis) && action.value === "on"
    const accepted = bmc.chassis.obey(action.value, nowMillis, bmc.settings.powerTiming, bmc.random)
    if (!accepted) return completionCodes.notSupportedInState
    bmc.controlled(action.value)
    if (starts || action.value === "cycle" || action.value === "reset") {
      bmc.management.restarted("chassis control command", lanChannel, nowMillis)
    } else {
      bmc.managed?.bootOptions.controlled(false, nowMillis)
    }
    return noData
  }
}
