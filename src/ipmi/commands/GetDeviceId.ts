/** Get Device ID (IPMI 2.0 §20.1): maker, product and firmware of the BMC. */
import type { IpmiCommand } from "../IpmiClient.ts"
import { putU16, u8, u16, u24 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"

export interface DeviceId {
  readonly deviceId: number
  readonly providesSdrs: boolean
  readonly deviceRevision: number
  /** False while the firmware is being updated or initialises itself. */
  readonly available: boolean
  readonly firmwareMajor: number
  /** 0 to 99, from BCD; a byte that isn't BCD as it is. */
  readonly firmwareMinor: number
  readonly ipmiVersion: string
  /** Bits: 7 chassis, 6 bridge, 5 event generator, 4 event receiver, 3 FRU, 2 SEL, 1 SDR repository, 0 sensors. */
  readonly additionalSupport: number
  /** IANA enterprise number, 20 bits. */
  readonly manufacturerId: number
  readonly productId: number
  /** Four bytes of the maker's; undefined where the BMC leaves them out. */
  readonly auxiliary: Uint8Array | undefined
}

const requiredLength = 11
const fullLength = 15

export const getDeviceId: IpmiCommand<DeviceId> = {
  name: "Get Device ID",
  netFn: 0x06,
  command: 0x01,
  data: new Uint8Array(0),
  decode: (data) => decodeDeviceId(data),
  idempotent: true
}

const fromBcd = (byte: number): number => ((byte & 0x0f) > 9 || byte >> 4 > 9 ? byte : (byte >> 4) * 10 + (byte & 0x0f))

const toBcd = (value: number): number => (value > 99 ? value : (Math.floor(value / 10) << 4) | (value % 10))

export const decodeDeviceId = (data: Uint8Array): Decoded<DeviceId> => {
  if (data.length < requiredLength) return truncated("Get Device ID", requiredLength, data.length)
  const version = u8(data, 4)
  return decoded({
    deviceId: u8(data, 0),
    providesSdrs: (u8(data, 1) & 0x80) !== 0,
    deviceRevision: u8(data, 1) & 0x0f,
    available: (u8(data, 2) & 0x80) === 0,
    firmwareMajor: u8(data, 2) & 0x7f,
    firmwareMinor: fromBcd(u8(data, 3)),
    // BCD with the digits the other way round: 0x02 is 2.0, 0x51 is 1.5.
    ipmiVersion: `${version & 0x0f}.${version >> 4}`,
    additionalSupport: u8(data, 5),
    manufacturerId: u24(data, 6) & 0x0fffff,
    productId: u16(data, 9),
    auxiliary: data.length >= fullLength ? data.slice(requiredLength, fullLength) : undefined
  })
}

/** As ipmitool and vendors write it: the minor part has two digits. */
export const firmwareOf = ({
  firmwareMajor,
  firmwareMinor
}: Pick<DeviceId, "firmwareMajor" | "firmwareMinor">): string =>
  `${firmwareMajor}.${String(firmwareMinor).padStart(2, "0")}`

export const encodeDeviceId = (value: DeviceId): Uint8Array => {
  const data = new Uint8Array(value.auxiliary === undefined ? requiredLength : fullLength)
  const [major, minor] = value.ipmiVersion.split(".")
  data[0] = value.deviceId
  data[1] = (value.providesSdrs ? 0x80 : 0) | value.deviceRevision
  data[2] = (value.available ? 0 : 0x80) | value.firmwareMajor
  data[3] = toBcd(value.firmwareMinor)
  data[4] = Number(major) | (Number(minor) << 4)
  data[5] = value.additionalSupport
  putU16(data, 6, value.manufacturerId & 0xffff)
  data[8] = value.manufacturerId >> 16
  putU16(data, 9, value.productId)
  if (value.auxiliary !== undefined) data.set(value.auxiliary, requiredLength)
  return data
}
