/** Reading a log from a cursor, against BMCs that keep to the specification and BMCs that don't. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { decodeSelEntryRequest, encodeSelEntry, lastRecord } from "../../../src/ipmi/commands/GetSelEntry.ts"
import { readSel, type SelCursor, type SelReading } from "../../../src/ipmi/sel/ReadSel.ts"
import { encodeSelRecord } from "../../../src/ipmi/sel/SelRecord.ts"
import { reasonOf } from "../support/lab.ts"
import { value } from "../support/goldens.ts"
import { type Answer, scriptedBmc } from "../support/scriptedBmc.ts"

const record = (recordId: number, byte = 0): Uint8Array =>
  encodeSelRecord({ kind: "oem", recordId, recordType: 0xe0, data: new Uint8Array(13).fill(byte) })

/** A BMC with these records; `next` overrides what it names as the one that follows. */
const bmcWith = (records: Array<Uint8Array>, next: ReadonlyMap<number, number> = new Map()) => {
  const idOf = (bytes: Uint8Array | undefined) => (bytes === undefined ? lastRecord : (bytes[0] ?? 0))
  const asked: Array<number> = []
  const { session } = scriptedBmc(({ data }): Answer => {
    const { recordId } = value(decodeSelEntryRequest(data))
    asked.push(recordId)
    const index = recordId === 0 ? 0 : records.findIndex((bytes) => idOf(bytes) === recordId)
    const found = records[index]
    if (found === undefined) return 0xcb
    return encodeSelEntry({ next: next.get(idOf(found)) ?? idOf(records[index + 1]), record: found })
  })
  return { session, asked }
}

const ids = ({ records }: SelReading) => records.map(({ recordId }) => recordId)

describe("reading the event log", () => {
  it.effect("follows the records from the first to the last, over gaps in their ids", () =>
    Effect.gen(function* () {
      const { asked, session } = bmcWith([record(3), record(4), record(9)])
      const reading = yield* readSel(session)
      assert.deepStrictEqual(ids(reading), [3, 4, 9])
      assert.deepStrictEqual(asked, [0, 4, 9])
      assert.deepInclude(reading, { restarted: false, ended: "complete", cursor: { recordId: 9, record: record(9) } })
    })
  )

  it.effect("of an empty log gives nothing, and no cursor", () =>
    Effect.gen(function* () {
      const { session } = bmcWith([])
      assert.deepStrictEqual(yield* readSel(session), {
        records: [],
        cursor: undefined,
        restarted: false,
        ended: "complete"
      })
    })
  )

  it.effect("goes on after the cursor, and gives nothing twice", () =>
    Effect.gen(function* () {
      const records = [record(3), record(4)]
      const { session } = bmcWith(records)
      const first = yield* readSel(session)
      const nothing = yield* readSel(session, { after: first.cursor })
      assert.deepStrictEqual(nothing, { records: [], cursor: first.cursor, restarted: false, ended: "complete" })
      records.push(record(5), record(6))
      const news = yield* readSel(session, { after: nothing.cursor })
      assert.deepStrictEqual(ids(news), [5, 6])
      assert.deepStrictEqual(news.cursor?.recordId, 6)
    })
  )

  it.effect("stops at the limit, and goes on there", () =>
    Effect.gen(function* () {
      const { session } = bmcWith([record(1), record(2), record(3)])
      const first = yield* readSel(session, { limit: 2 })
      assert.deepStrictEqual([ids(first), first.ended], [[1, 2], "limit"])
      const rest = yield* readSel(session, { after: first.cursor, limit: 2 })
      assert.deepStrictEqual([ids(rest), rest.ended], [[3], "complete"])
    })
  )

  it.effect("begins anew when the log was cleared, even if the id is taken again", () =>
    Effect.gen(function* () {
      const cursor: SelCursor = { recordId: 2, record: record(2, 7) }
      const { session: gone } = bmcWith([record(1)])
      assert.deepInclude(yield* readSel(gone, { after: cursor }), { restarted: true, ended: "complete" })
      const { session: reused } = bmcWith([record(1), record(2, 8)])
      const reading = yield* readSel(reused, { after: cursor })
      assert.deepStrictEqual([ids(reading), reading.restarted], [[1, 2], true])
      const { session: empty } = bmcWith([])
      assert.deepStrictEqual(yield* readSel(empty, { after: cursor }), {
        records: [],
        cursor: undefined,
        restarted: true,
        ended: "complete"
      })
    })
  )

  it.effect("takes the id's word where only the id is known", () =>
    Effect.gen(function* () {
      const { session } = bmcWith([record(1), record(2, 8), record(3)])
      const reading = yield* readSel(session, { after: { recordId: 2, record: undefined } })
      assert.deepStrictEqual([ids(reading), reading.restarted], [[3], false])
    })
  )

  it.effect("ends with what it has when records vanish meanwhile", () =>
    Effect.gen(function* () {
      const { session } = bmcWith([record(1), record(2)], new Map([[2, 0x55]]))
      const reading = yield* readSel(session)
      assert.deepStrictEqual([ids(reading), reading.ended], [[1, 2], "changed"])
    })
  )

  it.effect("ends when the BMC names a record as its own successor, or leads back", () =>
    Effect.gen(function* () {
      const { asked, session } = bmcWith([record(1), record(2), record(3)], new Map([[3, 2]]))
      const reading = yield* readSel(session)
      assert.deepStrictEqual([ids(reading), reading.ended], [[1, 2, 3], "loop"])
      assert.deepStrictEqual(asked.length, 3)
    })
  )

  it.effect("fails as the request failed", () =>
    Effect.gen(function* () {
      const { session } = scriptedBmc(() => 0xd4)
      assert.deepInclude(yield* reasonOf(readSel(session)), { _tag: "CommandRejected", completionCode: 0xd4 })
      const { session: strange } = scriptedBmc(() => Uint8Array.of(1, 2, 3))
      assert.deepInclude(yield* reasonOf(readSel(strange)), { _tag: "ProtocolViolation" })
    })
  )
})
