/** Get Channel Authentication Capabilities (IPMI 2.0 §22.13): IPMI 2.0 only, one named user, two-key login if K_G is set. */
import { completionCodes } from "../../ipmi/commands/CompletionCode.ts"
import {
  encodeChannelAuthCapabilities,
  getChannelAuthCapabilities as codec
} from "../../ipmi/commands/GetChannelAuthCapabilities.ts"
import { type CommandHandler, lanChannel } from "./CommandHandler.ts"

const requestLength = 2

export const getChannelAuthCapabilities: CommandHandler = {
  ...codec,
  privilege: "anyone",
  handle: ({ settings }, { data }) =>
    data.length < requestLength
      ? completionCodes.invalidLength
      : encodeChannelAuthCapabilities({
          channel: lanChannel,
          authTypes: 0,
          kgRequired: settings.kg !== undefined,
          perMessageAuthentication: true,
          userLevelAuthentication: true,
          nonNullUsernames: settings.username.length > 0,
          nullUsernames: settings.username.length === 0,
          anonymousLogin: settings.username.length === 0 && settings.password.length === 0,
          supportsIpmi15: false,
          supportsIpmi20: true,
          oemId: 0,
          oemData: 0
        })
}
