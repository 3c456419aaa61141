/** Reads the LAN configuration of a BMC's channel, a request a parameter; what the BMC doesn't support is left out. */
import * as Effect from "effect/Effect"
import { completionCodes } from "../commands/CompletionCode.ts"
import { makeGetChannelInfo } from "../commands/GetChannelInfo.ts"
import { lanParameterUnsupported, makeGetLanParameter } from "../commands/GetLanParameter.ts"
import type { IpmiSession } from "../IpmiClient.ts"
import { ask, refusedWith } from "../Asking.ts"
import { decodeLanConfiguration, type LanConfiguration, lanParameterNames, lanParameters } from "./LanConfiguration.ts"

export interface LanReading {
  readonly channel: number
  readonly configuration: LanConfiguration
}

/** A parameter that isn't there is refused by its own code, or as out of range or invalid: ipmitool's ipmi_lanp.c takes these too. */
const absentCodes: ReadonlyArray<number | undefined> = [
  lanParameterUnsupported,
  completionCodes.parameterOutOfRange,
  completionCodes.invalidData
]

const thisChannel = 0x0e

/** Without `channel` the one that this session came in on. */
export const readLan = Effect.fn("readLan")(function* (session: IpmiSession, channel?: number) {
  const number = channel ?? (yield* ask(session, makeGetChannelInfo(thisChannel))).channel
  const answers = new Map<number, Uint8Array>()
  for (const name of lanParameterNames) {
    const { number: parameter } = lanParameters[name]
    const answer = yield* Effect.catchIf(
      ask(session, makeGetLanParameter(number, parameter)),
      (error) => absentCodes.includes(refusedWith(error)),
      () => Effect.undefined
    )
    if (answer !== undefined) answers.set(parameter, answer.data)
  }
  return { channel: number, configuration: decodeLanConfiguration(answers) } satisfies LanReading
})
