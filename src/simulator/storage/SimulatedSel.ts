/**
 * The System Event Log of one simulated BMC: a few entries of its past when it is first looked at, and one for each power
 * control from then on. Ids rise and have gaps where records were deleted; when it is full, events are dropped, as most
 * BMCs do. Erasing takes a moment, and nothing of the log can be read until it is done.
 */
import type { ChassisAction } from "../../ipmi/commands/ChassisControl.ts"
import type { Erasure } from "../../ipmi/commands/ClearSel.ts"
import { lastRecord, firstRecord, selRecordLength } from "../../ipmi/commands/GetSelEntry.ts"
import type { SelInfo } from "../../ipmi/commands/GetSelInfo.ts"
import { encodeSelRecord } from "../../ipmi/sel/SelRecord.ts"
import { u16 } from "../../ipmi/wire/bytes.ts"
import { decodeTimestamp, type Timestamp } from "../../ipmi/wire/Timestamp.ts"
import type { Range, SeededRandom } from "../SeededRandom.ts"
import { clearedEvent, controlEvents, eventInUse, pastEvents } from "./SelEvents.ts"

/** 2 KiB of records; real logs have 512 to 4096, but there are not ten thousand of them in one process. */
const capacity = 128
const erasing: Range = [200, 600]

export class SimulatedSel {
  private records: Array<Uint8Array> = []
  private nextId = 1
  private reservation = 0
  private overflowed = false
  private logged = 0
  private lastAdded: Timestamp = { kind: "unspecified" }
  private lastErased: Timestamp = { kind: "unspecified" }
  private erasedAtMillis = Number.NEGATIVE_INFINITY
  /** Between the BMC's clock and the world's. */
  private offsetMillis = 0
  private readonly random: SeededRandom
  private readonly unixMillis: () => number

  constructor(random: SeededRandom, unixMillis: () => number) {
    this.random = random
    this.unixMillis = unixMillis
    for (const event of pastEvents(random, this.now()))
      this.append(encodeSelRecord({ ...event, recordId: this.nextId }))
    this.lastAdded = this.clock()
  }

  clock(): Timestamp {
    return decodeTimestamp(this.now())
  }

  setClock(seconds: number): void {
    this.offsetMillis = seconds * 1000 - this.unixMillis()
  }

  /** Of an accepted chassis control. */
  controlled(action: ChassisAction): void {
    for (const event of controlEvents(action)) {
      this.append(encodeSelRecord({ ...event, recordId: this.nextId, timestamp: this.clock() }))
      this.lastAdded = this.clock()
    }
  }

  /** From outside: so many events more. */
  log(count: number): void {
    for (let left = count; left > 0; left--) {
      this.append(encodeSelRecord({ ...eventInUse(this.logged++), recordId: this.nextId, timestamp: this.clock() }))
      this.lastAdded = this.clock()
    }
  }

  isErasing(nowMillis: number): boolean {
    return nowMillis < this.erasedAtMillis
  }

  info(): SelInfo {
    return {
      version: "1.5",
      entries: this.records.length,
      freeBytes: (capacity - this.records.length) * selRecordLength,
      lastAdded: this.lastAdded,
      lastErased: this.lastErased,
      overflowed: this.overflowed,
      supports: { delete: true, partialAdd: false, reserve: true, allocationInfo: false }
    }
  }

  /** Cancels the one before. */
  reserve(): number {
    this.reservation = (this.reservation % 0xffff) + 1
    return this.reservation
  }

  holds(reservation: number): boolean {
    return reservation !== 0 && reservation === this.reservation
  }

  /** The record, and the id of the one that follows it. */
  entry(recordId: number): { readonly record: Uint8Array; readonly next: number } | undefined {
    const index = this.indexOf(recordId)
    const record = this.records[index]
    if (record === undefined) return undefined
    const following = this.records[index + 1]
    return { record, next: following === undefined ? lastRecord : u16(following, 0) }
  }

  /** The id of the record that was deleted; undefined where there is none. Cancels the reservation. */
  delete(recordId: number): number | undefined {
    const [record] = this.records.splice(this.indexOf(recordId), 1)
    if (record === undefined) return undefined
    this.reservation = 0
    return u16(record, 0)
  }

  /** Cancels the reservation; the record that says so is the first of the new log. */
  clear(nowMillis: number): void {
    this.erasedAtMillis = nowMillis + this.random.within(erasing)
    this.records = []
    this.nextId = 1
    this.reservation = 0
    this.overflowed = false
    this.lastErased = this.clock()
    this.append(encodeSelRecord({ ...clearedEvent(), recordId: this.nextId, timestamp: this.clock() }))
    this.lastAdded = this.clock()
  }

  erasure(nowMillis: number): Erasure {
    return this.isErasing(nowMillis) ? "under way" : "complete"
  }

  private indexOf(recordId: number): number {
    if (recordId === firstRecord) return 0
    if (recordId === lastRecord) return this.records.length - 1
    const index = this.records.findIndex((record) => u16(record, 0) === recordId)
    return index < 0 ? this.records.length : index
  }

  private append(record: Uint8Array): void {
    if (this.records.length === capacity) {
      this.overflowed = true
      return
    }
    this.records.push(record)
    this.nextId = (this.nextId % (lastRecord - 1)) + 1
  }

  /** Seconds of the BMC's clock. */
  private now(): number {
    return Math.floor((this.unixMillis() + this.offsetMillis) / 1000)
  }
}
