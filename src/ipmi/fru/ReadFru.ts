/**
 * Reads a FRU's inventory (IPMI 2.0 §34): its header, then the areas that the header names, since the storage is mostly
 * empty and each request carries a few bytes. Pieces shrink when the BMC says that it can't carry so many.
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { type FruAreaInfo, makeGetFruInventoryAreaInfo } from "../commands/GetFruInventoryAreaInfo.ts"
import { fruBusy, makeReadFruData } from "../commands/ReadFruData.ts"
import type { IpmiSession } from "../IpmiClient.ts"
import { IpmiError, ProtocolViolation } from "../IpmiError.ts"
import { ask, refusedWith } from "../Asking.ts"
import { u8 } from "../wire/bytes.ts"
import { areaLength } from "./FruAreas.ts"
import {
  decodeFru,
  decodeFruHeader,
  type FruInventory,
  headerLength,
  isLastMultiRecord,
  isMultiRecordHeader,
  mostMultiRecords,
  multiRecordHeaderLength
} from "./FruInventory.ts"

/** Most BMCs carry this much; those that don't say so once. */
const firstPiece = 64
/** A word: a BMC that can't carry this can't carry anything. */
const smallestPiece = 2
/** Request length, field length, and bytes to return, beyond what the BMC can do: the codes that ipmitool shrinks on too. */
const tooMuch: ReadonlyArray<number | undefined> = [0xc7, 0xc8, 0xca]
const busyTries = 5
const busyWait = "200 millis"

/**
 * FRU 0 is the server's own. Fails with `ProtocolViolation` when the storage has no FRU header, as when nothing was ever
 * written to it, and with `CommandRejected` (0xCB) when there is no such FRU.
 */
export const readFru = Effect.fn("readFru")(function* (session: IpmiSession, fruId: number) {
  const info = yield* ask(session, makeGetFruInventoryAreaInfo(fruId))
  const storage = makeStorage(session, fruId, info)
  yield* storage.load(0, headerLength)
  const header = decodeFruHeader(storage.image)
  if (!header.ok) return yield* violation(header.detail)
  for (const at of [header.value.chassis, header.value.board, header.value.product]) {
    if (at === undefined) continue
    yield* storage.load(at, at + headerLength)
    yield* storage.load(at + headerLength, at + areaLength(storage.image.subarray(at)))
  }
  if (header.value.multiRecord !== undefined) yield* loadMultiRecords(storage, header.value.multiRecord)
  const inventory = decodeFru(storage.image)
  return inventory.ok ? inventory.value : yield* violation(inventory.detail)
}) satisfies (session: IpmiSession, fruId: number) => Effect.Effect<FruInventory, IpmiError>

const violation = (detail: string) => new IpmiError({ reason: new ProtocolViolation({ detail }) })

interface Storage {
  /** As large as the BMC says, at most 64 KiB; 0 where nothing was loaded. */
  readonly image: Uint8Array
  /** From `from` up to `to`, as far as the storage reaches. */
  readonly load: (from: number, to: number) => Effect.Effect<void, IpmiError>
}

const makeStorage = (session: IpmiSession, fruId: number, { byWords, bytes }: FruAreaInfo): Storage => {
  const unit = byWords ? 2 : 1
  const image = new Uint8Array(bytes)
  let piece = firstPiece
  const load = Effect.fnUntraced(function* (from: number, to: number) {
    const end = Math.min(to, image.length)
    // Words begin at even addresses.
    for (let at = from - (from % unit); at < end;) {
      const count = Math.ceil(Math.min(piece, end - at) / unit)
      const data = yield* ask(session, makeReadFruData({ fruId, offset: at / unit, count }, unit)).pipe(
        Effect.retry({
          times: busyTries - 1,
          schedule: Schedule.spaced(busyWait),
          while: (error) => refusedWith(error) === fruBusy
        }),
        Effect.catchIf(
          (error) => piece > smallestPiece && tooMuch.includes(refusedWith(error)),
          () => Effect.undefined
        )
      )
      if (data === undefined) {
        piece = Math.max(smallestPiece, piece >> 1)
        continue
      }
      image.set(data.subarray(0, Math.min(data.length, image.length - at)), at)
      at += data.length
    }
  })
  return { image, load }
}

const loadMultiRecords = Effect.fnUntraced(function* ({ image, load }: Storage, from: number) {
  let at = from
  for (let read = 0; read < mostMultiRecords; read++) {
    yield* load(at, at + multiRecordHeaderLength)
    const header = image.subarray(at, at + multiRecordHeaderLength)
    if (header.length < multiRecordHeaderLength || !isMultiRecordHeader(header)) return
    const end = at + multiRecordHeaderLength + u8(header, 2)
    yield* load(at + multiRecordHeaderLength, end)
    if (isLastMultiRecord(header)) return
    at = end
  }
})
