/**
 * Get System GUID and Get Device GUID (IPMI 2.0 §22.14, §20.8). A GUID's 16 bytes travel last byte first (§20.8), so that the
 * specification's reading is the reverse of the wire; but many makers send the bytes as SMBIOS has them (first three fields
 * little-endian, SMBIOS 3.x §7.2.1), and some as RFC 9562 has them. Nothing on the wire says which: `likelyGuidOrder` guesses as
 * ipmitool does.
 */
import type { IpmiCommand } from "../IpmiClient.ts"
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

const guidLength = 16

const decodeGuid = (data: Uint8Array): Decoded<Uint8Array> =>
  data.length < guidLength ? truncated("GUID", guidLength, data.length) : decoded(data.slice(0, guidLength))

/** Of the server; 16 bytes as they are on the wire. */
export const getSystemGuid: IpmiCommand<Uint8Array> = {
  name: "Get System GUID",
  netFn: 0x06,
  command: 0x37,
  data: new Uint8Array(0),
  decode: decodeGuid,
  idempotent: true
}

/** Of the management controller; 16 bytes as they are on the wire. */
export const getDeviceGuid: IpmiCommand<Uint8Array> = {
  ...getSystemGuid,
  name: "Get Device GUID",
  command: 0x08
}

export type GuidOrder = "smbios" | "ipmi" | "rfc"

/** For each order, which byte of the wire is next in the written form. */
const orders: { readonly [Order in GuidOrder]: ReadonlyArray<number> } = {
  smbios: [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15],
  ipmi: [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
  rfc: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
}

/** `12345678-1234-1234-1234-123456789abc`, from bytes of the wire that are in that order. */
export const formatGuid = (wire: Uint8Array, order: GuidOrder): string => {
  const hex = orders[order].map((at) => u8(wire, at).toString(16).padStart(2, "0")).join("")
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")
}

/** The first of the orders whose version field is one that exists (RFC 9562 §4.2: 1 to 5 of old); "ipmi" when none is. */
export const likelyGuidOrder = (wire: Uint8Array): GuidOrder =>
  (["smbios", "ipmi", "rfc"] as const).find((order) => /^[1-5]$/.test(formatGuid(wire, order).charAt(14))) ?? "ipmi"
