/**
 * `BmcRequests` over a session of IPMI, whoever carries its commands: our client or a program. What was read of a BMC's
 * sensor data records outlives a request.
 */
import * as Effect from "effect/Effect"
import { BootDevice, BootTarget } from "../domain/BootDevice.ts"
import { readBootFlags, setBootFlags } from "../ipmi/chassis/BootDevice.ts"
import { noBootFlags } from "../ipmi/commands/BootFlags.ts"
import type { IpmiSession } from "../ipmi/IpmiClient.ts"
import type { IpmiError } from "../ipmi/IpmiError.ts"
import { followSel } from "../ipmi/sel/FollowSel.ts"
import type { SelRecord } from "../ipmi/sel/SelRecord.ts"
import { readSdrRepository } from "../ipmi/sensors/SdrRepository.ts"
import { readSensors } from "../ipmi/sensors/SensorReadings.ts"
import { decodeRecords, eventSensorsOf, sensorsOf } from "../ipmi/sensors/Sensors.ts"
import { fromIpmi } from "./BmcErrors.ts"
import type { BmcRequests } from "./BmcRequests.ts"
import { gatedSession } from "./GatedSession.ts"
import { readInventory } from "./Inventory.ts"
import { digestOf, type KnownSdrs, type SdrPool } from "./SdrPool.ts"
import { entryOf, placeOf, positionOf } from "./SelWords.ts"
import { definitionOf, valueOf } from "./SensorSheets.ts"
import type { Priority, Turns } from "./Turns.ts"

/** What is kept of one BMC between requests. */
export interface IpmiMemory {
  readonly pool: SdrPool
  sdrs: KnownSdrs | undefined
  /** The sheet that was last made, and of which records. */
  sheet: { readonly id: string; readonly sdrsId: string } | undefined
}

export const ipmiRequests = (
  ungated: IpmiSession,
  memory: IpmiMemory,
  turns: Turns,
  priority: Priority
): BmcRequests => {
  const session = gatedSession(ungated, turns, priority)
  const asked = <A>(procedure: Effect.Effect<A, IpmiError>) => Effect.mapError(procedure, fromIpmi)
  return {
    inspect: asked(readInventory(session)),

    readSensors: ({ knownSheet }) =>
      asked(
        Effect.gen(function* () {
          const { id, records } = yield* readRecords(session, memory)
          const known = memory.sheet?.sdrsId === id && memory.sheet.id === knownSheet ? memory.sheet.id : undefined
          const statuses = yield* readSensors(session, sensorsOf(records), { thresholds: known === undefined })
          const values = statuses.map(valueOf)
          if (known !== undefined) return { sheetId: known, sheet: null, values }
          const sheet = statuses.map(definitionOf)
          const sheetId = digestOf(JSON.stringify(sheet))
          memory.sheet = { id: sheetId, sdrsId: id }
          return { sheetId, sheet, values }
        })
      ),

    readSel: ({ after, limit }) =>
      asked(
        Effect.gen(function* () {
          const { change, more, place, records } = yield* followSel(
            session,
            after === null ? undefined : placeOf(after),
            limit
          )
          const nameOf = records.length === 0 ? () => undefined : yield* readNames(session, memory)
          return {
            entries: records.map((record) => entryOf(record, nameOf(record))),
            position: positionOf(place),
            change,
            more
          }
        })
      ),

    bootTarget: asked(
      Effect.map(readBootFlags(session), ({ device, persistent, uefi, valid }) => {
        const known = BootDevice.literals.find((name) => name === device)
        return new BootTarget({ device: (valid ? known : undefined) ?? null, persistent, uefi })
      })
    ),

    setBootTarget: ({ device, persistent, uefi }, options) =>
      asked(
        setBootFlags(
          session,
          { ...noBootFlags, valid: device !== null, persistent, uefi, device: device ?? "none" },
          options
        )
      )
  }
}

/** The records, read anew only where the BMC says that they changed: else two exchanges. */
const readRecords = Effect.fnUntraced(function* (session: IpmiSession, memory: IpmiMemory) {
  const { pool, sdrs } = memory
  const cached = sdrs === undefined ? undefined : pool.repository(sdrs)
  const repository = yield* readSdrRepository(session, cached)
  const known = repository === cached && sdrs !== undefined ? sdrs : pool.keep(repository)
  memory.sdrs = known
  return { id: known.id, records: decodeRecords(repository.records).records }
})

/** Of the sensors that events are about. A BMC without records has events all the same: then they have numbers. */
const readNames = (session: IpmiSession, memory: IpmiMemory) =>
  readRecords(session, memory).pipe(
    Effect.map(({ records }) => {
      const sensors = [...sensorsOf(records), ...eventSensorsOf(records)]
      const names = new Map(sensors.map(({ name, number, ownerId }) => [sensorKey(ownerId, number), name]))
      return (record: SelRecord) =>
        record.kind === "event" ? names.get(sensorKey(record.generatorId, record.sensorNumber)) : undefined
    }),
    Effect.catchIf(
      ({ reason }) => reason._tag === "CommandRejected" || reason._tag === "ProtocolViolation",
      () => Effect.succeed(() => undefined)
    )
  )

/** A sensor's number is its owner's only. */
const sensorKey = (ownerId: number, number: number): string => `${ownerId & 0xff}/${number}`
