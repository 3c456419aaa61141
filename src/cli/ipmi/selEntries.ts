/** The entries of an event log as `tutti ipmi sel` shows them. */
import * as Effect from "effect/Effect"
import type { IpmiSession } from "../../ipmi/IpmiClient.ts"
import { generatorName, recordWords } from "../../ipmi/sel/EventWords.ts"
import { readSel, type ReadSelOptions, type SelReading } from "../../ipmi/sel/ReadSel.ts"
import { encodeSelRecord, type SelRecord } from "../../ipmi/sel/SelRecord.ts"
import { readSdrRepository } from "../../ipmi/sensors/SdrRepository.ts"
import { decodeRecords, eventSensorsOf, sensorsOf } from "../../ipmi/sensors/Sensors.ts"
import { formatTimestamp } from "../../ipmi/wire/Timestamp.ts"
import type { Column } from "../Output.ts"
import { loadSdrs, saveSdrs } from "./sdrFiles.ts"
import type { Target } from "./target.ts"

export interface Entry {
  readonly record: SelRecord
  /** The sensor's, where it was asked for and has a record. */
  readonly name: string | undefined
}

export interface Log extends Omit<SelReading, "records"> {
  readonly entries: ReadonlyArray<Entry>
}

/** `withNames`: sensors' names too, from the file where the BMC's records are the same still. */
export const readLog = Effect.fnUntraced(function* (
  session: IpmiSession,
  target: Target,
  options: ReadSelOptions,
  withNames: boolean
) {
  const { records, ...reading } = yield* readSel(session, options)
  const names = withNames && records.length > 0 ? yield* readNames(session, target) : new Map<string, string>()
  const entries = records.map((record): Entry => ({
    record,
    name: record.kind === "event" ? names.get(sensorKey(record.generatorId, record.sensorNumber)) : undefined
  }))
  return { ...reading, entries } satisfies Log
})

/** A sensor's number is its owner's only. */
const sensorKey = (ownerId: number, number: number): string => `${ownerId & 0xff}/${number}`

const readNames = Effect.fnUntraced(function* (session: IpmiSession, target: Target) {
  const cached = yield* loadSdrs(target)
  const repository = yield* readSdrRepository(session, cached)
  if (repository !== cached) yield* saveSdrs(target, repository)
  const { records } = decodeRecords(repository.records)
  const sensors = [...sensorsOf(records), ...eventSensorsOf(records)]
  return new Map(sensors.map(({ name, number, ownerId }) => [sensorKey(ownerId, number), name]))
})

const timeOf = (record: SelRecord): string => ("timestamp" in record ? formatTimestamp(record.timestamp) : "-")

export const entryColumns: ReadonlyArray<Column<Entry>> = [
  { title: "ID", cell: ({ record }) => String(record.recordId), align: "right" },
  { title: "TIME", cell: ({ record }) => timeOf(record) },
  { title: "SENSOR", cell: ({ name, record }) => name ?? recordWords(record).subject },
  { title: "EVENT", cell: ({ record }) => recordWords(record).event },
  { title: "DIRECTION", cell: ({ record }) => recordWords(record).direction ?? "-" },
  { title: "DETAILS", cell: ({ record }) => recordWords(record).details.join(", ") || "-" }
]

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")

export const logToJson = ({ cursor, ended, entries, restarted }: Log) => ({
  entries: entries.map(({ name, record }) => {
    const { details, direction, event, subject } = recordWords(record)
    return {
      id: record.recordId,
      time: timeOf(record),
      sensor: name ?? subject,
      event,
      direction: direction ?? null,
      details,
      generator: record.kind === "event" ? generatorName(record.generatorId) : null,
      raw: hex(encodeSelRecord(record))
    }
  }),
  next_since: cursor?.recordId ?? null,
  restarted,
  ended
})

/** What a reader has to know besides the entries. */
export const logNotes = ({ ended, restarted }: Log): ReadonlyArray<string> => [
  ...(restarted ? ["that entry is no longer there, the log was cleared: this is all of the new one"] : []),
  ...(ended === "limit" ? ["there are more entries"] : []),
  ...(ended === "changed" ? ["entries vanished while they were read: somebody else erases the log"] : []),
  ...(ended === "loop" ? ["the BMC named an entry twice: what follows it can't be read"] : [])
]
