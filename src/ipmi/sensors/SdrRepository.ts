/**
 * Reading all sensor data records of a BMC, and knowing when they needn't be read again.
 *
 * The records are walked from the first by each one's link to the next: whole where the BMC gives a record in one answer, else
 * in parts. A reservation that is lost is made anew; the record at hand is read again if the repository says that it hasn't
 * changed, else the walk starts again. Bounded in records, bytes and lost reservations, whatever the BMC says.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { completionCodes } from "../commands/CompletionCode.ts"
import { type DeviceId, getDeviceId } from "../commands/GetDeviceId.ts"
import { getDeviceSdrInfo } from "../commands/GetDeviceSdrInfo.ts"
import { firstRecord, lastRecord, makeGetSdr, wholeRecord } from "../commands/GetSdr.ts"
import { getSdrRepositoryInfo } from "../commands/GetSdrRepositoryInfo.ts"
import { makeReserveSdrRepository } from "../commands/ReserveSdrRepository.ts"
import type { SdrSource } from "../commands/SdrSource.ts"
import type { IpmiSession } from "../IpmiClient.ts"
import { IpmiError, ProtocolViolation } from "../IpmiError.ts"
import { ask, refusedWith } from "../Asking.ts"
import { sdrHeaderLength, sdrLength } from "./SdrRecord.ts"

/** A plain value, for the caller to keep and to hand in again. */
export interface SdrRepository {
  readonly source: SdrSource
  /** Of this state of the records, on this firmware; null: the BMC doesn't say when they change. */
  readonly stamp: string | null
  readonly records: ReadonlyArray<Uint8Array>
}

/** Large chassis have some hundreds; at 260 bytes each this is a mebibyte. */
const mostRecords = 4096
/** Each means that somebody else reserved or changed something meanwhile. */
const mostLostReservations = 16
/** Bytes asked for at once, while the BMC says that it can't return so many. 16 is what every one must (IPMI 2.0 §33.12). */
const partSizes = [wholeRecord, 32, 16, 8] as const
/** How BMCs say that an answer would be too long. */
const tooLong: ReadonlySet<number | undefined> = new Set([
  completionCodes.outOfSpace,
  completionCodes.invalidLength,
  0xc8,
  0xca,
  completionCodes.unspecified
])
/** The reservation is lost, or the record isn't what it was. */
const changed: ReadonlySet<number | undefined> = new Set([0xc5, 0x80, completionCodes.notPresent])
const repositoryDevice = 0x02
const unspecifiedTime = 0xffffffff

/**
 * The records, from `cached` where they are the same still: then it costs two requests. Fails as its requests do; with
 * `ProtocolViolation` when the records don't end or don't get longer.
 */
export const readSdrRepository = Effect.fnUntraced(function* (
  session: IpmiSession,
  cached?: SdrRepository
): Effect.fn.Return<SdrRepository, IpmiError> {
  const device = yield* ask(session, getDeviceId)
  const state = yield* askState(session, device)
  if (state.stamp !== null && cached?.source === state.source && cached.stamp === state.stamp) return cached
  return yield* new Walk(session, device, state).run()
})

interface State {
  readonly source: SdrSource
  readonly stamp: string | null
}

/** The repository where there is one, else the BMC's own records; BMCs are wrong about having a repository. */
const askState = (session: IpmiSession, device: DeviceId): Effect.Effect<State, IpmiError> => {
  const own = Effect.map(ask(session, getDeviceSdrInfo), ({ count, populationChange }): State => ({
    source: "device",
    stamp: stampOf(device, count, populationChange ?? 0)
  }))
  const repository = Effect.map(ask(session, getSdrRepositoryInfo), ({ lastAddition, lastErase, records }): State => {
    const untold = lastAddition === unspecifiedTime || lastErase === unspecifiedTime
    return { source: "repository", stamp: untold ? null : stampOf(device, records, lastAddition, lastErase) }
  })
  if (!device.providesSdrs) return repository
  if ((device.additionalSupport & repositoryDevice) === 0) return own
  return Effect.catchIf(repository, isUnknown, () => own)
}

const isUnknown = (error: IpmiError): boolean => refusedWith(error) === completionCodes.invalidCommand

/** With maker, product and firmware: an update may bring other records under the same times. */
const stampOf = (device: DeviceId, ...numbers: ReadonlyArray<number>): string =>
  [device.manufacturerId, device.productId, device.firmwareMajor, device.firmwareMinor, ...numbers].join("-")

class Walk {
  private readonly session: IpmiSession
  private readonly device: DeviceId
  private state: State
  private reservation = 0
  private lost = 0
  private partSize = 0

  constructor(session: IpmiSession, device: DeviceId, state: State) {
    this.session = session
    this.device = device
    this.state = state
  }

  /** Reserves, and follows the links to the last record. */
  run(): Effect.Effect<SdrRepository, IpmiError> {
    return Effect.gen({ self: this }, function* () {
      let records = new Map<number, Uint8Array>()
      let recordId = firstRecord
      yield* this.reserve()
      while (recordId !== lastRecord) {
        if (records.has(recordId)) return yield* violation(`SDR 0x${recordId.toString(16)} follows itself`)
        if (records.size >= mostRecords) return yield* violation(`more than ${mostRecords} SDRs`)
        const result = yield* Effect.result(this.readRecord(recordId))
        if (Result.isSuccess(result)) {
          records.set(recordId, result.success.record)
          recordId = result.success.nextRecordId
          continue
        }
        const code = refusedWith(result.failure)
        if (records.size === 0 && code === completionCodes.notPresent) break
        if (!changed.has(code) || ++this.lost > mostLostReservations) return yield* result.failure
        if (yield* this.recover()) continue
        records = new Map()
        recordId = firstRecord
      }
      return { ...this.state, records: [...records.values()] }
    })
  }

  /** Reserves again; false when the records are no longer those that were read so far. */
  private recover(): Effect.Effect<boolean, IpmiError> {
    return Effect.gen({ self: this }, function* () {
      const before = this.state.stamp
      yield* this.reserve()
      this.state = yield* askState(this.session, this.device)
      return before !== null && before === this.state.stamp
    })
  }

  /** A BMC that knows no reservations takes 0 for one. */
  private reserve(): Effect.Effect<void, IpmiError> {
    return ask(this.session, makeReserveSdrRepository(this.state.source)).pipe(
      Effect.catchIf(isUnknown, () => Effect.succeed(0)),
      Effect.map((reservation) => {
        this.reservation = reservation
      })
    )
  }

  /** One record in as few parts as the BMC allows. */
  private readRecord(recordId: number) {
    return Effect.gen({ self: this }, function* () {
      const first = yield* this.readPart(recordId, 0, sdrHeaderLength)
      if (first.bytes.length < sdrHeaderLength) return yield* violation("an SDR without a whole header")
      const length = sdrLength(first.bytes)
      const record = new Uint8Array(length)
      record.set(first.bytes.subarray(0, length))
      for (let have = first.bytes.length; have < length;) {
        const { bytes } = yield* this.readPart(recordId, have, length - have)
        if (bytes.length === 0) return yield* violation("a part of an SDR with nothing in it")
        record.set(bytes.subarray(0, length - have), have)
        have += bytes.length
      }
      return { record, nextRecordId: first.nextRecordId }
    })
  }

  /** What there is from `offset` on, at most `wanted` bytes in the mode of parts; takes smaller parts from then on if it must. */
  private readPart(recordId: number, offset: number, wanted: number) {
    return Effect.gen({ self: this }, function* () {
      for (;;) {
        const size = partSizes[this.partSize] ?? wholeRecord
        const count = size === wholeRecord && offset === 0 ? wholeRecord : Math.min(wanted, size)
        const request = { reservation: this.reservation, recordId, offset, count }
        const part = yield* Effect.result(ask(this.session, makeGetSdr(this.state.source, request)))
        if (Result.isSuccess(part)) return part.success
        const smaller = partSizes.findIndex((next) => next < count)
        if (!tooLong.has(refusedWith(part.failure)) || smaller < 0) return yield* part.failure
        this.partSize = smaller
      }
    })
  }
}

const violation = (detail: string): Effect.Effect<never, IpmiError> =>
  Effect.fail(new IpmiError({ reason: new ProtocolViolation({ detail }) }))
