/** Set Power Restore Policy (IPMI 2.0 §28.8): all three policies, kept and shown, but without AC power that could fail. */
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import {
  decodePolicy,
  encodeSupportedPolicies,
  setPowerRestorePolicy as codec,
  settablePolicies
} from "../../ipmi/commands/SetPowerRestorePolicy.ts"
import type { CommandHandler } from "./CommandHandler.ts"

const supported = encodeSupportedPolicies(new Set(settablePolicies))

export const setPowerRestorePolicy: CommandHandler = {
  ...codec,
  privilege: privilegeNumbers.OPERATOR,
  handle: (bmc, { data }) => {
    const policy = decodePolicy(data)
    if (!policy.ok) return data.length < 1 ? completionCodes.invalidLength : completionCodes.invalidData
    if (policy.value !== undefined) bmc.management.policy = policy.value
    return supported
  }
}
