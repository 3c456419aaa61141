/**
 * Follows the System Event Log over years (IPMI 2.0 §31): each event is read once, though logs are cleared, run full and
 * begin again, lose single records, and are stamped by clocks that jump.
 *
 * A reader's place is the last records themselves, byte for byte: ids are used again and times repeat, but hardly both, with
 * the same data, in a row. What comes after the newest of them that is still there is new; when none is, everything is. So no
 * decision hangs on the BMC's clock, but for one: records that look the same after an erasure (see `isSameLog`).
 */
import * as Effect from "effect/Effect"
import { completionCodes } from "../commands/CompletionCode.ts"
import { firstRecord, lastRecord, makeGetSelEntry, type SelEntry } from "../commands/GetSelEntry.ts"
import { getSelInfo, type SelInfo } from "../commands/GetSelInfo.ts"
import type { IpmiSession } from "../IpmiClient.ts"
import { IpmiError, ProtocolViolation } from "../IpmiError.ts"
import { ask, refusedWith } from "../Asking.ts"
import { u16 } from "../wire/bytes.ts"
import { decodeSelRecord, type SelRecord } from "./SelRecord.ts"

export interface SelPlace {
  /** The newest records read, 16 bytes each, the newest last; none: the log was empty. */
  readonly anchors: ReadonlyArray<Uint8Array>
  /** When something was last erased, in seconds by the BMC's clock; null: the BMC doesn't say. */
  readonly erased: number | null
  readonly entries: number
}

export interface FollowedSel {
  /** In the log's order. */
  readonly records: ReadonlyArray<SelRecord>
  readonly place: SelPlace
  /**
   * `cleared`: the log began anew. `wrapped`: it overwrote what had been read, and perhaps what hadn't. `first`: older records
   * were left out at the first look.
   */
  readonly change: "none" | "cleared" | "wrapped" | "first"
  /** There is more to read. */
  readonly more: boolean
}

/** Single records are deleted by people, one or two at a time; kept for each BMC, 16 bytes each. */
const mostAnchors = 8
/** A log that is erased each time while it is read is not worth more. */
const triesWhileErased = 3
/** At the first look ids are guessed backwards from the last: logs with more gaps than records give fewer. */
const guessesPerRecord = 2

/** At most `limit` records after `after`; of a log never read before (undefined) the newest. */
export const followSel = Effect.fnUntraced(function* (
  session: IpmiSession,
  after: SelPlace | undefined,
  limit: number
): Effect.fn.Return<FollowedSel, IpmiError> {
  let info = yield* ask(session, getSelInfo)
  for (let tries = triesWhileErased; tries > 0; tries--) {
    const followed = yield* follow(session, info, after, limit)
    if (followed.records.length === 0) return followed
    // An erasure while reading would make the new records look as if they had been there before it.
    const now = yield* ask(session, getSelInfo)
    if (erasedOf(now) === erasedOf(info)) return followed
    info = now
  }
  return yield* new IpmiError({ reason: new ProtocolViolation({ detail: "the log was erased whenever it was read" }) })
})

const erasedOf = ({ lastErased }: SelInfo): number | null =>
  lastErased.kind === "unspecified" ? null : lastErased.seconds

const follow = Effect.fnUntraced(function* (
  session: IpmiSession,
  info: SelInfo,
  after: SelPlace | undefined,
  limit: number
): Effect.fn.Return<FollowedSel, IpmiError> {
  const place = { anchors: [], erased: erasedOf(info), entries: info.entries }
  if (info.entries === 0) return { records: [], place, change: changeOf(info, after), more: false }
  const last = yield* entryOf(session, lastRecord)
  if (after === undefined) {
    if (info.entries > limit && last !== undefined) return yield* firstLook(session, last.record, place, limit)
    return yield* walk(session, firstRecord, last?.record, { place, change: "none" }, limit)
  }
  const untouched = place.erased === after.erased
  if (untouched && last !== undefined && isSame(after.anchors.at(-1), last.record)) {
    return { records: [], place: { ...place, anchors: after.anchors }, change: "none", more: false }
  }
  const next = yield* resume(session, after, place.erased)
  if (next === undefined) {
    return yield* walk(session, firstRecord, last?.record, { place, change: changeOf(info, after) }, limit)
  }
  const start = { place: { ...place, anchors: after.anchors }, change: "none" } as const
  if (next === lastRecord || isSame(after.anchors.at(-1), last?.record)) return { ...start, records: [], more: false }
  return yield* walk(session, next, last?.record, start, limit)
})

/** What became of a log whose records are all unknown. */
const changeOf = (info: SelInfo, after: SelPlace | undefined): FollowedSel["change"] => {
  if (after === undefined) return "none"
  const erased = erasedOf(info)
  if (erased !== null && erased !== after.erased) return "cleared"
  if (after.anchors.length === 0) return "none"
  // Without a word from the BMC: a log that runs over is full, one that was cleared is shorter.
  return info.entries < after.entries ? "cleared" : "wrapped"
}

/** The id after the newest anchor that is still there; undefined when none is. */
const resume = Effect.fnUntraced(function* (session: IpmiSession, after: SelPlace, erased: number | null) {
  const untouched = erased === after.erased
  let next: number | undefined
  const found: Array<Uint8Array> = []
  for (const anchor of after.anchors.toReversed()) {
    const entry = yield* entryOf(session, u16(anchor, 0))
    if (!isSame(anchor, entry?.record)) continue
    next ??= entry?.next
    found.push(anchor)
    if (untouched || isSameLog(found, erased)) return next
  }
  return undefined
})

/**
 * Whether anchors that were found after an erasure are those of before it. One may be another that looks the same, as a BMC
 * without a clock logs its start at the same second of each life; then it is stamped so, and after the erasure. Two are no
 * accident.
 */
const isSameLog = (found: ReadonlyArray<Uint8Array>, erased: number | null): boolean => {
  const [anchor] = found
  if (anchor === undefined || found.length > 1 || erased === null) return true
  const record = decodeSelRecord(anchor)
  if (!record.ok || !("timestamp" in record.value)) return true
  const { timestamp } = record.value
  return timestamp.kind !== "sinceStart" || timestamp.seconds <= erased
}

/** The newest, by ids guessed from the last one downwards, as a log can't be walked backwards. */
const firstLook = Effect.fnUntraced(function* (session: IpmiSession, last: Uint8Array, place: SelPlace, limit: number) {
  const newest = [last]
  const lowest = Math.max(1, u16(last, 0) - limit * guessesPerRecord)
  for (let id = u16(last, 0) - 1; id >= lowest && newest.length < limit; id--) {
    const entry = yield* entryOf(session, id)
    // Some BMCs answer with the nearest record that there is.
    if (entry !== undefined && u16(entry.record, 0) === id) newest.push(entry.record)
  }
  return yield* collected({ place, change: "first" }, newest.toReversed(), false)
})

interface Start {
  readonly place: SelPlace
  readonly change: FollowedSel["change"]
}

/** From `from` to the record that was the last (`end`), so that a log that leads back to its beginning isn't read twice. */
const walk = Effect.fnUntraced(function* (
  session: IpmiSession,
  from: number,
  end: Uint8Array | undefined,
  start: Start,
  limit: number
) {
  const records: Array<Uint8Array> = []
  const asked = new Set<number>()
  let next = from
  while (next !== lastRecord && !asked.has(next)) {
    if (records.length === limit) return yield* collected(start, records, true)
    asked.add(next)
    const entry = yield* entryOf(session, next)
    // Vanished while reading: what follows is found from the anchors at the next look.
    if (entry === undefined) break
    records.push(entry.record)
    if (isSame(end, entry.record)) break
    next = entry.next
  }
  return yield* collected(start, records, false)
})

const collected = ({ change, place }: Start, raw: ReadonlyArray<Uint8Array>, more: boolean) => {
  const records: Array<SelRecord> = []
  for (const bytes of raw) {
    const record = decodeSelRecord(bytes)
    if (!record.ok) return Effect.fail(new IpmiError({ reason: new ProtocolViolation({ detail: record.detail }) }))
    records.push(record.value)
  }
  const anchors = [...place.anchors, ...raw].slice(-mostAnchors)
  return Effect.succeed<FollowedSel>({ records, place: { ...place, anchors }, change, more })
}

/** Undefined when there is no such record. */
const entryOf = (session: IpmiSession, recordId: number): Effect.Effect<SelEntry | undefined, IpmiError> =>
  Effect.catchIf(
    ask(session, makeGetSelEntry(recordId)),
    (error) => refusedWith(error) === completionCodes.notPresent,
    () => Effect.undefined
  )

const isSame = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a !== undefined && b !== undefined && a.length === b.length && a.every((byte, at) => byte === b[at])
