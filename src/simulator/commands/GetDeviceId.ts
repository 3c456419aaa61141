/** Get Device ID (IPMI 2.0 §20.1): the same for every simulated BMC. */
import { encodeDeviceId, getDeviceId as codec } from "../../ipmi/commands/GetDeviceId.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import type { CommandHandler } from "./CommandHandler.ts"

const chassisDevice = 0x80
const sensorDevice = 0x01
const sdrRepositoryDevice = 0x02
const selDevice = 0x04
const fruDevice = 0x08

const deviceId = encodeDeviceId({
  deviceId: 0x20,
  providesSdrs: false,
  deviceRevision: 1,
  available: true,
  firmwareMajor: 1,
  firmwareMinor: 0,
  ipmiVersion: "2.0",
  additionalSupport: chassisDevice | fruDevice | selDevice | sdrRepositoryDevice | sensorDevice,
  // 0 is "not specified" in IANA's list: no maker's quirks are to be applied
  manufacturerId: 0,
  productId: 1,
  auxiliary: undefined
})

export const getDeviceId: CommandHandler = {
  netFn: codec.netFn,
  command: codec.command,
  privilege: privilegeNumbers.USER,
  handle: () => deviceId
}
