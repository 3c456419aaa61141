/** Get LAN Configuration Parameters (IPMI 2.0 §23.2): a static address, and the privilege of each cipher suite. */
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import {
  decodeGetLanParameter,
  encodeLanParameter,
  getLanParameter as codec,
  lanParameterUnsupported
} from "../../ipmi/commands/GetLanParameter.ts"
import { privilegeNumbers } from "../../ipmi/commands/PrivilegeLevel.ts"
import { encodeLanConfiguration } from "../../ipmi/lan/LanConfiguration.ts"
import type { BmcModel } from "../BmcModel.ts"
import { type CommandHandler, lanChannel } from "./CommandHandler.ts"

/** The specification's, and with it everybody's (IPMI 2.0 table 23-4). */
const parameterRevision = 0x11
const thisChannel = 0x0e

/** The address is where it is reached, the others are as they are on loopback. */
const configurationOf = ({ guid, settings }: BmcModel) =>
  encodeLanConfiguration({
    setInProgress: "complete",
    ipAddress: "127.0.0.1",
    ipSource: "static",
    // locally administered, unicast
    macAddress: `02:${Array.from(guid.subarray(0, 5), (byte) => byte.toString(16).padStart(2, "0")).join(":")}`,
    subnetMask: "255.0.0.0",
    primaryRmcpPort: 623,
    arp: { responses: true, gratuitous: false },
    gratuitousArpSeconds: 2,
    gateway: "0.0.0.0",
    gatewayMac: "00:00:00:00:00:00",
    backupGateway: "0.0.0.0",
    backupGatewayMac: "00:00:00:00:00:00",
    vlanId: null,
    vlanPriority: 0,
    cipherSuiteCount: settings.suites.length,
    cipherSuites: settings.suites.map(({ id }) => id),
    cipherSuitePrivileges: settings.suites.map(() => settings.userPrivilege)
  })

export const getLanParameter: CommandHandler = {
  ...codec,
  privilege: privilegeNumbers.OPERATOR,
  handle: (bmc, { data }) => {
    const request = decodeGetLanParameter(data)
    if (!request.ok) return completionCodes.invalidLength
    const { channel, parameter } = request.value
    if (channel !== lanChannel && channel !== thisChannel) return completionCodes.invalidData
    const value = configurationOf(bmc).get(parameter)
    return value === undefined
      ? lanParameterUnsupported
      : encodeLanParameter({ revision: parameterRevision, data: value })
  }
}
