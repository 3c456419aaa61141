/** Sensor data records written out by hand from the tables of IPMI 2.0 §43. */
import { describe, expect, it } from "vitest"
import { decodeSdr } from "../../../src/ipmi/sensors/SdrRecord.ts"
import { decodeRecords, sensorsOf } from "../../../src/ipmi/sensors/Sensors.ts"
import { bcdPlus, latin1, sixBitAscii, utf16 } from "../../../src/ipmi/wire/PackedText.ts"
import { value } from "../support/goldens.ts"
import { hex } from "../support/hex.ts"

const ascii = (text: string): string => Buffer.from(text, "latin1").toString("hex")

/** A header before the body; the type and the body's length are what counts. */
const record = (type: string, body: string, id = "0201"): Uint8Array => {
  const bytes = hex(body)
  return Uint8Array.from([...hex(`${id} 51 ${type}`), bytes.length, ...bytes])
}

// owner 0x20 on channel 3, LUN 2; sensor 0x11 of entity 0x07.1; temperature with thresholds
const owner = "20 32 11 07 01"
const masks = "0102 0304 1a3c"
const full = record(
  "01",
  `${owner} 7f 68 01 01 ${masks} 82 01 05  0a  3f 45 fe c1 25 e1  07 40 50 30 7f 80  65 60 5a 0a 05 00  02 03 0000 99 c4 ${ascii("Temp")}`
)
const compact = record(
  "02",
  `${owner} 67 40 0d 6f ff01 ff01 ff01 c0 00 00  14 81  02 03 000000 99 c6 ${ascii("Drive ")}`
)
const eventOnly = record("03", `${owner} 10 6f 01 00 00 99 c3 ${ascii("SEL")}`)

describe("a full record (table 43-1)", () => {
  it("has every field in its place", () => {
    expect(decodeSdr(full)).toEqual({
      ok: true,
      value: {
        kind: "full",
        id: 0x0102,
        ownerId: 0x20,
        channel: 3,
        ownerLun: 2,
        number: 0x11,
        entityId: 7,
        entityInstance: 1,
        initialization: 0x7f,
        capabilities: 0x68,
        sensorType: 1,
        readingType: 1,
        assertionMask: 0x0201,
        deassertionMask: 0x0403,
        readingMask: 0x3c1a,
        unit: { format: "twosComplement", rate: 0, modifierUse: 1, percentage: false, base: 1, modifier: 5 },
        linearization: 10,
        factors: {
          m: 0x13f,
          b: -2,
          bExponent: 1,
          resultExponent: -2,
          tolerance: 5,
          accuracy: 0x81,
          accuracyExponent: 1,
          direction: 1
        },
        analogFlags: 7,
        nominal: 0x40,
        normalMaximum: 0x50,
        normalMinimum: 0x30,
        sensorMaximum: 0x7f,
        sensorMinimum: 0x80,
        // lower non-critical first, as everywhere but in the record
        thresholds: [0x00, 0x05, 0x0a, 0x5a, 0x60, 0x65],
        positiveHysteresis: 2,
        negativeHysteresis: 3,
        oem: 0x99,
        name: "Temp"
      }
    })
  })

  it("without its name's length is refused, with a name cut off has what there is of it", () => {
    const short = full.slice(0, 47)
    short[4] = 42
    expect(decodeSdr(short)).toEqual({ ok: false, detail: "full sensor record has 47 bytes, needs 48" })
    const cut = full.slice(0, 50)
    cut[4] = 45
    expect(value(decodeSdr(cut))).toMatchObject({ name: "Te" })
  })
})

describe("a compact record (table 43-2)", () => {
  it("has every field in its place", () => {
    expect(decodeSdr(compact)).toMatchObject({
      value: {
        kind: "compact",
        number: 0x11,
        sensorType: 0x0d,
        readingType: 0x6f,
        readingMask: 0x01ff,
        unit: { format: "none" },
        sharing: { count: 4, lettered: true, suffixOffset: 1, instances: true },
        positiveHysteresis: 2,
        negativeHysteresis: 3,
        oem: 0x99,
        name: "Drive"
      }
    })
  })

  it("that is shared stands for sensors with numbers and letters of their own", () => {
    expect(
      sensorsOf([value(decodeSdr(compact))]).map((sensor) => [sensor.number, sensor.name, sensor.entityInstance])
    ).toEqual([
      [0x11, "Drive B", 1],
      [0x12, "Drive C", 2],
      [0x13, "Drive D", 3],
      [0x14, "Drive E", 4]
    ])
    const numbered = compact.slice()
    numbered.set([0x03, 25], 23)
    expect(sensorsOf([value(decodeSdr(numbered))]).map((sensor) => [sensor.name, sensor.entityInstance])).toEqual([
      ["Drive 25", 1],
      ["Drive 26", 1],
      ["Drive 27", 1]
    ])
    numbered.set([0x13, 25], 23)
    expect(sensorsOf([value(decodeSdr(numbered))]).map(({ name }) => name)).toEqual(["Drive Z", "Drive AA", "Drive AB"])
  })
})

describe("other records", () => {
  it("event-only (table 43-3) are of sensors that can't be read", () => {
    expect(decodeSdr(eventOnly)).toMatchObject({
      value: { kind: "eventOnly", number: 0x11, sensorType: 0x10, readingType: 0x6f, oem: 0x99, name: "SEL" }
    })
    expect(sensorsOf([value(decodeSdr(eventOnly))])).toEqual([])
  })

  it("FRU device locators (table 43-8) and controller locators (table 43-9) have their fields", () => {
    expect(decodeSdr(record("11", `20 05 9a 70 00 10 01 0a 02 99 c3 ${ascii("PSU")}`))).toEqual({
      ok: true,
      value: {
        kind: "fruLocator",
        id: 0x0102,
        accessAddress: 0x20,
        fruId: 5,
        logical: true,
        lun: 3,
        privateBus: 2,
        channel: 7,
        deviceType: 0x10,
        deviceTypeModifier: 1,
        entityId: 10,
        entityInstance: 2,
        oem: 0x99,
        name: "PSU"
      }
    })
    expect(decodeSdr(record("12", `20 07 01 bf 000000 2e 01 99 c3 ${ascii("BMC")}`))).toEqual({
      ok: true,
      value: {
        kind: "mcLocator",
        id: 0x0102,
        address: 0x20,
        channel: 7,
        powerStateAndInit: 1,
        capabilities: 0xbf,
        entityId: 0x2e,
        entityInstance: 1,
        oem: 0x99,
        name: "BMC"
      }
    })
  })

  it("of a type that isn't known are kept as they came", () => {
    expect(decodeSdr(record("c0", "a20200 0102"))).toEqual({
      ok: true,
      value: { kind: "other", id: 0x0102, type: 0xc0, body: hex("a20200 0102") }
    })
  })

  it("that make no sense are told, and hide no others", () => {
    const { malformed, records } = decodeRecords([eventOnly, record("02", "20 00"), full])
    expect(records.map(({ kind }) => kind)).toEqual(["eventOnly", "full"])
    expect(malformed).toEqual(["SDR number 2: compact sensor record has 7 bytes, needs 32"])
  })
})

describe("names (§43.15)", () => {
  it("are in one of four encodings, without padding", () => {
    expect(latin1(hex("54 e4 00 41"))).toBe("Tä")
    expect(bcdPlus(hex("12 ab cd ef"))).toBe("12 -.:,_")
    // "IPMI" packed in three bytes, the example of the FRU specification
    expect(sixBitAscii(hex("29 dc a6"))).toBe("IPMI")
    expect(utf16(hex("5400 e400 0000"))).toBe("Tä")
  })

  it("are read by the two bits of their type", () => {
    const named = (name: string) => value(decodeSdr(record("03", `${owner} 10 6f 01 00 00 99 ${name}`)))
    expect(named("83 29 dc a6")).toMatchObject({ name: "IPMI" })
    expect(named("42 12 34")).toMatchObject({ name: "1234" })
    expect(named("04 5400 e400")).toMatchObject({ name: "Tä" })
    expect(named("00")).toMatchObject({ name: "" })
  })
})
