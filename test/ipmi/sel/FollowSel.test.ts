/** Following a log over clearings, overwriting, deletions and clocks that jump: each event once. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import {
  getSelEntry,
  decodeSelEntryRequest,
  encodeSelEntry,
  lastRecord
} from "../../../src/ipmi/commands/GetSelEntry.ts"
import { encodeSelInfo } from "../../../src/ipmi/commands/GetSelInfo.ts"
import { type FollowedSel, followSel, type SelPlace } from "../../../src/ipmi/sel/FollowSel.ts"
import { encodeSelRecord } from "../../../src/ipmi/sel/SelRecord.ts"
import { decodeTimestamp } from "../../../src/ipmi/wire/Timestamp.ts"
import { u16 } from "../../../src/ipmi/wire/bytes.ts"
import { SeededRandom } from "../../../src/simulator/SeededRandom.ts"
import { reasonOf } from "../support/lab.ts"
import { value } from "../support/goldens.ts"
import { scriptedBmc } from "../support/scriptedBmc.ts"

const unspecified = 0xffffffff

/** A log as a BMC keeps it. Each event has a number of its own in its data, unless a test says otherwise. */
class Log {
  readonly records: Array<Uint8Array> = []
  /** Seconds of the BMC's clock. */
  now = 1_800_000_000
  erased = unspecified
  capacity = Infinity
  /** Called before each answer. */
  onAsked = () => {}
  /** Of a BMC that answers for an id that isn't there with the next one that is. */
  answersNearest = false
  /** What the last record names as its next. */
  end = lastRecord
  private nextId = 1
  private events = 0

  append(data = ++this.events): number {
    if (this.records.length >= this.capacity) this.records.shift()
    const bytes = Uint8Array.of(data & 0xff, (data >> 8) & 0xff, 0, 0, 0, 0)
    const timestamp = decodeTimestamp(this.now)
    this.records.push(
      encodeSelRecord({
        kind: "oemTimed",
        recordId: this.nextId,
        recordType: 0xc0,
        timestamp,
        manufacturerId: 1,
        data: bytes
      })
    )
    this.nextId = (this.nextId % 0xfffe) + 1
    return data
  }

  clear(): void {
    this.records.length = 0
    this.nextId = 1
    this.erased = this.now
  }

  /** By the position in the log. */
  delete(index: number): void {
    this.records.splice(index, 1)
    this.erased = this.now
  }

  skipIds(count: number): void {
    this.nextId += count
  }

  readonly bmc = scriptedBmc(({ command, data }) => {
    this.onAsked()
    if (command !== getSelEntry.command) {
      return encodeSelInfo({
        version: "1.5",
        entries: this.records.length,
        freeBytes: 0xffff,
        lastAdded: decodeTimestamp(unspecified),
        lastErased: decodeTimestamp(this.erased),
        overflowed: false,
        supports: { delete: true, partialAdd: false, reserve: true, allocationInfo: false }
      })
    }
    const { recordId } = value(decodeSelEntryRequest(data))
    const index =
      recordId === 0
        ? 0
        : recordId === lastRecord
          ? this.records.length - 1
          : this.records.findIndex((bytes) =>
              this.answersNearest ? u16(bytes, 0) >= recordId : u16(bytes, 0) === recordId
            )
    const record = this.records[index]
    if (record === undefined) return 0xcb
    const following = this.records[index + 1]
    return encodeSelEntry({ next: following === undefined ? this.end : u16(following, 0), record })
  })
}

const eventsOf = ({ records }: FollowedSel) =>
  records.map((record) => ("data" in record ? (record.data[0] ?? 0) | ((record.data[1] ?? 0) << 8) : -1))

/** A reader that goes on from where it was; `look` gives the numbers of the events that it had not read before. */
const readerOf = (log: Log, limit = 100) => {
  let place: SelPlace | undefined
  let change: FollowedSel["change"] = "none"
  return {
    look: Effect.gen(function* () {
      const followed = yield* followSel(log.bmc.session, place, limit)
      place = followed.place
      change = followed.change
      return eventsOf(followed)
    }),
    change: () => change,
    place: () => place,
    restoreTo: (older: SelPlace | undefined) => {
      place = older
    }
  }
}

describe("following the event log", () => {
  it.effect("reads each event once, in two questions while nothing happens", () =>
    Effect.gen(function* () {
      const log = new Log()
      const reader = readerOf(log)
      for (let i = 0; i < 12; i++) log.append()
      assert.deepStrictEqual(yield* reader.look, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
      const before = log.bmc.asked.length
      assert.deepStrictEqual(yield* reader.look, [])
      assert.strictEqual(log.bmc.asked.length - before, 2)
      log.append()
      log.append()
      assert.deepStrictEqual(yield* reader.look, [13, 14])
      assert.strictEqual(reader.change(), "none")
    })
  )

  it.effect("reads a bounded number at a time, and says that there is more", () =>
    Effect.gen(function* () {
      const log = new Log()
      log.append()
      const reader = readerOf(log, 2)
      yield* reader.look
      for (let i = 0; i < 3; i++) log.append()
      const first = yield* followSel(log.bmc.session, reader.place(), 2)
      assert.deepStrictEqual([eventsOf(first), first.more], [[2, 3], true])
      const second = yield* followSel(log.bmc.session, first.place, 2)
      assert.deepStrictEqual([eventsOf(second), second.more], [[4], false])
    })
  )

  it.effect("of a log never read takes the newest, over gaps in the ids, and says that older ones were left out", () =>
    Effect.gen(function* () {
      const log = new Log()
      for (let i = 0; i < 4; i++) log.append()
      log.skipIds(1)
      for (let i = 0; i < 2; i++) log.append()
      for (const answersNearest of [false, true]) {
        log.answersNearest = answersNearest
        const reader = readerOf(log, 3)
        assert.deepStrictEqual(yield* reader.look, [4, 5, 6])
        assert.strictEqual(reader.change(), "first")
        assert.deepStrictEqual(yield* reader.look, [])
      }
    })
  )

  it.effect("begins anew with a log that was cleared, though its ids are used again", () =>
    Effect.gen(function* () {
      const log = new Log()
      const reader = readerOf(log)
      for (let i = 0; i < 3; i++) log.append()
      yield* reader.look
      log.now += 100
      log.clear()
      for (let i = 0; i < 3; i++) log.append()
      assert.deepStrictEqual(yield* reader.look, [4, 5, 6])
      assert.strictEqual(reader.change(), "cleared")
      assert.deepStrictEqual(yield* reader.look, [])
    })
  )

  it.effect("tells of a log that was cleared and has nothing in it, once", () =>
    Effect.gen(function* () {
      const log = new Log()
      const reader = readerOf(log)
      log.append()
      yield* reader.look
      log.clear()
      assert.deepStrictEqual([yield* reader.look, reader.change()], [[], "cleared"])
      assert.deepStrictEqual([yield* reader.look, reader.change()], [[], "none"])
      log.append()
      assert.deepStrictEqual([yield* reader.look, reader.change()], [[2], "none"])
    })
  )

  it.effect("takes a record of a cleared log for a new one, though it looks the same as the one before", () =>
    Effect.gen(function* () {
      const log = new Log()
      const reader = readerOf(log)
      // a BMC without a clock of its own logs its start ten seconds into each of its lives
      log.now = 10
      log.append(7)
      assert.deepStrictEqual(yield* reader.look, [7])
      log.now = 5
      log.clear()
      log.now = 10
      log.append(7)
      assert.deepStrictEqual(yield* reader.look, [7])
      assert.strictEqual(reader.change(), "cleared")
      assert.deepStrictEqual(yield* reader.look, [])
    })
  )

  it.effect("reads nothing twice when single records are deleted, the last one read among them", () =>
    Effect.gen(function* () {
      const log = new Log()
      const reader = readerOf(log)
      for (let i = 0; i < 5; i++) log.append()
      yield* reader.look
      log.now += 100
      log.delete(4)
      log.delete(0)
      log.append()
      assert.deepStrictEqual(yield* reader.look, [6])
      assert.strictEqual(reader.change(), "none")
      log.delete(3)
      assert.deepStrictEqual(yield* reader.look, [])
    })
  )

  it.effect("does not hang on the BMC's clock: back by years, events are new by their place in the log", () =>
    Effect.gen(function* () {
      const log = new Log()
      const reader = readerOf(log)
      for (let i = 0; i < 3; i++) log.append()
      yield* reader.look
      log.now = 1_000_000_000
      log.append()
      assert.deepStrictEqual(yield* reader.look, [4])
      log.delete(0)
      log.append()
      assert.deepStrictEqual(yield* reader.look, [5])
      log.now = 3_000_000_000
      log.append()
      assert.deepStrictEqual(yield* reader.look, [6])
    })
  )

  it.effect("goes on with a log that overwrites its oldest records, and says when it overwrote all that was read", () =>
    Effect.gen(function* () {
      const log = new Log()
      log.capacity = 4
      const reader = readerOf(log)
      for (let i = 0; i < 4; i++) log.append()
      yield* reader.look
      for (let i = 0; i < 3; i++) log.append()
      assert.deepStrictEqual([yield* reader.look, reader.change()], [[5, 6, 7], "none"])
      for (let i = 0; i < 6; i++) log.append()
      assert.deepStrictEqual([yield* reader.look, reader.change()], [[10, 11, 12, 13], "wrapped"])
      assert.deepStrictEqual([yield* reader.look, reader.change()], [[], "none"])
    })
  )

  it.effect("takes a log that lost its memory for cleared, though the BMC does not say that it was", () =>
    Effect.gen(function* () {
      const log = new Log()
      const reader = readerOf(log)
      for (let i = 0; i < 3; i++) log.append()
      yield* reader.look
      log.clear()
      log.erased = unspecified
      log.append()
      assert.deepStrictEqual([yield* reader.look, reader.change()], [[4], "cleared"])
    })
  )

  it.effect("reads nothing twice when the log is cleared while it is read", () =>
    Effect.gen(function* () {
      const log = new Log()
      const reader = readerOf(log)
      for (let i = 0; i < 3; i++) log.append()
      yield* reader.look
      log.append()
      let questions = 0
      log.onAsked = () => {
        if (++questions !== 3) return
        log.now += 10
        log.clear()
        log.now += 10
        log.append()
        log.append()
      }
      assert.deepStrictEqual(yield* reader.look, [5, 6])
      log.onAsked = () => {}
      assert.deepStrictEqual(yield* reader.look, [])
    })
  )

  it.effect("gives up on a log that is erased whenever it is read, and has moved nowhere", () =>
    Effect.gen(function* () {
      const log = new Log()
      log.append()
      log.onAsked = () => {
        log.erased = ++log.now
      }
      assert.strictEqual((yield* reasonOf(followSel(log.bmc.session, undefined, 10)))._tag, "ProtocolViolation")
    })
  )

  it.effect("does not read a log twice whose last record leads back to the first", () =>
    Effect.gen(function* () {
      const log = new Log()
      const reader = readerOf(log)
      log.end = 1
      for (let i = 0; i < 12; i++) log.append()
      assert.strictEqual((yield* reader.look).length, 12)
      assert.deepStrictEqual(yield* reader.look, [])
      log.append()
      assert.deepStrictEqual(yield* reader.look, [13])
    })
  )

  it.effect("goes on from the place that was kept, when what came after it was not", () =>
    Effect.gen(function* () {
      const log = new Log()
      const reader = readerOf(log)
      log.append()
      yield* reader.look
      const kept = reader.place()
      log.append()
      assert.deepStrictEqual(yield* reader.look, [2])
      reader.restoreTo(kept)
      assert.deepStrictEqual(yield* reader.look, [2])
    })
  )

  it.effect(
    "over hundreds of lives of a log reads no event twice, and leaves none out that was there at a look",
    () =>
      Effect.gen(function* () {
        for (let seed = 1; seed <= 300; seed++) {
          const random = new SeededRandom(seed)
          const log = new Log()
          if (random.chance(50)) log.capacity = 10 + Math.floor(random.unit() * 20)
          const reader = readerOf(log, 1_000)
          const read = new Set<number>()
          for (let step = 0; step < 40; step++) {
            log.now += 1 + Math.floor(random.unit() * 1_000)
            if (random.chance(5)) log.now = 1_500_000_000 + Math.floor(random.unit() * 1e9)
            if (random.chance(5)) log.clear()
            // one at a time, as people do: whoever deletes all of the last eight leaves nothing to go on from
            else if (random.chance(10) && log.records.length > 0) {
              log.delete(Math.floor(random.unit() * log.records.length))
            }
            for (let count = Math.floor(random.unit() * 4); count > 0; count--) log.append()
            if (!random.chance(60)) continue
            for (const event of yield* reader.look) {
              assert.isFalse(read.has(event), `seed ${seed}: event ${event} twice`)
              read.add(event)
            }
            for (const bytes of log.records) {
              assert.isTrue(read.has(u16(bytes, 10)), `seed ${seed}: event ${u16(bytes, 10)} left out`)
            }
          }
        }
      }),
    // a busy machine takes its time for it
    30_000
  )
})
