/** Get Chassis Status (IPMI 2.0 §28.2): the power state and what the chassis knows about how it came to be. */
import type { IpmiCommand } from "../IpmiClient.ts"
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded, malformed, truncated } from "../wire/Decoded.ts"

/** What the chassis does when AC power comes back. */
export type PowerRestorePolicy = "always-off" | "previous" | "always-on" | "unknown"

export interface ChassisStatus {
  readonly powerOn: boolean
  readonly powerOverload: boolean
  readonly powerInterlock: boolean
  readonly mainPowerFault: boolean
  readonly powerControlFault: boolean
  readonly powerRestorePolicy: PowerRestorePolicy
  readonly lastPowerEvent: {
    readonly acFailed: boolean
    readonly overload: boolean
    readonly interlock: boolean
    readonly fault: boolean
    /** The last "power on" came by IPMI command. */
    readonly onByCommand: boolean
  }
  readonly intrusion: boolean
  readonly frontPanelLockout: boolean
  readonly driveFault: boolean
  readonly coolingFault: boolean
  /** Undefined where the BMC doesn't tell whether it supports Chassis Identify's state. */
  readonly identify: "off" | "temporary" | "indefinite" | undefined
  /** Front panel button disables and capabilities as they come; undefined where the BMC leaves the byte out. */
  readonly frontPanelButtons: number | undefined
}

const requiredLength = 3
const policies: ReadonlyArray<PowerRestorePolicy> = ["always-off", "previous", "always-on", "unknown"]
const identifyStates = ["off", "temporary", "indefinite"] as const
const identifySupported = 0x40

export const getChassisStatus: IpmiCommand<ChassisStatus> = {
  name: "Get Chassis Status",
  netFn: 0x00,
  command: 0x01,
  data: new Uint8Array(0),
  decode: (data) => decodeChassisStatus(data),
  idempotent: true
}

/** Only whether the chassis is on: what a poll wants, without an object for all the rest. */
export const getPower: IpmiCommand<boolean> = {
  ...getChassisStatus,
  decode: (data) => (data.length < requiredLength ? tooShort(data) : decoded((u8(data, 0) & 0x01) !== 0))
}

const tooShort = (data: Uint8Array): Decoded<never> => truncated("Get Chassis Status", requiredLength, data.length)

export const decodeChassisStatus = (data: Uint8Array): Decoded<ChassisStatus> => {
  if (data.length < requiredLength) return tooShort(data)
  const power = u8(data, 0)
  const event = u8(data, 1)
  const misc = u8(data, 2)
  const powerRestorePolicy = policies[(power >> 5) & 0x03]
  if (powerRestorePolicy === undefined) return malformed("power restore policy")
  return decoded({
    powerOn: (power & 0x01) !== 0,
    powerOverload: (power & 0x02) !== 0,
    powerInterlock: (power & 0x04) !== 0,
    mainPowerFault: (power & 0x08) !== 0,
    powerControlFault: (power & 0x10) !== 0,
    powerRestorePolicy,
    lastPowerEvent: {
      acFailed: (event & 0x01) !== 0,
      overload: (event & 0x02) !== 0,
      interlock: (event & 0x04) !== 0,
      fault: (event & 0x08) !== 0,
      onByCommand: (event & 0x10) !== 0
    },
    intrusion: (misc & 0x01) !== 0,
    frontPanelLockout: (misc & 0x02) !== 0,
    driveFault: (misc & 0x04) !== 0,
    coolingFault: (misc & 0x08) !== 0,
    identify: (misc & identifySupported) === 0 ? undefined : identifyStates[(misc >> 4) & 0x03],
    frontPanelButtons: data.length > requiredLength ? u8(data, 3) : undefined
  })
}

const bits = (...flags: ReadonlyArray<boolean>): number =>
  flags.reduce((byte, flag, index) => (flag ? byte | (1 << index) : byte), 0)

export const encodeChassisStatus = (status: ChassisStatus): Uint8Array => {
  const { lastPowerEvent: event } = status
  const identify =
    status.identify === undefined ? 0 : identifySupported | (identifyStates.indexOf(status.identify) << 4)
  const bytes = [
    bits(status.powerOn, status.powerOverload, status.powerInterlock, status.mainPowerFault, status.powerControlFault) |
      (policies.indexOf(status.powerRestorePolicy) << 5),
    bits(event.acFailed, event.overload, event.interlock, event.fault, event.onByCommand),
    bits(status.intrusion, status.frontPanelLockout, status.driveFault, status.coolingFault) | identify
  ]
  if (status.frontPanelButtons !== undefined) bytes.push(status.frontPanelButtons)
  return Uint8Array.from(bytes)
}
