/** Get Channel Cipher Suites (IPMI 2.0 §22.15): the suites that this BMC accepts. */
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import {
  decodeGetChannelCipherSuites,
  encodeCipherSuiteRecord,
  encodeCipherSuitesChunk,
  getChannelCipherSuites as codec
} from "../../ipmi/commands/GetChannelCipherSuites.ts"
import { type CommandHandler, lanChannel } from "./CommandHandler.ts"

export const getChannelCipherSuites: CommandHandler = {
  ...codec,
  privilege: "anyone",
  handle: ({ settings }, { data }) => {
    const index = decodeGetChannelCipherSuites(data)
    if (!index.ok) return completionCodes.invalidLength
    const records = settings.suites.flatMap(({ algorithms, id }) => [
      ...encodeCipherSuiteRecord({
        id,
        oem: undefined,
        authentication: algorithms.authentication,
        integrity: [algorithms.integrity],
        confidentiality: [algorithms.confidentiality]
      })
    ])
    return encodeCipherSuitesChunk(lanChannel, Uint8Array.from(records), index.value)
  }
}
