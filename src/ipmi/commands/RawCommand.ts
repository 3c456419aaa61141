/**
 * Any command by its numbers, its answer as it is: for what has no file of its own. Sent once, since nobody knows whether
 * sending it twice is the same.
 */
import type { IpmiCommand } from "../IpmiClient.ts"
import { decoded } from "../wire/Decoded.ts"

export interface RawRequest {
  /** Even, 0 to 62. */
  readonly netFn: number
  /** 0 to 3. */
  readonly lun: number
  /** 0 to 255. */
  readonly command: number
  readonly data: Uint8Array
}

export const makeRawCommand = ({ command, data, lun, netFn }: RawRequest): IpmiCommand<Uint8Array> => ({
  name: `raw 0x${netFn.toString(16).padStart(2, "0")} 0x${command.toString(16).padStart(2, "0")}`,
  netFn,
  command,
  lun,
  data,
  decode: (answer) => decoded(answer.slice()),
  idempotent: false
})
