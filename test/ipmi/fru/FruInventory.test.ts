/** FRU inventories against literal bytes of the FRU Information Storage Definition. */
import { describe, expect, it } from "vitest"
import { checksum } from "../../../src/ipmi/fru/FruAreas.ts"
import { decodeFru, encodeFru } from "../../../src/ipmi/fru/FruInventory.ts"
import { decodeField, encodeField, type FruField } from "../../../src/ipmi/fru/FruText.ts"
import { chassisTypeName, fieldText, multiRecordName } from "../../../src/ipmi/fru/FruWords.ts"
import { value } from "../support/goldens.ts"
import { hex } from "../support/hex.ts"

const summed = (bytes: string, length: number): Uint8Array => {
  const area = new Uint8Array(length)
  area.set(hex(bytes))
  area[length - 1] = checksum(area)
  return area
}

const header = (chassis: number, board: number, product: number, records: number): Uint8Array => {
  const bytes = Uint8Array.of(1, 0, chassis, board, product, records, 0)
  return Uint8Array.of(...bytes, checksum(bytes))
}

const storage = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))
const text = (value: string): FruField => ({ encoding: "text", text: value })

/** Chassis type 17h, part number "PART", serial number "SERIAL". */
const chassis = summed("01 04 17  c4 50415254  c6 53455249414c  c1", 32)
/** 2024-01-01 00:00: 14,726,880 minutes after 1996. */
const board = summed("01 05 00  e0 b6 e0  c3 414243  c4 44454647  c2 4849  c0  00  c1", 40)

describe("an inventory", () => {
  it("has its areas where the header says, in eights of bytes", () => {
    expect(decodeFru(storage(header(1, 5, 0, 0), chassis, board))).toEqual({
      ok: true,
      value: {
        chassis: { chassisType: 0x17, partNumber: text("PART"), serialNumber: text("SERIAL"), custom: [] },
        board: {
          language: 0,
          manufacturedUnix: Date.UTC(2024, 0, 1) / 1000,
          manufacturer: text("ABC"),
          productName: text("DEFG"),
          serialNumber: text("HI"),
          partNumber: text(""),
          fruFileId: { encoding: "binary", bytes: new Uint8Array(0) },
          custom: []
        },
        product: undefined,
        multiRecords: [],
        problems: []
      }
    })
  })

  it("has a product area of seven fields, and the maker's own after them", () => {
    const fields = "c2 4d31  c2 4e31  c2 5031  c2 5631  c2 5331  c2 4131  c2 4631  c2 5831  c2 5932  c1"
    const product = summed(`01 05 19 ${fields}`, 40)
    expect(value(decodeFru(storage(header(0, 0, 1, 0), product))).product).toEqual({
      language: 25,
      manufacturer: text("M1"),
      productName: text("N1"),
      partNumber: text("P1"),
      version: text("V1"),
      serialNumber: text("S1"),
      assetTag: text("A1"),
      fruFileId: text("F1"),
      custom: [text("X1"), text("Y2")]
    })
  })

  it("whose maker doesn't say when it was made says nothing", () => {
    const unknown = summed("01 02 00  00 00 00  c1", 16)
    expect(value(decodeFru(storage(header(0, 1, 0, 0), unknown))).board).toMatchObject({
      manufacturedUnix: undefined,
      manufacturer: undefined,
      custom: []
    })
  })

  it("keeps multi-records raw, up to the one that says it is the last", () => {
    const record = (type: number, flags: number, data: Uint8Array) => {
      const head = Uint8Array.of(type, flags, data.length, checksum(data))
      return Uint8Array.of(...head, checksum(head), ...data)
    }
    const records = storage(record(0x00, 0x02, hex("01 02 03")), record(0xc0, 0x82, hex("ff")), record(1, 2, hex("09")))
    expect(value(decodeFru(storage(header(0, 0, 0, 1), records)))).toMatchObject({
      multiRecords: [
        { type: 0x00, data: hex("01 02 03") },
        { type: 0xc0, data: hex("ff") }
      ],
      problems: []
    })
    records[6] = 0x55
    expect(value(decodeFru(storage(header(0, 0, 0, 1), records)))).toMatchObject({
      multiRecords: [{ data: hex("01 55 03") }, { type: 0xc0 }],
      problems: ["multi-record 1 has a wrong checksum"]
    })
    records[2] = 0x55
    expect(value(decodeFru(storage(header(0, 0, 0, 1), records)))).toMatchObject({
      multiRecords: [],
      problems: ["multi-record 1 has no valid header"]
    })
  })

  it("with a wrong checksum is read all the same, and it is said", () => {
    const damaged = chassis.slice()
    damaged[4] = 0x58
    const wrongHeader = header(1, 0, 0, 0)
    wrongHeader[7] = 0
    expect(value(decodeFru(storage(wrongHeader, damaged)))).toMatchObject({
      chassis: { partNumber: text("XART"), serialNumber: text("SERIAL") },
      problems: ["header has a wrong checksum", "chassis area has a wrong checksum"]
    })
  })

  it("is read as far as it goes when an area has no end mark or lies beyond the storage", () => {
    const endless = summed("01 02 17  c4 50415254  c7 53455249", 16)
    expect(value(decodeFru(storage(header(1, 0, 0, 0), endless)))).toMatchObject({
      chassis: { partNumber: text("PART"), serialNumber: undefined },
      problems: ["chassis area has no end mark after its fields"]
    })
    expect(value(decodeFru(storage(header(1, 9, 0, 0), chassis)))).toMatchObject({
      chassis: { partNumber: text("PART") },
      board: undefined,
      problems: ["board area has no place in the storage"]
    })
  })

  it("is none where nothing was ever written", () => {
    expect(decodeFru(new Uint8Array(64).fill(0xff))).toMatchObject({ ok: false })
    expect(decodeFru(new Uint8Array(64))).toMatchObject({ ok: false })
    expect(decodeFru(new Uint8Array(7).fill(1))).toMatchObject({ ok: false })
  })

  it("is written with sums and lengths that hold", () => {
    const bytes = encodeFru({
      chassis: { chassisType: 0x17, partNumber: text("PART"), serialNumber: text("SERIAL"), custom: [] },
      board: undefined,
      product: undefined,
      multiRecords: []
    })
    expect(bytes).toEqual(storage(header(1, 0, 0, 0), summed("01 03 17  c4 50415254  c6 53455249414c  c1", 24)))
  })
})

describe("fields", () => {
  const decodes = (bytes: string, language: number): string | undefined =>
    fieldText(decodeField(hex(bytes), 0, language)?.field)

  it("are binary, BCD plus, 6-bit packed or text by their two top bits (FRU §13)", () => {
    expect(decodes("03 01 ab ff", 0)).toBe("01abff")
    expect(decodes("43 12 ab c9", 0)).toBe("12 -.9")
    // The specification's own example: "IPMI" in three bytes.
    expect(decodes("83 29 dc a6", 0)).toBe("IPMI")
    expect(decodes("c4 49 50 4d 49", 0)).toBe("IPMI")
  })

  it("are Latin 1 in English, and two bytes a character in other languages", () => {
    expect(decodes("c3 4d fc e9", 0)).toBe("Müé")
    expect(decodes("c3 4d fc e9", 25)).toBe("Müé")
    expect(decodes("c4 4d 00 2d 4e", 0x12)).toBe("M中")
    expect(encodeField(text("M中"), 0x12)).toEqual(hex("c4 4d 00 2d 4e"))
  })

  it("are written in 63 bytes at most", () => {
    expect(encodeField(text("x".repeat(80)), 0).length).toBe(64)
  })

  it("end at the end mark, and where the area ends within one", () => {
    expect(decodeField(hex("c1 00"), 0, 0)).toBeUndefined()
    expect(decodeField(hex("c4 41 42 43"), 0, 0)).toBeUndefined()
    expect(decodeField(hex(""), 0, 0)).toBeUndefined()
  })

  it("lose the blanks and zeros that fill them up", () => {
    expect(decodes("c4 41 42 20 00", 0)).toBe("AB")
    expect(decodes("c2 20 20", 0)).toBeUndefined()
  })
})

describe("words", () => {
  it("name chassis and records, and tell numbers without a name", () => {
    expect([0x01, 0x11, 0x17, 0x24, 0x25].map(chassisTypeName)).toEqual([
      "other",
      "main server chassis",
      "rack mount chassis",
      "stick PC",
      "chassis type 37"
    ])
    expect([0x00, 0x0b, 0xc2].map(multiRecordName)).toEqual([
      "power supply information",
      "record type 0x0b",
      "OEM record 0xc2"
    ])
  })
})
