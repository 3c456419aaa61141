/** Close Session (IPMI 2.0 §22.19): frees the BMC's session at once instead of after its inactivity timeout. */
import type { IpmiCommand } from "../IpmiClient.ts"
import { putU32, u32 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

export const closeSession = { netFn: 0x06, command: 0x3c } as const

/** `bmcSessionId` is the id that the BMC chose. */
export const makeCloseSession = (bmcSessionId: number): IpmiCommand<void> => {
  const data = new Uint8Array(4)
  putU32(data, 0, bmcSessionId)
  return {
    name: "Close Session",
    ...closeSession,
    data,
    decode: () => decoded(undefined),
    meanings: new Map([
      [0x87, "invalid session id"],
      [0x88, "invalid session handle"]
    ]),
    idempotent: true
  }
}

/** For the BMC's side: the id to close. */
export const decodeCloseSession = (data: Uint8Array): Decoded<number> =>
  data.length < 4 ? truncated("Close Session", 4, data.length) : decoded(u32(data, 0))
