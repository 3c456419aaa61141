/** Every command that a simulated BMC knows. What isn't here is answered with 0xC1. */
import { chassisControl } from "./ChassisControl.ts"
import { chassisIdentify } from "./ChassisIdentify.ts"
import { clearSel } from "./ClearSel.ts"
import { closeSession } from "./CloseSession.ts"
import type { CommandHandler } from "./CommandHandler.ts"
import { deleteSelEntry } from "./DeleteSelEntry.ts"
import { getChannelAuthCapabilities } from "./GetChannelAuthCapabilities.ts"
import { getChannelCipherSuites } from "./GetChannelCipherSuites.ts"
import { getChannelAccess, getChannelInfo } from "./GetChannelInfo.ts"
import { getChassisStatus } from "./GetChassisStatus.ts"
import { getDcmiCapabilities } from "./GetDcmiCapabilities.ts"
import { getDeviceGuid } from "./GetDeviceGuid.ts"
import { getDeviceId } from "./GetDeviceId.ts"
import { getFruInventoryAreaInfo } from "./GetFruInventoryAreaInfo.ts"
import { getLanParameter } from "./GetLanParameter.ts"
import { getPohCounter } from "./GetPohCounter.ts"
import { getPowerReading } from "./GetPowerReading.ts"
import { getSdr } from "./GetSdr.ts"
import { getSdrRepositoryInfo } from "./GetSdrRepositoryInfo.ts"
import { getSelEntry } from "./GetSelEntry.ts"
import { getSelfTestResults } from "./GetSelfTestResults.ts"
import { getSelInfo } from "./GetSelInfo.ts"
import { getSelTime } from "./GetSelTime.ts"
import { getSensorReading } from "./GetSensorReading.ts"
import { getSensorThresholds } from "./GetSensorThresholds.ts"
import { getSessionInfo } from "./GetSessionInfo.ts"
import { getSystemGuid } from "./GetSystemGuid.ts"
import { getSystemRestartCause } from "./GetSystemRestartCause.ts"
import { readFruData } from "./ReadFruData.ts"
import { reserveSdrRepository } from "./ReserveSdrRepository.ts"
import { reserveSel } from "./ReserveSel.ts"
import { coldReset, warmReset } from "./ResetBmc.ts"
import { sendMessage } from "./SendMessage.ts"
import { setPowerRestorePolicy } from "./SetPowerRestorePolicy.ts"
import { setSelTime } from "./SetSelTime.ts"
import { setSessionPrivilegeLevel } from "./SetSessionPrivilegeLevel.ts"
import { setUserPassword } from "./SetUserPassword.ts"
import { getSystemBootOptions, setSystemBootOptions } from "./SystemBootOptions.ts"
import { getUserAccess, setUserAccess } from "./UserAccess.ts"
import { getUserName, setUserName } from "./UserName.ts"

const handlers: ReadonlyArray<CommandHandler> = [
  chassisControl,
  chassisIdentify,
  clearSel,
  closeSession,
  coldReset,
  deleteSelEntry,
  getChannelAccess,
  getChannelAuthCapabilities,
  getChannelCipherSuites,
  getChannelInfo,
  getChassisStatus,
  getDcmiCapabilities,
  getDeviceGuid,
  getDeviceId,
  getFruInventoryAreaInfo,
  getLanParameter,
  getPohCounter,
  getPowerReading,
  getSdr,
  getSdrRepositoryInfo,
  getSelEntry,
  getSelfTestResults,
  getSelInfo,
  getSelTime,
  getSensorReading,
  getSensorThresholds,
  getSessionInfo,
  getSystemBootOptions,
  getSystemGuid,
  getSystemRestartCause,
  getUserAccess,
  getUserName,
  readFruData,
  reserveSdrRepository,
  reserveSel,
  sendMessage,
  setPowerRestorePolicy,
  setSelTime,
  setSessionPrivilegeLevel,
  setSystemBootOptions,
  setUserAccess,
  setUserName,
  setUserPassword,
  warmReset
]

const byNumber = new Map(handlers.map((handler) => [(handler.netFn << 8) | handler.command, handler]))

export const findCommand = (netFn: number, command: number): CommandHandler | undefined =>
  byNumber.get((netFn << 8) | command)
