/**
 * Cold Reset and Warm Reset (IPMI 2.0 §20.2, §20.3): the BMC itself starts anew; the server runs on. Each acts whenever it
 * arrives, the session is gone afterwards, and some BMCs are gone before they have answered: sent once, and a lost answer is no
 * sign that nothing happened.
 */
import type { IpmiCommand } from "../IpmiClient.ts"
import { decoded } from "../wire/Decoded.ts"

export const coldReset: IpmiCommand<void> = {
  name: "Cold Reset",
  netFn: 0x06,
  command: 0x02,
  data: new Uint8Array(0),
  decode: () => decoded(undefined),
  idempotent: false
}

export const warmReset: IpmiCommand<void> = { ...coldReset, name: "Warm Reset", command: 0x03 }
