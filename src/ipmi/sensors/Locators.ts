/** Records that say where something is: FRU inventories (IPMI 2.0 §43.8) and management controllers (§43.9). */
import { u8 } from "../wire/bytes.ts"
import { type Decoded, decoded, truncated } from "../wire/Decoded.ts"
import { decodeIdString, encodeIdString } from "./IdString.ts"

export interface FruLocatorRecord {
  readonly kind: "fruLocator"
  /** 8-bit, of the controller that the FRU is asked from; 0x20 is the BMC. */
  readonly accessAddress: number
  /** A logical device's FRU id; a device on a private bus: its 8-bit address. */
  readonly fruId: number
  /** Asked for by Read FRU Data, not by reading a memory chip. */
  readonly logical: boolean
  readonly lun: number
  readonly privateBus: number
  readonly channel: number
  readonly deviceType: number
  readonly deviceTypeModifier: number
  readonly entityId: number
  readonly entityInstance: number
  readonly oem: number
  readonly name: string
}

export interface McLocatorRecord {
  readonly kind: "mcLocator"
  /** 8-bit. */
  readonly address: number
  readonly channel: number
  readonly powerStateAndInit: number
  /** Bits as of Get Device ID's additional device support. */
  readonly capabilities: number
  readonly entityId: number
  readonly entityInstance: number
  readonly oem: number
  readonly name: string
}

const nameAt = 15
const requiredLength = nameAt + 1

export const decodeFruLocator = (record: Uint8Array): Decoded<FruLocatorRecord> =>
  record.length < requiredLength
    ? truncated("FRU device locator", requiredLength, record.length)
    : decoded({
        kind: "fruLocator",
        accessAddress: u8(record, 5) & 0xfe,
        fruId: u8(record, 6),
        logical: (u8(record, 7) & 0x80) !== 0,
        lun: (u8(record, 7) >> 3) & 0x03,
        privateBus: u8(record, 7) & 0x07,
        channel: u8(record, 8) >> 4,
        deviceType: u8(record, 10),
        deviceTypeModifier: u8(record, 11),
        entityId: u8(record, 12),
        entityInstance: u8(record, 13),
        oem: u8(record, 14),
        name: decodeIdString(record, nameAt)
      })

/** From the byte after the header. */
export const encodeFruLocator = (record: FruLocatorRecord): ReadonlyArray<number> => [
  record.accessAddress,
  record.fruId,
  (record.logical ? 0x80 : 0) | (record.lun << 3) | record.privateBus,
  record.channel << 4,
  0,
  record.deviceType,
  record.deviceTypeModifier,
  record.entityId,
  record.entityInstance,
  record.oem,
  ...encodeIdString(record.name)
]

export const decodeMcLocator = (record: Uint8Array): Decoded<McLocatorRecord> =>
  record.length < requiredLength
    ? truncated("management controller locator", requiredLength, record.length)
    : decoded({
        kind: "mcLocator",
        address: u8(record, 5) & 0xfe,
        channel: u8(record, 6) & 0x0f,
        powerStateAndInit: u8(record, 7),
        capabilities: u8(record, 8),
        entityId: u8(record, 12),
        entityInstance: u8(record, 13),
        oem: u8(record, 14),
        name: decodeIdString(record, nameAt)
      })

/** From the byte after the header. */
export const encodeMcLocator = (record: McLocatorRecord): ReadonlyArray<number> => [
  record.address,
  record.channel,
  record.powerStateAndInit,
  record.capabilities,
  0,
  0,
  0,
  record.entityId,
  record.entityInstance,
  record.oem,
  ...encodeIdString(record.name)
]
