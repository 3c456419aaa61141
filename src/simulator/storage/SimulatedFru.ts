/** The FRU inventory of a simulated server: chassis, board and product, with serial numbers that its GUID decides. */
import { encodeFru } from "../../ipmi/fru/FruInventory.ts"
import type { FruField } from "../../ipmi/fru/FruText.ts"
import { u8 } from "../../ipmi/wire/bytes.ts"

/** Of the storage; what is written in it is less. */
export const fruStorageBytes = 2048
const english = 25
const rackMount = 23
/** 2025-03-01 00:00 UTC, and up to some 180 days later. */
const firstMade = 1_740_787_200
const day = 86_400

const text = (value: string): FruField => ({ encoding: "text", text: value })

/** The whole storage, made anew each time: it is asked for seldom, and there are thousands of them. */
export const simulatedFru = (guid: Uint8Array): Uint8Array => {
  const serial = Buffer.from(guid.subarray(0, 5)).toString("hex").toUpperCase()
  const image = new Uint8Array(fruStorageBytes)
  image.set(
    encodeFru({
      chassis: {
        chassisType: rackMount,
        partNumber: text("TUT-CH-2U"),
        serialNumber: text(`C${serial}`),
        custom: [{ encoding: "sixBit", text: "RAIL KIT B" }]
      },
      board: {
        language: english,
        manufacturedUnix: firstMade + (u8(guid, 5) % 180) * day + u8(guid, 6) * 60,
        manufacturer: text("Tutti"),
        productName: text("Simulated Mainboard"),
        serialNumber: text(`B${serial}`),
        partNumber: text("TUT-MB-1"),
        fruFileId: text("FRU 1.0"),
        custom: [{ encoding: "bcdPlus", text: "2025-03.01" }]
      },
      product: {
        language: english,
        manufacturer: text("Tutti"),
        productName: text("Simulated Server"),
        partNumber: text("TUT-SRV-1"),
        version: text("A1"),
        serialNumber: text(`P${serial}`),
        assetTag: text(`ASSET-${serial.slice(0, 4)}`),
        fruFileId: undefined,
        custom: []
      },
      multiRecords: []
    })
  )
  return image
}
