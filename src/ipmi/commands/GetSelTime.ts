/**
 * Get SEL Time (IPMI 2.0 §31.10): the clock that stamps events. In which time zone it runs is nothing that the BMC tells;
 * most are set to UTC or to the server's local time.
 */
import type { IpmiCommand } from "../IpmiClient.ts"
import { putU32, u32 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"
import { decodeTimestamp, encodeTimestamp, type Timestamp } from "../wire/Timestamp.ts"
import { selMeanings } from "./GetSelInfo.ts"

export const getSelTime: IpmiCommand<Timestamp> = {
  name: "Get SEL Time",
  netFn: 0x0a,
  command: 0x48,
  data: new Uint8Array(0),
  decode: (data) => decodeSelTime(data),
  meanings: selMeanings,
  idempotent: true
}

/** The answer of this, and the request of Set SEL Time. */
export const decodeSelTime = (data: Uint8Array): Decoded<Timestamp> =>
  data.length < 4 ? truncated("SEL time", 4, data.length) : decoded(decodeTimestamp(u32(data, 0)))

export const encodeSelTime = (time: Timestamp): Uint8Array => {
  const data = new Uint8Array(4)
  putU32(data, 0, encodeTimestamp(time))
  return data
}
