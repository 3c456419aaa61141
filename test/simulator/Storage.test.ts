/** The event log, FRU inventory, power reading and LAN configuration of simulated BMCs, by our own client. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { makeChassisControl } from "../../src/ipmi/commands/ChassisControl.ts"
import { makeClearSel } from "../../src/ipmi/commands/ClearSel.ts"
import { makeDeleteSelEntry } from "../../src/ipmi/commands/DeleteSelEntry.ts"
import {
  decodeAveragePeriods,
  decodeDcmiSupport,
  makeGetDcmiCapabilities
} from "../../src/ipmi/commands/GetDcmiCapabilities.ts"
import { makeGetPowerReading } from "../../src/ipmi/commands/GetPowerReading.ts"
import { getSelInfo } from "../../src/ipmi/commands/GetSelInfo.ts"
import { getSelTime } from "../../src/ipmi/commands/GetSelTime.ts"
import { reserveSel } from "../../src/ipmi/commands/ReserveSel.ts"
import { makeSetSelTime } from "../../src/ipmi/commands/SetSelTime.ts"
import { readFru } from "../../src/ipmi/fru/ReadFru.ts"
import { fieldText } from "../../src/ipmi/fru/FruWords.ts"
import type { IpmiSession } from "../../src/ipmi/IpmiClient.ts"
import { readLan } from "../../src/ipmi/lan/ReadLan.ts"
import { clearLog, deleteSelRecord } from "../../src/ipmi/sel/EraseSel.ts"
import { recordWords } from "../../src/ipmi/sel/EventWords.ts"
import { readSel } from "../../src/ipmi/sel/ReadSel.ts"
import { instantPower } from "../../src/simulator/Chassis.ts"
import { failure, passing, raw, sessionTo, simulated } from "./clients.ts"

const oneBmc = simulated({ count: 1, powerTiming: instantPower })

const withSession = <A, E>(body: (session: IpmiSession) => Effect.Effect<A, E>) =>
  passing(Effect.flatMap(sessionTo(0), body)).pipe(Effect.scoped, Effect.provide(oneBmc))

const eventsOf = (session: IpmiSession, after?: number) =>
  readSel(session, { after: after === undefined ? undefined : { recordId: after, record: undefined } }).pipe(
    Effect.map(({ records }) => records.map((record) => `${record.recordId} ${recordWords(record).event}`))
  )

describe("the event log of a simulated BMC", () => {
  it.effect("has a past: a cleared log, an event from before the clock was set, a boot, makers' records", () =>
    withSession((session) =>
      Effect.gen(function* () {
        const { records } = yield* readSel(session)
        assert.deepStrictEqual(records.map(({ recordId }) => recordId).slice(0, 4), [1, 2, 3, 4])
        const words = records.map((record) => recordWords(record).event)
        assert.deepStrictEqual(words.slice(0, 4), ["log cleared", "present", "S0/G0 working", "firmware progress"])
        const second = records[1]
        assert.strictEqual(second?.kind === "event" ? second.timestamp.kind : undefined, "sinceStart")
        assert.deepStrictEqual(
          records.slice(-2).map(({ kind }) => kind),
          ["oemTimed", "oem"]
        )
        assert.strictEqual((yield* session.request(getSelInfo)).entries, records.length)
      })
    )
  )

  it.effect("grows by what a power control does, and a collector sees only that", () =>
    withSession((session) =>
      Effect.gen(function* () {
        const { cursor } = yield* readSel(session)
        const last = cursor?.recordId ?? 0
        yield* session.request(makeChassisControl("off"))
        yield* session.request(makeChassisControl("on"))
        yield* session.request(makeChassisControl("reset"))
        const news = yield* readSel(session, { after: cursor })
        assert.deepStrictEqual(
          news.records.map((record) => `${record.recordId - last} ${recordWords(record).event}`),
          ["1 S5/G2 soft-off", "2 S0/G0 working", "3 system restart"]
        )
      })
    )
  )

  it.effect("drops events when it is full, and says so", () =>
    withSession((session) =>
      Effect.gen(function* () {
        for (let times = 0; times < 130; times++) yield* session.request(makeChassisControl("on"))
        assert.deepInclude(yield* session.request(getSelInfo), { entries: 128, freeBytes: 0, overflowed: true })
      })
    )
  )

  it.effect("is cleared, can't be read until it is, and then begins with the record that says so", () =>
    withSession((session) =>
      Effect.gen(function* () {
        const reservation = yield* session.request(reserveSel)
        assert.strictEqual(yield* session.request(makeClearSel({ reservation, action: "erase" })), "under way")
        assert.deepInclude(yield* failure(session.request(getSelInfo)), { completionCode: 0x81 })
        assert.deepInclude(yield* failure(readSel(session)), { completionCode: 0x81 })
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* session.request(makeClearSel({ reservation, action: "status" })), "complete")
        assert.deepStrictEqual(yield* eventsOf(session), ["1 log cleared"])
        yield* session.request(makeChassisControl("off"))
        yield* clearLog(session)
        assert.deepStrictEqual(yield* eventsOf(session), ["1 log cleared"])
      })
    )
  )

  it.effect("loses one record at a time, under the last reservation only", () =>
    withSession((session) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* deleteSelRecord(session, 2), 2)
        assert.deepStrictEqual((yield* eventsOf(session)).slice(0, 2), ["1 log cleared", "3 S0/G0 working"])
        assert.deepInclude(yield* failure(deleteSelRecord(session, 2)), { completionCode: 0xcb })
        const first = yield* session.request(reserveSel)
        yield* session.request(reserveSel)
        const late = makeDeleteSelEntry({ reservation: first, recordId: 3 })
        assert.deepInclude(yield* failure(session.request(late)), { completionCode: 0xc5 })
        const clear = makeClearSel({ reservation: first, action: "erase" })
        assert.deepInclude(yield* failure(session.request(clear)), { completionCode: 0xc5 })
      })
    )
  )

  it.effect("takes a reservation for one erasure, and none for none", () =>
    withSession((session) =>
      Effect.gen(function* () {
        const erase = (reservation: number) => session.request(makeClearSel({ reservation, action: "erase" }))
        assert.deepInclude(yield* failure(erase(0)), { completionCode: 0xc5 })
        const reservation = yield* session.request(reserveSel)
        yield* erase(reservation)
        yield* TestClock.adjust("1 second")
        assert.deepInclude(yield* failure(erase(reservation)), { completionCode: 0xc5 })
      })
    )
  )

  it.effect("gives parts of a record under a reservation", () =>
    withSession((session) =>
      Effect.gen(function* () {
        const reservation = yield* session.request(reserveSel)
        const part = yield* session.request(raw(0x0a, 0x43, reservation & 0xff, reservation >> 8, 1, 0, 2, 1))
        assert.deepStrictEqual(part, Uint8Array.of(2, 0, 0x02))
        assert.deepInclude(yield* failure(session.request(raw(0x0a, 0x43, 0, 0, 1, 0, 2, 1))), { completionCode: 0xc5 })
      })
    )
  )

  it.effect("stamps events by a clock that can be set", () =>
    withSession((session) =>
      Effect.gen(function* () {
        yield* session.request(makeSetSelTime(1_700_000_000))
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(yield* session.request(getSelTime), { kind: "clock", seconds: 1_700_000_010 })
        const { cursor } = yield* readSel(session)
        yield* session.request(makeChassisControl("off"))
        const [record] = (yield* readSel(session, { after: cursor })).records
        assert.deepStrictEqual(record?.kind === "event" ? record.timestamp : undefined, {
          kind: "clock",
          seconds: 1_700_000_010
        })
      })
    )
  )

  it.effect("is erased by operators, and read by users", () =>
    Effect.gen(function* () {
      const session = yield* sessionTo(0, { privilege: "USER" })
      yield* readSel(session)
      assert.deepInclude(yield* failure(clearLog(session)), { completionCode: 0xd4 })
      assert.deepInclude(yield* failure(session.request(makeSetSelTime(1))), { completionCode: 0xd4 })
    }).pipe(passing, Effect.scoped, Effect.provide(oneBmc))
  )
})

describe("the inventory of a simulated server", () => {
  it.effect("has three areas in order, with serial numbers of its own", () =>
    Effect.gen(function* () {
      const inventories = yield* Effect.forEach([0, 1], (index) =>
        Effect.flatMap(sessionTo(index), (session) => readFru(session, 0))
      )
      const serials = inventories.map(({ board, chassis, product }) =>
        [chassis, board, product].map((area) => fieldText(area?.serialNumber))
      )
      for (const [chassis, board, product] of serials) {
        assert.match(`${chassis} ${board} ${product}`, /^C([0-9A-F]{10}) B\1 P\1$/)
      }
      assert.notDeepEqual(serials[0], serials[1])
      assert.deepStrictEqual(
        inventories.map(({ problems }) => problems),
        [[], []]
      )
    }).pipe(passing, Effect.scoped, Effect.provide(simulated({ count: 2 })))
  )

  it.effect("is of FRU 0 only", () =>
    withSession((session) =>
      Effect.map(failure(readFru(session, 1)), (reason) => assert.deepInclude(reason, { completionCode: 0xcb }))
    )
  )
})

describe("the power reading of a simulated server", () => {
  it.effect("follows its power, and lies within its own statistics", () =>
    withSession((session) =>
      Effect.gen(function* () {
        const on = yield* session.request(makeGetPowerReading())
        assert.isAtLeast(on.minimumWatts, 160)
        assert.isTrue(on.active && on.minimumWatts <= on.currentWatts && on.currentWatts <= on.maximumWatts)
        yield* session.request(makeChassisControl("off"))
        const off = yield* session.request(makeGetPowerReading(60))
        assert.isAtMost(off.maximumWatts, 10)
      })
    )
  )

  it.effect("is announced by its DCMI capabilities", () =>
    withSession((session) =>
      Effect.gen(function* () {
        const supported = yield* session.request(makeGetDcmiCapabilities(1))
        assert.strictEqual(supported.conformance, "1.5")
        assert.deepInclude(decodeDcmiSupport(supported.data), {
          ok: true,
          value: { powerManagement: true, inBand: false, serialTerminalMode: false, secondaryLan: false }
        })
        const statistics = yield* session.request(makeGetDcmiCapabilities(5))
        assert.deepStrictEqual(decodeAveragePeriods(statistics.data), { ok: true, value: [60] })
        assert.deepInclude(yield* failure(session.request(makeGetDcmiCapabilities(6))), { completionCode: 0xc9 })
        assert.deepInclude(yield* failure(session.request(raw(0x2c, 0x02, 0xdd, 1, 0, 0))), { completionCode: 0xcc })
      })
    )
  )
})

describe("the LAN configuration of a simulated BMC", () => {
  it.effect("has its address, a MAC address of its own, and the suites that it accepts", () =>
    withSession((session) =>
      Effect.gen(function* () {
        const { channel, configuration } = yield* readLan(session)
        assert.strictEqual(channel, 1)
        assert.deepInclude(configuration, {
          ipAddress: "127.0.0.1",
          ipSource: "static",
          vlanId: null,
          cipherSuiteCount: 2
        })
        assert.deepStrictEqual(configuration.cipherSuites, [17, 3])
        assert.match(configuration.macAddress ?? "", /^02(:[0-9a-f]{2}){5}$/)
        assert.deepInclude(yield* failure(session.request(raw(0x0c, 0x02, 1, 0xc0, 0, 0))), { completionCode: 0x80 })
        assert.deepInclude(yield* failure(session.request(raw(0x0c, 0x02, 5, 3, 0, 0))), { completionCode: 0xcc })
      })
    )
  )
})
