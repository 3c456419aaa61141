/** The commands about sensors against literal bytes of the specification's tables. */
import { describe, expect, it } from "vitest"
import { decodeDeviceSdrInfo, getDeviceSdrInfo } from "../../../src/ipmi/commands/GetDeviceSdrInfo.ts"
import { decodeSdrPart, makeGetSdr } from "../../../src/ipmi/commands/GetSdr.ts"
import { decodeSdrRepositoryInfo, getSdrRepositoryInfo } from "../../../src/ipmi/commands/GetSdrRepositoryInfo.ts"
import { decodeSensorReading, makeGetSensorReading } from "../../../src/ipmi/commands/GetSensorReading.ts"
import { makeGetSensorReadingFactors } from "../../../src/ipmi/commands/GetSensorReadingFactors.ts"
import { decodeSensorThresholds, makeGetSensorThresholds } from "../../../src/ipmi/commands/GetSensorThresholds.ts"
import { makeReserveSdrRepository } from "../../../src/ipmi/commands/ReserveSdrRepository.ts"
import type { IpmiCommand } from "../../../src/ipmi/IpmiClient.ts"
import { hex } from "../support/hex.ts"

const sent = ({ command, data, lun, netFn }: IpmiCommand<unknown>) => [
  netFn,
  command,
  Buffer.from(data).toString("hex"),
  lun ?? 0
]

describe("requests", () => {
  it("have the network function, command, data and LUN of the specification", () => {
    const part = { reservation: 0x1234, recordId: 0x0506, offset: 7, count: 16 }
    expect(sent(getSdrRepositoryInfo)).toEqual([0x0a, 0x20, "", 0])
    expect(sent(makeReserveSdrRepository("repository"))).toEqual([0x0a, 0x22, "", 0])
    expect(sent(makeGetSdr("repository", part))).toEqual([0x0a, 0x23, "341206050710", 0])
    expect(sent(getDeviceSdrInfo)).toEqual([0x04, 0x20, "", 0])
    expect(sent(makeReserveSdrRepository("device"))).toEqual([0x04, 0x22, "", 0])
    expect(sent(makeGetSdr("device", part))).toEqual([0x04, 0x21, "341206050710", 0])
    expect(sent(makeGetSensorReading(0x31, 2))).toEqual([0x04, 0x2d, "31", 2])
    expect(sent(makeGetSensorThresholds(0x31, 1))).toEqual([0x04, 0x27, "31", 1])
    expect(sent(makeGetSensorReadingFactors(0x31, 0x80, 3))).toEqual([0x04, 0x23, "3180", 3])
  })

  it("only read, and may be repeated", () => {
    const part = { reservation: 0, recordId: 0, offset: 0, count: 255 }
    for (const command of [
      makeGetSdr("repository", part),
      makeReserveSdrRepository("device"),
      makeGetSensorReading(1)
    ]) {
      expect(command.idempotent).toBe(true)
    }
  })
})

describe("answers", () => {
  it("Get SDR Repository Info (table 33-3) has count, room, both times and what can be done", () => {
    expect(decodeSdrRepositoryInfo(hex("51 0201 0403 08070605 0c0b0a09 82"))).toEqual({
      ok: true,
      value: {
        version: 0x51,
        records: 0x0102,
        freeBytes: 0x0304,
        lastAddition: 0x05060708,
        lastErase: 0x090a0b0c,
        operations: 0x82
      }
    })
  })

  it("Get Device SDR Info (table 35-2) has an indicator of change only where sensors come and go", () => {
    expect(decodeDeviceSdrInfo(hex("05 01"))).toEqual({
      ok: true,
      value: { count: 5, luns: 1, populationChange: undefined }
    })
    expect(decodeDeviceSdrInfo(hex("05 83 04030201"))).toEqual({
      ok: true,
      value: { count: 5, luns: 3, populationChange: 0x01020304 }
    })
    expect(decodeDeviceSdrInfo(hex("05 83 040302"))).toMatchObject({ ok: false })
  })

  it("Get SDR (table 33-6) has the next record's id before the bytes", () => {
    expect(decodeSdrPart(hex("ffff 0102"))).toEqual({ ok: true, value: { nextRecordId: 0xffff, bytes: hex("0102") } })
    expect(decodeSdrPart(hex("0300"))).toEqual({ ok: true, value: { nextRecordId: 3, bytes: hex("") } })
  })

  it("Get Sensor Reading (table 35-15) has flags in the second byte and up to 15 states after it", () => {
    const plain = { eventMessagesEnabled: false, scanningEnabled: false, unavailable: false, states: 0 }
    expect(decodeSensorReading(hex("2a 40"))).toEqual({
      ok: true,
      value: { ...plain, raw: 0x2a, scanningEnabled: true }
    })
    expect(decodeSensorReading(hex("00 a0 81"))).toEqual({
      ok: true,
      value: { ...plain, raw: 0, eventMessagesEnabled: true, unavailable: true, states: 0x81 }
    })
    // Bit 7 of the last byte is reserved, and 1.
    expect(decodeSensorReading(hex("00 c0 01 c2"))).toMatchObject({ value: { states: 0x4201 } })
  })

  it("Get Sensor Thresholds (table 35-9) has those whose bit is set", () => {
    expect(decodeSensorThresholds(hex("3f 010203 040506"))).toEqual({ ok: true, value: [1, 2, 3, 4, 5, 6] })
    expect(decodeSensorThresholds(hex("1a 010203 040506"))).toEqual({
      ok: true,
      value: [undefined, 2, undefined, 4, 5, undefined]
    })
  })

  it("Get Sensor Reading Factors (table 35-5) has the factors after the next reading's byte", () => {
    expect(makeGetSensorReadingFactors(1, 2).decode(hex("40 ff c5 01 82 3d e1"))).toEqual({
      ok: true,
      value: {
        m: -1,
        b: -511,
        bExponent: 1,
        resultExponent: -2,
        tolerance: 5,
        accuracy: 0xc2,
        accuracyExponent: 3,
        direction: 1
      }
    })
  })
})
