/**
 * Reserve SEL (IPMI 2.0 §31.4): a number that Delete SEL Entry and Clear SEL have to name, cancelled when somebody else
 * reserves or the log is changed, so that nothing is erased that its owner hasn't seen.
 */
import type { IpmiCommand } from "../IpmiClient.ts"
import { putU16, u16 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"
import { selMeanings } from "./GetSelInfo.ts"

export const reserveSel: IpmiCommand<number> = {
  name: "Reserve SEL",
  netFn: 0x0a,
  command: 0x42,
  data: new Uint8Array(0),
  decode: (data) => decodeReservation(data),
  meanings: selMeanings,
  idempotent: true
}

export const decodeReservation = (data: Uint8Array): Decoded<number> =>
  data.length < 2 ? truncated("Reserve SEL", 2, data.length) : decoded(u16(data, 0))

export const encodeReservation = (reservation: number): Uint8Array => {
  const data = new Uint8Array(2)
  putU16(data, 0, reservation)
  return data
}
