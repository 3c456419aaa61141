/** Every command that a simulated BMC knows. What isn't here is answered with 0xC1. */
import { chassisControl } from "./ChassisControl.ts"
import { closeSession } from "./CloseSession.ts"
import type { CommandHandler } from "./CommandHandler.ts"
import { getChannelAuthCapabilities } from "./GetChannelAuthCapabilities.ts"
import { getChannelCipherSuites } from "./GetChannelCipherSuites.ts"
import { getChassisStatus } from "./GetChassisStatus.ts"
import { getDeviceId } from "./GetDeviceId.ts"
import { getSdr } from "./GetSdr.ts"
import { getSdrRepositoryInfo } from "./GetSdrRepositoryInfo.ts"
import { getSensorReading } from "./GetSensorReading.ts"
import { getSensorThresholds } from "./GetSensorThresholds.ts"
import { getSystemGuid } from "./GetSystemGuid.ts"
import { reserveSdrRepository } from "./ReserveSdrRepository.ts"
import { setSessionPrivilegeLevel } from "./SetSessionPrivilegeLevel.ts"

const handlers: ReadonlyArray<CommandHandler> = [
  chassisControl,
  closeSession,
  getChannelAuthCapabilities,
  getChannelCipherSuites,
  getChassisStatus,
  getDeviceId,
  getSdr,
  getSdrRepositoryInfo,
  getSensorReading,
  getSensorThresholds,
  getSystemGuid,
  reserveSdrRepository,
  setSessionPrivilegeLevel
]

const byNumber = new Map(handlers.map((handler) => [(handler.netFn << 8) | handler.command, handler]))

export const findCommand = (netFn: number, command: number): CommandHandler | undefined =>
  byNumber.get((netFn << 8) | command)
