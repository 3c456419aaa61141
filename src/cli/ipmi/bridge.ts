/** `-b`, `-t`, `-B` and `-T` as ipmitool has them: the way to a controller behind the BMC. */
import * as Effect from "effect/Effect"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import { bridge } from "../../ipmi/bridging/BridgedSession.ts"
import type { Route } from "../../ipmi/bridging/Route.ts"
import type { IpmiSession } from "../../ipmi/IpmiClient.ts"
import { usage } from "../CliFailure.ts"

const number = (name: string, alias: string, description: string) =>
  Flag.String(name).pipe(Flag.withAlias(alias), Flag.withDescription(description), Flag.optional)

export const bridgeFlags = {
  target: number("target", "t", "Address of a controller behind the BMC, such as 0x82"),
  targetChannel: number("target-channel", "b", "Its channel (default 0, the IPMB)"),
  transit: number("transit", "T", "Address of the controller on the way to it"),
  transitChannel: number("transit-channel", "B", "That one's channel (default 0, the IPMB)")
}

export interface BridgeFlags {
  readonly target: Option.Option<string>
  readonly targetChannel: Option.Option<string>
  readonly transit: Option.Option<string>
  readonly transitChannel: Option.Option<string>
}

/** Decimal, or hexadecimal after 0x, from 0 to `most`; undefined for anything else. */
export const parseNumber = (text: string, most: number): number | undefined => {
  if (!/^(?:0x[0-9a-f]{1,2}|\d{1,3})$/i.test(text)) return undefined
  const value = Number(text)
  return value <= most ? value : undefined
}

const lastChannel = 0x0f

const hop = Effect.fnUntraced(function* (which: string, address: string, channel: Option.Option<string>) {
  const parsed = parseNumber(address, 0xff)
  if (parsed === undefined || parsed % 2 !== 0) {
    return yield* usage(
      `--${which} ${address}: an address is even, from 0x00 to 0xfe (8 bits, as in the makers' lists)`
    )
  }
  const onChannel = parseNumber(
    Option.getOrElse(channel, () => "0"),
    lastChannel
  )
  if (onChannel === undefined) return yield* usage(`--${which}-channel: a channel is a number from 0 to 15`)
  return { address: parsed, channel: onChannel }
})

/** What to ask in place of the BMC's own session: that session, or one to whom the flags name. */
export const readBridge = Effect.fnUntraced(function* (flags: BridgeFlags) {
  if (Option.isNone(flags.target)) {
    if ([flags.targetChannel, flags.transit, flags.transitChannel].some(Option.isSome)) {
      return yield* usage("which controller? --target is missing")
    }
    return (session: IpmiSession) => session
  }
  if (Option.isNone(flags.transit) && Option.isSome(flags.transitChannel)) {
    return yield* usage("by which controller? --transit is missing")
  }
  const target = yield* hop("target", flags.target.value, flags.targetChannel)
  const route: Route = Option.isNone(flags.transit)
    ? { target }
    : { target, transit: yield* hop("transit", flags.transit.value, flags.transitChannel) }
  return (session: IpmiSession) => bridge(session, route)
})
