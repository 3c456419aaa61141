/** Get and Set System Boot Options (IPMI 2.0 §28.12, §28.13). */
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import {
  bootParameters,
  decodeGetSystemBootOptions,
  decodeSetSystemBootOptions,
  encodeBootParameter,
  getSystemBootOptions as getCodec,
  setSystemBootOptions as setCodec
} from "../../ipmi/commands/SystemBootOptions.ts"
import { setInProgress } from "../../ipmi/commands/BootParameters.ts"
import { type CommandHandler, noData } from "./CommandHandler.ts"

const notSupported = 0x80
const alreadyInProgress = 0x81

export const getSystemBootOptions: CommandHandler = {
  ...getCodec,
  privilege: privilegeNumbers.OPERATOR,
  handle: (bmc, { data, nowMillis }) => {
    const parameter = decodeGetSystemBootOptions(data)
    if (!parameter.ok) return completionCodes.invalidLength
    const held = bmc.management.bootOptions.get(parameter.value, nowMillis)
    if (held === undefined) return notSupported
    return encodeBootParameter({ version: 1, parameter: parameter.value, locked: false, data: held })
  }
}

export const setSystemBootOptions: CommandHandler = {
  ...setCodec,
  privilege: privilegeNumbers.OPERATOR,
  handle: (bmc, { data, nowMillis }) => {
    const request = decodeSetSystemBootOptions(data)
    if (!request.ok) return completionCodes.invalidLength
    const options = bmc.management.bootOptions
    const { data: value, parameter } = request.value
    const held = options.get(parameter, nowMillis)
    if (held === undefined) return notSupported
    if (value.length === 0) return noData
    if (
      parameter === bootParameters.setInProgress &&
      value[0] === setInProgress.inProgress &&
      held[0] === setInProgress.inProgress
    ) {
      return alreadyInProgress
    }
    return options.set(parameter, value, nowMillis) ? noData : completionCodes.invalidLength
  }
}
