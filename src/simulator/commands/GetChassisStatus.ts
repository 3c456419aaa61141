/** Get Chassis Status (IPMI 2.0 §28.2): the power, the restore policy, the identify lamp, and nothing wrong. */
import { encodeChassisStatus, getChassisStatus as codec } from "../../ipmi/commands/GetChassisStatus.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import type { Management } from "../Management.ts"
import type { CommandHandler } from "./CommandHandler.ts"

export const statusWhen = (powerOn: boolean, management: Management | undefined, nowMillis: number): Uint8Array =>
  encodeChassisStatus({
    powerOn,
    powerOverload: false,
    powerInterlock: false,
    mainPowerFault: false,
    powerControlFault: false,
    powerRestorePolicy: management?.policy ?? "previous",
    lastPowerEvent: {
      acFailed: false,
      overload: false,
      interlock: false,
      fault: false,
      onByCommand: management?.restartCause === "chassis control command"
    },
    intrusion: false,
    frontPanelLockout: false,
    driveFault: false,
    coolingFault: false,
    identify: management?.identifying(nowMillis) ?? "off",
    frontPanelButtons: undefined
  })

/** Encoded once: this is what a poll asks for, and most BMCs were never told anything else. */
const on = statusWhen(true, undefined, 0)
const off = statusWhen(false, undefined, 0)

export const getChassisStatus: CommandHandler = {
  netFn: codec.netFn,
  command: codec.command,
  privilege: privilegeNumbers.USER,
  handle: ({ chassis, managed }, { nowMillis }) => {
    const isOn = chassis.isOn(nowMillis)
    if (managed !== undefined) return statusWhen(isOn, managed, nowMillis)
    return isOn ? on : off
  }
}
