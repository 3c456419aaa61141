/**
 * Chassis Control (IPMI 2.0 §28.3): answered once the BMC accepted it, not once it took effect.
 * On and off may be sent twice; cycle, reset, diagnostic interrupt and soft shutdown act each time they arrive, and are
 * sent once.
 */
import type { IpmiCommand } from "../IpmiClient.ts"
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded, malformed, truncated } from "../wire/Decoded.ts"

export type ChassisAction = "off" | "on" | "cycle" | "reset" | "nmi" | "soft"

export const chassisControl = { netFn: 0x00, command: 0x02 } as const

/** In the order of their numbers on the wire, from 0. */
const actions: ReadonlyArray<ChassisAction> = ["off", "on", "cycle", "reset", "nmi", "soft"]

export const makeChassisControl = (action: ChassisAction): IpmiCommand<void> => ({
  name: `Chassis Control (${action})`,
  ...chassisControl,
  data: Uint8Array.of(actions.indexOf(action)),
  decode: () => decoded(undefined),
  idempotent: action === "on" || action === "off"
})

/** For the BMC's side. */
export const decodeChassisControl = (data: Uint8Array): Decoded<ChassisAction> => {
  if (data.length < 1) return truncated("Chassis Control", 1, data.length)
  const action = actions[u8(data, 0) & 0x0f]
  return action === undefined ? malformed(`chassis control ${u8(data, 0) & 0x0f}`) : decoded(action)
}
