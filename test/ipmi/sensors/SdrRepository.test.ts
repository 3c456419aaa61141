import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { encodeDeviceId } from "../../../src/ipmi/commands/GetDeviceId.ts"
import { encodeDeviceSdrInfo } from "../../../src/ipmi/commands/GetDeviceSdrInfo.ts"
import { decodeGetSdrRequest, encodeSdrPart, type GetSdrRequest } from "../../../src/ipmi/commands/GetSdr.ts"
import { encodeSdrRepositoryInfo } from "../../../src/ipmi/commands/GetSdrRepositoryInfo.ts"
import { encodeReservation } from "../../../src/ipmi/commands/ReserveSdrRepository.ts"
import { encodeSdr } from "../../../src/ipmi/sensors/SdrRecord.ts"
import { readSdrRepository } from "../../../src/ipmi/sensors/SdrRepository.ts"
import { value } from "../support/goldens.ts"
import { type Answer, scriptedBmc } from "../support/scriptedBmc.ts"
import { compactRecord, fullRecord } from "./records.ts"

const records = [
  encodeSdr({ ...fullRecord({ name: "One" }), id: 0x10 }),
  encodeSdr({ ...compactRecord({ name: "Two" }), id: 0x25 }),
  encodeSdr({ ...fullRecord({ name: "Three, the longest" }), id: 0x07 })
]
const ids = [0x10, 0x25, 0x07]

interface Settings {
  /** Most bytes of a record in an answer. */
  readonly longest?: number
  /** How the BMC says that it's too many. */
  readonly tooLong?: number
  readonly additionalSupport?: number
  readonly lastAddition?: number
  readonly refusesInfo?: boolean
  readonly records?: ReadonlyArray<Uint8Array>
  /** Called before each Get SDR; an answer of its own stands for the BMC's. */
  readonly meanwhile?: (request: GetSdrRequest, bmc: { reservation: number; changes: number }) => Answer | undefined
}

/** A BMC with these records, by the specification. Its commands are recorded as words. */
const bmcWith = (settings: Settings = {}) => {
  const state = { reservation: 0, changes: 0 }
  const present = settings.records ?? records
  const words: Array<string> = []
  const getSdr = (data: Uint8Array): Answer => {
    const request = value(decodeGetSdrRequest(data))
    const { count, offset, recordId, reservation } = request
    words.push(`${recordId.toString(16)} ${offset}+${count}`)
    const meanwhile = settings.meanwhile?.(request, state)
    if (meanwhile !== undefined) return meanwhile
    if (offset > 0 && reservation !== state.reservation) return 0xc5
    const at = recordId === 0 ? 0 : ids.indexOf(recordId)
    const record = present[at]
    if (record === undefined) return 0xcb
    const bytes = record.subarray(offset, offset + count)
    if (bytes.length > (settings.longest ?? 255)) return settings.tooLong ?? 0xca
    return encodeSdrPart({ nextRecordId: at + 1 < present.length ? (ids[at + 1] ?? 0) : 0xffff, bytes })
  }
  const { session } = scriptedBmc(({ command, data, netFn }) => {
    switch ((netFn << 8) | command) {
      case 0x0601:
        return encodeDeviceId({
          deviceId: 1,
          providesSdrs: true,
          deviceRevision: 1,
          available: true,
          firmwareMajor: 1,
          firmwareMinor: 5,
          ipmiVersion: "2.0",
          additionalSupport: settings.additionalSupport ?? 0x03,
          manufacturerId: 7,
          productId: 8,
          auxiliary: undefined
        })
      case 0x0a20:
        words.push("info")
        if (settings.refusesInfo) return 0xc1
        return encodeSdrRepositoryInfo({
          version: 0x51,
          records: present.length,
          freeBytes: 0,
          lastAddition: settings.lastAddition ?? 1000 + state.changes,
          lastErase: 1000,
          operations: 2
        })
      case 0x0420:
        words.push("device info")
        return encodeDeviceSdrInfo({ count: present.length, luns: 1, populationChange: 1000 + state.changes })
      case 0x0a22:
      case 0x0422:
        words.push("reserve")
        state.reservation++
        return encodeReservation(state.reservation)
      case 0x0a23:
      case 0x0421:
        return getSdr(data)
      default:
        return 0xc1
    }
  })
  return { session, words, state }
}

const inHex = (some: ReadonlyArray<Uint8Array>) => some.map((record) => Buffer.from(record).toString("hex"))
const assertAll = (got: ReadonlyArray<Uint8Array>) => assert.deepStrictEqual(inHex(got), inHex(records))

describe("reading sensor data records", () => {
  it.effect("takes a request a record where the BMC gives records whole", () =>
    Effect.gen(function* () {
      const { session, words } = bmcWith()
      const repository = yield* readSdrRepository(session)
      assertAll(repository.records)
      assert.deepStrictEqual(words, ["info", "reserve", "0 0+255", "25 0+255", "7 0+255"])
      assert.deepInclude(repository, { source: "repository", stamp: "7-8-1-5-3-1000-1000" })
    })
  )

  it.effect("finds the size of the parts that the BMC gives, and keeps to it", () =>
    Effect.gen(function* () {
      for (const [tooLong, longest] of [
        [0xca, 32],
        [0xc7, 16],
        [0xc8, 20],
        [0xff, 8]
      ] as const) {
        const { session, words } = bmcWith({ longest, tooLong })
        assertAll((yield* readSdrRepository(session)).records)
        assert.strictEqual(words.filter((word) => word.endsWith("+255")).length, 1)
      }
      const { session, words } = bmcWith({ longest: 16 })
      yield* readSdrRepository(session)
      assert.deepStrictEqual(words.slice(2, 8), ["0 0+255", "0 0+5", "0 5+32", "0 5+16", "0 21+16", "0 37+14"])
    })
  )

  it.effect("goes on where an answer is shorter than what was asked for", () =>
    Effect.gen(function* () {
      const { session } = bmcWith({
        meanwhile: ({ count, offset, recordId }) => {
          const at = recordId === 0 ? 0 : ids.indexOf(recordId)
          const bytes = (records[at] ?? new Uint8Array(0)).subarray(offset, offset + Math.min(count, 22))
          return encodeSdrPart({ nextRecordId: ids[at + 1] ?? 0xffff, bytes })
        }
      })
      assertAll((yield* readSdrRepository(session)).records)
    })
  )

  it.effect("reads the record at hand again when the reservation was lost and nothing has changed", () =>
    Effect.gen(function* () {
      let losses = 0
      const { session, words } = bmcWith({
        longest: 32,
        meanwhile: ({ offset, recordId }, state) => {
          if (recordId === 0x25 && offset > 0 && losses < 1) {
            losses++
            state.reservation++
          }
          return undefined
        }
      })
      assertAll((yield* readSdrRepository(session)).records)
      assert.strictEqual(words.filter((word) => word === "reserve").length, 2)
      assert.strictEqual(words.filter((word) => word === "0 0+5").length, 1)
      assert.strictEqual(words.filter((word) => word === "25 0+5").length, 2)
    })
  )

  it.effect("starts again when the reservation was lost because the records changed", () =>
    Effect.gen(function* () {
      const { session, words } = bmcWith({
        longest: 32,
        meanwhile: ({ offset, recordId }, state) => {
          if (recordId === 0x25 && offset > 0 && state.changes === 0) {
            state.changes++
            state.reservation++
          }
          return undefined
        }
      })
      const repository = yield* readSdrRepository(session)
      assertAll(repository.records)
      assert.strictEqual(repository.stamp, "7-8-1-5-3-1001-1000")
      assert.strictEqual(words.filter((word) => word === "0 0+5").length, 2)
    })
  )

  it.effect("gives up after 16 lost reservations", () =>
    Effect.gen(function* () {
      const { session, words } = bmcWith({
        longest: 32,
        meanwhile: ({ offset }) => (offset > 0 ? 0xc5 : undefined)
      })
      const error = yield* Effect.flip(readSdrRepository(session))
      assert.deepInclude(error.reason, { _tag: "CommandRejected", completionCode: 0xc5 })
      assert.strictEqual(words.filter((word) => word === "reserve").length, 17)
    })
  )

  it.effect("knows an empty repository, and none of the BMC's endless ones", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* readSdrRepository(bmcWith({ records: [] }).session)).records, [])
      const detailOf = (meanwhile: NonNullable<Settings["meanwhile"]>) =>
        Effect.map(Effect.flip(readSdrRepository(bmcWith({ meanwhile }).session)), ({ reason }) => reason.message)
      const record = records[0] ?? new Uint8Array(0)
      assert.match(
        yield* detailOf(({ recordId }) =>
          encodeSdrPart({ nextRecordId: recordId === 3 ? 1 : recordId + 1, bytes: record })
        ),
        /SDR 0x1 follows itself/
      )
      assert.match(
        yield* detailOf(({ recordId }) => encodeSdrPart({ nextRecordId: recordId + 1, bytes: record })),
        /more than 4096 SDRs/
      )
      assert.match(
        yield* detailOf(() => encodeSdrPart({ nextRecordId: 0xffff, bytes: record.subarray(0, 4) })),
        /without a whole header/
      )
      assert.match(
        yield* detailOf(({ offset }) =>
          encodeSdrPart({ nextRecordId: 0xffff, bytes: offset === 0 ? record.subarray(0, 6) : new Uint8Array(0) })
        ),
        /nothing in it/
      )
    })
  )

  it.effect("asks a BMC again that is busy for a moment", () =>
    Effect.gen(function* () {
      let busy = 3
      const { session, words } = bmcWith({ meanwhile: () => (busy-- > 0 ? 0xc0 : undefined) })
      const reading = yield* Effect.forkChild(readSdrRepository(session), { startImmediately: true })
      yield* TestClock.adjust("299 millis")
      assert.isUndefined(reading.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assertAll((yield* Fiber.join(reading)).records)
      assert.strictEqual(words.filter((word) => word === "0 0+255").length, 4)
    })
  )
})

describe("where the records come from", () => {
  it.effect("is the BMC's own ones where it has no repository, or wrongly says so", () =>
    Effect.gen(function* () {
      const own = bmcWith({ additionalSupport: 0x01 })
      const repository = yield* readSdrRepository(own.session)
      assertAll(repository.records)
      assert.deepInclude(repository, { source: "device", stamp: "7-8-1-5-3-1000" })
      assert.isFalse(own.words.includes("info"))
      const wrong = bmcWith({ refusesInfo: true })
      assert.strictEqual((yield* readSdrRepository(wrong.session)).source, "device")
      assert.deepStrictEqual(wrong.words.slice(0, 2), ["info", "device info"])
    })
  )
})

describe("records that are kept", () => {
  it.effect("are taken while the BMC says that they are the same, and read again when it doesn't", () =>
    Effect.gen(function* () {
      const { session, state, words } = bmcWith()
      const kept = yield* readSdrRepository(session)
      words.length = 0
      assert.strictEqual(yield* readSdrRepository(session, kept), kept)
      assert.deepStrictEqual(words, ["info"])
      state.changes++
      const again = yield* readSdrRepository(session, kept)
      assert.notStrictEqual(again, kept)
      assert.notStrictEqual(again.stamp, kept.stamp)
    })
  )

  it.effect("are not taken from a BMC that doesn't say when they change", () =>
    Effect.gen(function* () {
      const { session, words } = bmcWith({ lastAddition: 0xffffffff })
      const kept = yield* readSdrRepository(session)
      assert.isNull(kept.stamp)
      words.length = 0
      yield* readSdrRepository(session, kept)
      assert.isTrue(words.includes("0 0+255"))
    })
  )
})
