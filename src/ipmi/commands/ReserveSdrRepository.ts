/**
 * Reserve SDR Repository (IPMI 2.0 §33.11) and Reserve Device SDR Repository (§35.4): a number that partial reads carry, and
 * that the BMC cancels when the records change, when it restarts, and often when somebody else reserves.
 */
import type { IpmiCommand } from "../IpmiClient.ts"
import { u16 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"
import { type SdrSource, sdrSources } from "./SdrSource.ts"

const decodeReservation = (data: Uint8Array): Decoded<number> =>
  data.length < 2 ? truncated("Reserve SDR Repository", 2, data.length) : decoded(u16(data, 0))

/** Twice is two reservations, of which the later holds. */
export const makeReserveSdrRepository = (source: SdrSource): IpmiCommand<number> => ({
  name: `Reserve ${sdrSources[source].name}`,
  netFn: sdrSources[source].netFn,
  command: 0x22,
  data: new Uint8Array(0),
  decode: decodeReservation,
  idempotent: true
})

export const encodeReservation = (reservation: number): Uint8Array =>
  Uint8Array.of(reservation & 0xff, (reservation >> 8) & 0xff)
