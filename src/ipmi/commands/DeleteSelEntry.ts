/** Delete SEL Entry (IPMI 2.0 §31.8): one record. Sent once: repeated, it may meet another record with the same id. */
import type { IpmiCommand } from "../IpmiClient.ts"
import { putU16, u16 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"
import { selMeanings } from "./GetSelInfo.ts"

export const deleteSelEntry = { netFn: 0x0a, command: 0x46 } as const

export interface DeleteSelEntryRequest {
  readonly reservation: number
  readonly recordId: number
}

/** The answer is the id of the record that was deleted. */
export const makeDeleteSelEntry = (request: DeleteSelEntryRequest): IpmiCommand<number> => ({
  name: "Delete SEL Entry",
  ...deleteSelEntry,
  data: encodeDeleteSelEntry(request),
  decode: (data) => (data.length < 2 ? truncated("Delete SEL Entry", 2, data.length) : decoded(u16(data, 0))),
  meanings: selMeanings,
  idempotent: false
})

export const encodeDeleteSelEntry = ({ recordId, reservation }: DeleteSelEntryRequest): Uint8Array => {
  const data = new Uint8Array(4)
  putU16(data, 0, reservation)
  putU16(data, 2, recordId)
  return data
}

/** For the BMC's side. */
export const decodeDeleteSelEntry = (data: Uint8Array): Decoded<DeleteSelEntryRequest> =>
  data.length < 4
    ? truncated("Delete SEL Entry", 4, data.length)
    : decoded({ reservation: u16(data, 0), recordId: u16(data, 2) })
