/** Log records against literal bytes of IPMI 2.0 §32, and the words that are made of them. */
import { describe, expect, it } from "vitest"
import { generatorName, recordWords } from "../../../src/ipmi/sel/EventWords.ts"
import { decodeSelRecord } from "../../../src/ipmi/sel/SelRecord.ts"
import { value } from "../support/goldens.ts"
import { hex } from "../support/hex.ts"

/** An event with this sensor type, direction and type byte, and data; the rest is the same in all. */
const event = (sensorType: number, type: number, ...data: ReadonlyArray<number>) =>
  value(decodeSelRecord(Uint8Array.of(1, 0, 0x02, 0, 0, 0x43, 0x65, 0x20, 0x00, 0x04, sensorType, 0x30, type, ...data)))
const words = (...record: Parameters<typeof event>) => {
  const { details, direction, event: what, subject } = recordWords(event(...record))
  return [subject, what, direction, ...details]
}

describe("records", () => {
  it("of type 02h have sensor, direction, type and data of an event (table 32-1)", () => {
    expect(decodeSelRecord(hex("05 01 02 00 00 43 65 20 10 04 01 30 81 59 5a 55"))).toEqual({
      ok: true,
      value: {
        kind: "event",
        recordId: 0x0105,
        timestamp: { kind: "clock", seconds: 0x65430000 },
        generatorId: 0x1020,
        evmRevision: 4,
        sensorType: 1,
        sensorNumber: 0x30,
        asserted: false,
        eventType: 1,
        data: hex("59 5a 55")
      }
    })
  })

  it("of types C0h to DFh have a time and a maker", () => {
    for (const type of ["c0", "df"]) {
      expect(decodeSelRecord(hex(`03 00 ${type} 00 00 43 65 a2 02 00 01 02 03 04 05 06`))).toEqual({
        ok: true,
        value: {
          kind: "oemTimed",
          recordId: 3,
          recordType: Number.parseInt(type, 16),
          timestamp: { kind: "clock", seconds: 0x65430000 },
          manufacturerId: 674,
          data: hex("01 02 03 04 05 06")
        }
      })
    }
  })

  it("of types E0h to FFh, and of types that are nobody's, are kept as they are", () => {
    const data = hex("01 02 03 04 05 06 07 08 09 0a 0b 0c 0d")
    for (const [type, kind] of [
      [0xe0, "oem"],
      [0xff, "oem"],
      [0x01, "unknown"],
      [0xbf, "unknown"]
    ] as const) {
      expect(decodeSelRecord(Uint8Array.of(4, 0, type, ...data))).toEqual({
        ok: true,
        value: { kind, recordId: 4, recordType: type, data }
      })
    }
  })
})

describe("words", () => {
  it("name a threshold that was crossed, with reading and threshold raw", () => {
    expect(words(0x01, 0x01, 0x59, 0x5a, 0x55)).toEqual([
      "temperature 0x30",
      "upper critical, going high",
      "asserted",
      "reading 0x5a",
      "threshold 0x55"
    ])
    expect(words(0x01, 0x81, 0x09, 0x5a, 0x55)).toEqual([
      "temperature 0x30",
      "upper critical, going high",
      "deasserted"
    ])
    expect(words(0x01, 0x01, 0xa9, 0x5a, 0x55)).toContain("OEM data 2 0x5a")
  })

  it("name a state of the sensor's type, and the state before it with its severity", () => {
    expect(words(0x08, 0x6f, 0x03, 0xff, 0xff)).toEqual(["power supply 0x30", "input lost", "asserted"])
    expect(words(0x08, 0x6f, 0x41, 0x20, 0xff)).toEqual([
      "power supply 0x30",
      "failed",
      "asserted",
      "severity: critical, from less severe",
      "before: present"
    ])
    expect(words(0x08, 0x6f, 0x41, 0xff, 0xff)).toEqual(["power supply 0x30", "failed", "asserted"])
    expect(words(0x01, 0x07, 0x02, 0xff, 0xff)).toEqual(["temperature 0x30", "critical, from less severe", "asserted"])
  })

  it("say what the codes of well-known sensors mean", () => {
    expect(words(0x0f, 0x6f, 0xc2, 0x13, 0xff)).toContain("OS boot started")
    expect(words(0x0f, 0x6f, 0xc0, 0x01, 0xff)).toContain("no memory installed")
    expect(words(0x0c, 0x6f, 0x30, 0xff, 0x05)).toContain("module 5")
    expect(words(0x1d, 0x6f, 0xc7, 0x04, 0xff)).toContain("watchdog")
    expect(words(0x21, 0x6f, 0xf0, 0x01, 0x04)).toEqual([
      "slot or connector 0x30",
      "fault",
      "asserted",
      "drive",
      "number 4"
    ])
    expect(words(0x23, 0x6f, 0xc1, 0x04, 0xff)).toContain("SMS/OS")
    expect(words(0x2a, 0x6f, 0xf0, 0x02, 0x01)).toEqual([
      "session audit 0x30",
      "session activated",
      "asserted",
      "user 2",
      "channel 1"
    ])
  })

  it("keep the numbers of what has no word", () => {
    expect(words(0xc5, 0x6f, 0xc3, 0x12, 0xff)).toEqual(["OEM type 0xc5 0x30", "state 3", "asserted", "data 2 0x12"])
    expect(words(0x01, 0x70, 0xa1, 0x12, 0x34)).toEqual([
      "temperature 0x30",
      "state 1",
      "asserted",
      "OEM data 2 0x12",
      "OEM data 3 0x34"
    ])
    expect(words(0x01, 0x0d, 0x01, 0x12, 0x34)).toEqual([
      "temperature 0x30",
      "state 1",
      "asserted",
      "data 2 0x12",
      "data 3 0x34"
    ])
  })

  it("show a maker's record as it is", () => {
    const timed = value(decodeSelRecord(hex("03 00 c0 00 00 43 65 a2 02 00 01 02 03 04 05 06")))
    expect(recordWords(timed)).toEqual({
      subject: "OEM record 0xc0",
      event: "010203040506",
      direction: undefined,
      details: ["manufacturer 674"]
    })
    const plain = value(decodeSelRecord(hex("04 00 e1 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d")))
    expect(recordWords(plain)).toMatchObject({ subject: "OEM record 0xe1", event: "0102030405060708090a0b0c0d" })
    const strange = value(decodeSelRecord(hex("04 00 11 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d")))
    expect(recordWords(strange)).toMatchObject({ subject: "record type 0x11" })
  })

  it("name who generated an event (table 5-4)", () => {
    expect([0x0020, 0x002c, 0x0003, 0x0021, 0x0041, 0x0061, 0x0081, 0x00ff].map(generatorName)).toEqual([
      "BMC",
      "controller 0x2c",
      "BIOS 0x01",
      "SMI handler 0x10",
      "system management software 0x20",
      "OEM software 0x30",
      "remote console 0x40",
      "software 0x7f"
    ])
  })
})
