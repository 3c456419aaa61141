/** Get DCMI Capabilities Info (DCMI 1.5 §6.1.1): power management, over the one LAN channel there is. */
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import {
  dcmiParameters,
  decodeGetDcmiCapabilities,
  encodeAveragePeriods,
  encodeDcmiParameter,
  encodeDcmiSupport,
  getDcmiCapabilities as codec
} from "../../ipmi/commands/GetDcmiCapabilities.ts"
import { type CommandHandler, lanChannel } from "./CommandHandler.ts"

const parameters: ReadonlyMap<number, Uint8Array> = new Map([
  [
    dcmiParameters.supported,
    encodeDcmiSupport({ powerManagement: true, inBand: false, serialTerminalMode: false, secondaryLan: false })
  ],
  // 128 log entries, no rollover; GUID; no temperature monitoring
  [dcmiParameters.mandatory, Uint8Array.of(0x80, 0x00, 0x01, 0x00, 0x00)],
  // the BMC itself, at its own address
  [dcmiParameters.optional, Uint8Array.of(0x20, 0x00)],
  // the others are "not supported"
  [dcmiParameters.access, Uint8Array.of(lanChannel, 0xff, 0xff)],
  [dcmiParameters.powerStatistics, encodeAveragePeriods([60])]
])

export const getDcmiCapabilities: CommandHandler = {
  ...codec,
  privilege: "anyone",
  handle: (_, { data }) => {
    const parameter = decodeGetDcmiCapabilities(data)
    if (!parameter.ok) return completionCodes.invalidData
    const value = parameters.get(parameter.value)
    if (value === undefined) return completionCodes.parameterOutOfRange
    return encodeDcmiParameter({ conformance: "1.5", revision: 2, data: value })
  }
}
