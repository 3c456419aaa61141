/**
 * Clear SEL (IPMI 2.0 §31.9): starts to erase the whole log, or asks how far that is. The start is sent once: events that
 * came in after the first one must not go with a second.
 */
import type { IpmiCommand } from "../IpmiClient.ts"
import { putU16, u8, u16 } from "../wire/bytes.ts"
import { type Decoded, decoded, malformed, truncated } from "../wire/Decoded.ts"
import { selMeanings } from "./GetSelInfo.ts"

export const clearSel = { netFn: 0x0a, command: 0x47 } as const

export interface ClearSelRequest {
  readonly reservation: number
  readonly action: "erase" | "status"
}

export type Erasure = "under way" | "complete"

const requestLength = 6
/** Guards against a stray command. */
const key = [0x43, 0x4c, 0x52] as const
const erase = 0xaa
const status = 0x00

export const makeClearSel = (request: ClearSelRequest): IpmiCommand<Erasure> => ({
  name: request.action === "erase" ? "Clear SEL" : "Clear SEL (status)",
  ...clearSel,
  data: encodeClearSel(request),
  decode: decodeErasure,
  meanings: selMeanings,
  idempotent: request.action === "status"
})

export const decodeErasure = (data: Uint8Array): Decoded<Erasure> => {
  if (data.length < 1) return truncated("Clear SEL", 1, data.length)
  return decoded((u8(data, 0) & 0x0f) === 0 ? "under way" : "complete")
}

export const encodeErasure = (erasure: Erasure): Uint8Array => Uint8Array.of(erasure === "complete" ? 1 : 0)

export const encodeClearSel = ({ action, reservation }: ClearSelRequest): Uint8Array => {
  const data = Uint8Array.of(0, 0, ...key, action === "erase" ? erase : status)
  putU16(data, 0, reservation)
  return data
}

/** For the BMC's side. */
export const decodeClearSel = (data: Uint8Array): Decoded<ClearSelRequest> => {
  if (data.length < requestLength) return truncated("Clear SEL", requestLength, data.length)
  if (key.some((byte, index) => u8(data, 2 + index) !== byte)) return malformed("Clear SEL without its key")
  const action = u8(data, 5)
  if (action !== erase && action !== status) return malformed(`Clear SEL action ${action}`)
  return decoded({ reservation: u16(data, 0), action: action === erase ? "erase" : "status" })
}
