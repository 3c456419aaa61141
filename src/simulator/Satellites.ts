/**
 * Management controllers behind a simulated BMC, reached by Send Message: two on the IPMB, and one on a bus behind both.
 * Each has a server of its own and knows its power (Get Chassis Status, Chassis Control), Get Device ID and Get Self Test
 * Results, those on the IPMB also Send Message. A message that is damaged is met with silence, as on a real bus.
 */
import { type ChassisAction, chassisControl, decodeChassisControl } from "../ipmi/commands/ChassisControl.ts"
import { completionCodes } from "../ipmi/commands/CompletionCode.ts"
import { getChassisStatus } from "../ipmi/commands/GetChassisStatus.ts"
import { encodeDeviceId, getDeviceId } from "../ipmi/commands/GetDeviceId.ts"
import { encodeSelfTestResult, getSelfTestResults, selfTestPassed } from "../ipmi/commands/GetSelfTestResults.ts"
import { decodeSendMessage, sendMessage } from "../ipmi/commands/SendMessage.ts"
import { decodeIpmiRequest, encodeIpmiResponse, type IpmiRequest } from "../ipmi/wire/IpmiMessage.ts"
import type { Chassis } from "./Chassis.ts"
import { statusWhen } from "./commands/GetChassisStatus.ts"

/** Controllers by channel and address. */
export type Bus = ReadonlyMap<number, ReadonlyMap<number, Satellite>>

interface Satellite {
  readonly deviceId: number
  readonly productId: number
  /** What it bridges to. */
  readonly behind: Bus
}

/** What a message finds: the servers of the controllers, by device id, and the time. */
export interface SatelliteWorld {
  readonly chassisOf: (deviceId: number) => Chassis
  readonly obey: (chassis: Chassis, action: ChassisAction) => boolean
  readonly nowMillis: number
}

/** Completion code of Send Message: nobody acknowledged the address. */
const notAcknowledged = 0x83

/** The one whose answers the BMC passes on in a message of their own, instead of in the data of its own answer. */
export const answeringApart = 0x84

/** Channel 7, address 0xC4, seen from the controllers on the IPMB. */
const far: Satellite = { deviceId: 0x22, productId: 3, behind: new Map() }
const behindSatellites: Bus = new Map([[7, new Map([[0xc4, far]])]])

/** Channel 0 is the IPMB (IPMI 2.0 §6.3). */
export const behindBmc: Bus = new Map([
  [
    0,
    new Map([
      [0x82, { deviceId: 0x21, productId: 2, behind: behindSatellites }],
      [answeringApart, { deviceId: 0x23, productId: 4, behind: behindSatellites }]
    ])
  ]
])

/** The answer of the controller, an encoded IPMI message, or a completion code for the Send Message itself. */
export const deliver = (bus: Bus, data: Uint8Array, world: SatelliteWorld): Uint8Array | number => {
  const sent = decodeSendMessage(data)
  if (!sent.ok) return completionCodes.invalidLength
  const controllers = bus.get(sent.value.channel)
  if (controllers === undefined) return completionCodes.notPresent
  const satellite = controllers.get(sent.value.message[0] ?? 0)
  if (satellite === undefined) return notAcknowledged
  const answer = answerOf(satellite, sent.value.message, world)
  // Without tracking nobody is told the answer.
  return !sent.value.track ? noData : (answer ?? completionCodes.timeout)
}

const answerOf = (satellite: Satellite, message: Uint8Array, world: SatelliteWorld): Uint8Array | undefined => {
  const request = decodeIpmiRequest(message)
  if (!request.ok) return undefined
  const result = carryOut(satellite, request.value, world)
  return encodeIpmiResponse({
    ...request.value,
    completionCode: typeof result === "number" ? result : completionCodes.ok,
    data: typeof result === "number" ? noData : result
  })
}

const carryOut = (
  satellite: Satellite,
  { command, data, netFn }: Pick<IpmiRequest, "command" | "data" | "netFn">,
  world: SatelliteWorld
): Uint8Array | number => {
  const is = (other: { readonly netFn: number; readonly command: number }) =>
    netFn === other.netFn && command === other.command
  if (is(getDeviceId)) return deviceIdOf(satellite)
  if (is(getSelfTestResults)) return encodeSelfTestResult(selfTestPassed)
  if (is(sendMessage) && satellite.behind.size > 0) return deliver(satellite.behind, data, world)
  const chassis = world.chassisOf(satellite.deviceId)
  if (is(getChassisStatus)) return statusWhen(chassis.isOn(world.nowMillis), undefined, world.nowMillis)
  if (is(chassisControl)) {
    const action = decodeChassisControl(data)
    if (!action.ok) return completionCodes.invalidData
    return world.obey(chassis, action.value) ? noData : completionCodes.notSupportedInState
  }
  return completionCodes.invalidCommand
}

const deviceIdOf = ({ deviceId, productId }: Satellite): Uint8Array =>
  encodeDeviceId({
    deviceId,
    providesSdrs: false,
    deviceRevision: 1,
    available: true,
    firmwareMajor: 1,
    firmwareMinor: 0,
    ipmiVersion: "2.0",
    additionalSupport: 0,
    manufacturerId: 0,
    productId,
    auxiliary: undefined
  })

const noData = new Uint8Array(0)
