/** Get Self Test Results (IPMI 2.0 §20.4): passed. */
import {
  encodeSelfTestResult,
  getSelfTestResults as codec,
  selfTestPassed
} from "../../ipmi/commands/GetSelfTestResults.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import type { CommandHandler } from "./CommandHandler.ts"

const passed = encodeSelfTestResult(selfTestPassed)

export const getSelfTestResults: CommandHandler = {
  netFn: codec.netFn,
  command: codec.command,
  privilege: privilegeNumbers.USER,
  handle: () => passed
}
