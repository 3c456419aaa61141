/** Get Chassis Status (IPMI 2.0 §28.2): the power, and nothing wrong with anything else. */
import { encodeChassisStatus, getChassisStatus as codec } from "../../ipmi/commands/GetChassisStatus.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import type { CommandHandler } from "./CommandHandler.ts"

const statusWhen = (powerOn: boolean): Uint8Array =>
  encodeChassisStatus({
    powerOn,
    powerOverload: false,
    powerInterlock: false,
    mainPowerFault: false,
    powerControlFault: false,
    powerRestorePolicy: "previous",
    lastPowerEvent: { acFailed: false, overload: false, interlock: false, fault: false, onByCommand: false },
    intrusion: false,
    frontPanelLockout: false,
    driveFault: false,
    coolingFault: false,
    identify: undefined,
    frontPanelButtons: undefined
  })

/** Encoded once: this is what a poll asks for. */
const on = statusWhen(true)
const off = statusWhen(false)

export const getChassisStatus: CommandHandler = {
  netFn: codec.netFn,
  command: codec.command,
  privilege: privilegeNumbers.USER,
  handle: ({ chassis }, { nowMillis }) => (chassis.isOn(nowMillis) ? on : off)
}
