/**
 * Reads the System Event Log from where a collector left off (IPMI 2.0 §31.5): a linked list, since each record names the
 * next, and ids have gaps. Bounded, whatever the BMC says comes next.
 */
import * as Effect from "effect/Effect"
import { completionCodes } from "../commands/CompletionCode.ts"
import { firstRecord, lastRecord, makeGetSelEntry, type SelEntry } from "../commands/GetSelEntry.ts"
import type { IpmiSession } from "../IpmiClient.ts"
import { IpmiError, ProtocolViolation } from "../IpmiError.ts"
import { ask, refusedWith } from "../Asking.ts"
import { decodeSelRecord, type SelRecord } from "./SelRecord.ts"

/** Where a collector is: the last record that it has, whole, since a cleared log gives the same ids again. */
export interface SelCursor {
  /** The id to ask for. */
  readonly recordId: number
  /** Its 16 bytes; undefined when only the id is known, and then a log that was cleared may go unnoticed. */
  readonly record: Uint8Array | undefined
}

export interface SelReading {
  /** In the log's order. */
  readonly records: ReadonlyArray<SelRecord>
  /** To go on from; the one that was passed in when there is nothing new, undefined when the log is empty. */
  readonly cursor: SelCursor | undefined
  /** The cursor's record is no longer there: the log was cleared, and was read from its beginning. */
  readonly restarted: boolean
  /**
   * `complete`: there was no more. `limit`: there is. `changed`: records vanished while reading.
   * `loop`: the BMC named a record as the next that had been read already.
   */
  readonly ended: "complete" | "limit" | "changed" | "loop"
}

export interface ReadSelOptions {
  readonly after?: SelCursor | undefined
  /** Records at most; by default as many as there are ids. */
  readonly limit?: number
}

/** Ids are 16 bits, two of them are no records. */
const mostRecords = 0xfffe

export const readSel = Effect.fn("readSel")(function* (session: IpmiSession, options: ReadSelOptions = {}) {
  const limit = Math.min(options.limit ?? mostRecords, mostRecords)
  const known = options.after === undefined ? undefined : yield* entryOf(session, options.after.recordId)
  const resumes = known !== undefined && sameRecord(options.after?.record, known.record)
  const restarted = options.after !== undefined && !resumes
  const start: SelReading = { records: [], cursor: resumes ? options.after : undefined, restarted, ended: "complete" }
  if (resumes && known.next === lastRecord) return start
  return yield* walk(session, resumes ? known.next : firstRecord, limit, start)
})

const walk = Effect.fnUntraced(function* (session: IpmiSession, from: number, limit: number, start: SelReading) {
  const records: Array<SelRecord> = []
  const asked = new Set<number>()
  let { cursor } = start
  let next = from
  for (;;) {
    if (records.length === limit) return { ...start, records, cursor, ended: "limit" } satisfies SelReading
    if (asked.has(next)) return { ...start, records, cursor, ended: "loop" } satisfies SelReading
    asked.add(next)
    const entry = yield* entryOf(session, next)
    if (entry === undefined) {
      // Nothing at the very beginning: the log is empty.
      return { ...start, records, cursor, ended: next === firstRecord ? "complete" : "changed" } satisfies SelReading
    }
    const record = decodeSelRecord(entry.record)
    if (!record.ok) return yield* new IpmiError({ reason: new ProtocolViolation({ detail: record.detail }) })
    records.push(record.value)
    cursor = { recordId: record.value.recordId, record: entry.record }
    if (entry.next === lastRecord) return { ...start, records, cursor } satisfies SelReading
    next = entry.next
  }
})

/** Undefined when there is no such record. */
const entryOf = (session: IpmiSession, recordId: number): Effect.Effect<SelEntry | undefined, IpmiError> =>
  Effect.catchIf(
    ask(session, makeGetSelEntry(recordId)),
    (error) => refusedWith(error) === completionCodes.notPresent,
    () => Effect.undefined
  )

const sameRecord = (expected: Uint8Array | undefined, found: Uint8Array): boolean =>
  expected === undefined || (expected.length === found.length && expected.every((byte, at) => byte === found[at]))
