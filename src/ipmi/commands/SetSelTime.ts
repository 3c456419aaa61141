/** Set SEL Time (IPMI 2.0 §31.11): events are stamped by this clock from now on, those in the log stay as they are. */
import type { IpmiCommand } from "../IpmiClient.ts"
import { decoded } from "../wire/Decoded.ts"
import { selMeanings } from "./GetSelInfo.ts"
import { encodeSelTime } from "./GetSelTime.ts"

export const setSelTime = { netFn: 0x0a, command: 0x49 } as const

/** `unixSeconds` is not a moment but a number for the clock: the caller decides on the time zone. */
export const makeSetSelTime = (unixSeconds: number): IpmiCommand<void> => ({
  name: "Set SEL Time",
  ...setSelTime,
  data: encodeSelTime({ kind: "clock", seconds: unixSeconds }),
  decode: () => decoded(undefined),
  meanings: selMeanings,
  // Twice is nearly once: a repetition sets the clock back by the time that was waited, a second or so.
  idempotent: true
})
