/** SEL, FRU, DCMI and LAN commands: requests and answers against literal bytes of the specifications' tables. */
import { describe, expect, it } from "vitest"
import { decodeErasure, makeClearSel } from "../../../src/ipmi/commands/ClearSel.ts"
import { decodeClearSel } from "../../../src/ipmi/commands/ClearSel.ts"
import { makeDeleteSelEntry } from "../../../src/ipmi/commands/DeleteSelEntry.ts"
import {
  decodeAveragePeriods,
  decodeDcmiSupport,
  encodePeriod,
  makeGetDcmiCapabilities
} from "../../../src/ipmi/commands/GetDcmiCapabilities.ts"
import { decodeFruAreaInfo, makeGetFruInventoryAreaInfo } from "../../../src/ipmi/commands/GetFruInventoryAreaInfo.ts"
import { makeGetLanParameter } from "../../../src/ipmi/commands/GetLanParameter.ts"
import {
  decodeGetPowerReading,
  decodePowerReading,
  makeGetPowerReading
} from "../../../src/ipmi/commands/GetPowerReading.ts"
import { firstRecord, lastRecord, makeGetSelEntry } from "../../../src/ipmi/commands/GetSelEntry.ts"
import { decodeSelInfo, getSelInfo } from "../../../src/ipmi/commands/GetSelInfo.ts"
import { getSelTime } from "../../../src/ipmi/commands/GetSelTime.ts"
import { decodeFruData, makeReadFruData } from "../../../src/ipmi/commands/ReadFruData.ts"
import { reserveSel } from "../../../src/ipmi/commands/ReserveSel.ts"
import { makeSetSelTime } from "../../../src/ipmi/commands/SetSelTime.ts"
import type { IpmiCommand } from "../../../src/ipmi/IpmiClient.ts"
import { formatTimestamp } from "../../../src/ipmi/wire/Timestamp.ts"
import { hex } from "../support/hex.ts"

const sent = ({ command, data, netFn }: IpmiCommand<unknown>) => [netFn, command, Buffer.from(data).toString("hex")]

describe("requests about the event log", () => {
  it("have the network function, command and data of IPMI 2.0 §31", () => {
    expect(sent(getSelInfo)).toEqual([0x0a, 0x40, ""])
    expect(sent(reserveSel)).toEqual([0x0a, 0x42, ""])
    expect(sent(makeGetSelEntry(firstRecord))).toEqual([0x0a, 0x43, "0000000000ff"])
    expect(sent(makeGetSelEntry(lastRecord))).toEqual([0x0a, 0x43, "0000ffff00ff"])
    expect(sent(makeGetSelEntry(0x0102))).toEqual([0x0a, 0x43, "0000020100ff"])
    expect(sent(makeDeleteSelEntry({ reservation: 0x0304, recordId: 0x0102 }))).toEqual([0x0a, 0x46, "04030201"])
    expect(sent(makeClearSel({ reservation: 0x0304, action: "erase" }))).toEqual([0x0a, 0x47, "0403434c52aa"])
    expect(sent(makeClearSel({ reservation: 0x0304, action: "status" }))).toEqual([0x0a, 0x47, "0403434c5200"])
    expect(sent(getSelTime)).toEqual([0x0a, 0x48, ""])
    expect(sent(makeSetSelTime(0x65432100))).toEqual([0x0a, 0x49, "00214365"])
  })

  it("that erase are never repeated", () => {
    expect(makeClearSel({ reservation: 1, action: "erase" }).idempotent).toBe(false)
    expect(makeDeleteSelEntry({ reservation: 1, recordId: 1 }).idempotent).toBe(false)
    expect(makeClearSel({ reservation: 1, action: "status" }).idempotent).toBe(true)
  })

  it("that clear without the letters CLR are refused by a BMC", () => {
    expect(decodeClearSel(hex("01 00 43 4c 52 aa"))).toEqual({ ok: true, value: { reservation: 1, action: "erase" } })
    expect(decodeClearSel(hex("01 00 43 4c 53 aa"))).toMatchObject({ ok: false })
    expect(decodeClearSel(hex("01 00 43 4c 52 ab"))).toMatchObject({ ok: false })
  })
})

describe("answers about the event log", () => {
  it("have counts, room, times and support of table 31-2", () => {
    expect(decodeSelInfo(hex("51  04 01  40 3e  00 00 43 65  ff ff ff ff  8a"))).toEqual({
      ok: true,
      value: {
        version: "1.5",
        entries: 260,
        freeBytes: 15_936,
        lastAdded: { kind: "clock", seconds: 0x65430000 },
        lastErased: { kind: "unspecified" },
        overflowed: true,
        supports: { delete: true, partialAdd: false, reserve: true, allocationInfo: false }
      }
    })
  })

  it("have the record and the id of the next (table 31-5)", () => {
    const answer = hex("02 00  01 00 02 00 00 43 65 20 00 04 01 30 01 59 5a 55")
    expect(makeGetSelEntry(1).decode(answer)).toEqual({ ok: true, value: { next: 2, record: answer.slice(2) } })
  })

  it("have the erasure's progress in the low nibble", () => {
    expect([0x00, 0x01, 0xf0, 0xf1].map((byte) => decodeErasure(Uint8Array.of(byte)))).toEqual(
      (["under way", "complete", "under way", "complete"] as const).map((value) => ({ ok: true, value }))
    )
  })

  it("have times that are moments, seconds since the start, or unspecified (IPMI 2.0 §37)", () => {
    const of = (bytes: string) => {
      const time = getSelTime.decode(hex(bytes))
      return time.ok ? formatTimestamp(time.value) : time.detail
    }
    expect(of("ff ff ff ff")).toBe("-")
    expect(of("0c 00 00 00")).toBe("start + 12 s")
    expect(of("00 00 00 20")).toBe("start + 536870912 s")
    expect(of("01 00 00 20")).toBe("1987-01-05 18:48:33")
    expect(of("fe ff ff ff")).toBe("2106-02-07 06:28:14")
  })
})

describe("FRU commands (IPMI 2.0 §34)", () => {
  it("name the FRU, the offset and the count", () => {
    expect(sent(makeGetFruInventoryAreaInfo(3))).toEqual([0x0a, 0x10, "03"])
    expect(sent(makeReadFruData({ fruId: 3, offset: 0x0102, count: 16 }, 1))).toEqual([0x0a, 0x11, "03020110"])
  })

  it("answer in bytes or in words", () => {
    expect(decodeFruAreaInfo(hex("00 08 00"))).toEqual({ ok: true, value: { bytes: 2048, byWords: false } })
    expect(decodeFruAreaInfo(hex("00 08 01"))).toEqual({ ok: true, value: { bytes: 2048, byWords: true } })
    expect(decodeFruData(hex("02 aa bb"), 1)).toEqual({ ok: true, value: hex("aa bb") })
    expect(decodeFruData(hex("02 aa bb cc dd"), 2)).toEqual({ ok: true, value: hex("aa bb cc dd") })
  })

  it("refuse an answer that is shorter than it says, and one of nothing", () => {
    expect(decodeFruData(hex("02 aa bb cc"), 2)).toMatchObject({ ok: false })
    expect(decodeFruData(hex("00"), 1)).toMatchObject({ ok: false })
  })
})

describe("DCMI commands", () => {
  it("begin with the group's number", () => {
    expect(sent(makeGetDcmiCapabilities(1))).toEqual([0x2c, 0x01, "dc01"])
    expect(sent(makeGetPowerReading())).toEqual([0x2c, 0x02, "dc010000"])
    expect(sent(makeGetPowerReading(60))).toEqual([0x2c, 0x02, "dc024100"])
  })

  it("have the power reading's statistics of DCMI 1.5 table 6-16", () => {
    expect(decodePowerReading(hex("dc  fa 00  c8 00  2c 01  f0 00  00 00 43 65  60 ea 00 00  40"))).toEqual({
      ok: true,
      value: {
        currentWatts: 250,
        minimumWatts: 200,
        maximumWatts: 300,
        averageWatts: 240,
        timestamp: { kind: "clock", seconds: 0x65430000 },
        periodMillis: 60_000,
        active: true
      }
    })
  })

  it("refuse answers of another group", () => {
    expect(decodePowerReading(hex("dd  fa 00  c8 00  2c 01  f0 00  00 00 43 65  60 ea 00 00  40"))).toMatchObject({
      ok: false,
      detail: "Get Power Reading is of group 0xdd, not DCMI's"
    })
  })

  it("have the capabilities' version and bits of DCMI 1.5 table 6-3", () => {
    const answer = makeGetDcmiCapabilities(1).decode(hex("dc 01 05 02  00 01 06"))
    expect(answer).toEqual({ ok: true, value: { conformance: "1.5", revision: 2, data: hex("00 01 06") } })
    expect(decodeDcmiSupport(hex("00 01 06"))).toEqual({
      ok: true,
      value: { powerManagement: true, inBand: false, serialTerminalMode: true, secondaryLan: true }
    })
  })

  it("count rolling averages' periods in seconds, minutes, hours or days", () => {
    expect(decodeAveragePeriods(hex("04  1e 41 82 c1"))).toEqual({ ok: true, value: [30, 60, 7200, 86_400] })
    expect([30, 60, 7200, 86_400, 90].map(encodePeriod)).toEqual([0x1e, 0x41, 0x82, 0xc1, 0x3f])
    expect(decodeAveragePeriods(hex("04 1e 41"))).toMatchObject({ ok: false })
  })

  it("tell a BMC which statistics are asked for, and refuse other modes", () => {
    expect(decodeGetPowerReading(hex("dc 01 00 00"))).toEqual({ ok: true, value: "system" })
    expect(decodeGetPowerReading(hex("dc 02 41 00"))).toEqual({ ok: true, value: "enhanced" })
    expect(decodeGetPowerReading(hex("dc 03 00 00"))).toMatchObject({ ok: false })
  })
})

describe("Get LAN Configuration Parameters (IPMI 2.0 §23.2)", () => {
  it("names channel and parameter, and answers with a revision and the parameter's data", () => {
    const command = makeGetLanParameter(1, 3)
    expect(sent(command)).toEqual([0x0c, 0x02, "01030000"])
    expect(command.decode(hex("11  0a 00 00 07"))).toEqual({
      ok: true,
      value: { revision: 0x11, data: hex("0a 00 00 07") }
    })
    expect(command.meanings?.get(0x80)).toContain("not supported")
  })
})
