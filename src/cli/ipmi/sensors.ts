import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import type { IpmiSession } from "../../ipmi/IpmiClient.ts"
import { entityName } from "../../ipmi/sensors/Entities.ts"
import { accuracyPercent, decimalsOf, toleranceOf } from "../../ipmi/sensors/Factors.ts"
import { readSdrRepository, type SdrRepository } from "../../ipmi/sensors/SdrRepository.ts"
import type { FullRecord } from "../../ipmi/sensors/SensorRecords.ts"
import { readSensors, type SensorStatus } from "../../ipmi/sensors/SensorReadings.ts"
import { decodeRecords, type Sensor, sensorsOf } from "../../ipmi/sensors/Sensors.ts"
import { sensorTypeName } from "../../ipmi/sensors/SensorTypes.ts"
import { thresholdNames } from "../../ipmi/sensors/Thresholds.ts"
import { unitSymbol } from "../../ipmi/sensors/Units.ts"
import type { Column } from "../Output.ts"
import { askEach, printLists } from "./fanOut.ts"
import { loadSdrs, saveSdrs } from "./sdrFiles.ts"
import { hostsArgument, readTargets, type Target, targetFlags } from "./target.ts"

interface Sensors {
  readonly repository: SdrRepository
  readonly statuses: ReadonlyArray<SensorStatus>
  /** Records that made no sense. */
  readonly malformed: ReadonlyArray<string>
}

const decimals = (sensor: Sensor): number =>
  sensor.kind === "full" ? decimalsOf(sensor.linearization, sensor.factors) : 0

const formatted = (sensor: Sensor, value: number | undefined): string =>
  value === undefined ? "-" : value.toFixed(decimals(sensor))

const columns: ReadonlyArray<Column<SensorStatus>> = [
  { title: "SENSOR", cell: ({ sensor }) => sensor.name },
  { title: "VALUE", cell: ({ sensor, value }) => formatted(sensor, value), align: "right" },
  { title: "UNIT", cell: ({ sensor, value }) => (value === undefined ? "-" : unitSymbol(sensor.unit) || "-") },
  { title: "STATE", cell: ({ problem, states }) => problem ?? (states.join(", ") || "-") }
]

/** `lower non-critical` is `LNC`. */
const initials = (name: string): string => name.replaceAll(/(\w)\w*[ -]?/g, "$1").toUpperCase()

/** From the lowest to the highest, as they lie on a scale. */
const onScale = [2, 1, 0, 3, 4, 5]

const thresholdColumns = onScale.map((index): Column<SensorStatus> => ({
  title: initials(thresholdNames[index] ?? ""),
  cell: ({ sensor, thresholds }) => formatted(sensor, thresholds?.[index]),
  align: "right"
}))

const exactness = ({ factors, linearization }: FullRecord) => ({
  tolerance: toleranceOf(linearization, factors) ?? null,
  accuracy_percent: accuracyPercent(factors)
})

const toJson = ({ malformed, statuses }: Sensors) => ({
  sensors: statuses.map(({ problem, sensor, states, thresholds, value }) => ({
    name: sensor.name,
    number: sensor.number,
    type: sensorTypeName(sensor.sensorType),
    entity: entityName(sensor.entityId, sensor.entityInstance),
    value: value ?? null,
    unit: unitSymbol(sensor.unit) || null,
    ...(value === undefined || sensor.kind !== "full" ? {} : exactness(sensor)),
    states,
    problem: problem ?? null,
    ...(thresholds === undefined
      ? {}
      : {
          thresholds: Object.fromEntries(
            thresholdNames.map((name, index) => [name.replaceAll(/[ -]/g, "_"), thresholds[index] ?? null])
          )
        })
  })),
  malformed_records: malformed
})

/** What a host answered: its records, from the file where they are the same still, and what its sensors say now. */
const readAll = Effect.fnUntraced(function* (
  session: IpmiSession,
  cached: SdrRepository | undefined,
  thresholds: boolean
) {
  const repository = yield* readSdrRepository(session, cached)
  const { malformed, records } = decodeRecords(repository.records)
  const statuses = yield* readSensors(session, sensorsOf(records), { thresholds })
  return { repository, statuses, malformed } satisfies Sensors
})

export const sensors = Command.make(
  "sensors",
  {
    hosts: hostsArgument,
    thresholds: Flag.Boolean("thresholds").pipe(
      Flag.withAlias("t"),
      Flag.withDescription("With the thresholds: one request more for each sensor"),
      Flag.withDefault(false)
    ),
    noCache: Flag.Boolean("no-cache").pipe(
      Flag.withDescription("Read all sensor data records, and keep none"),
      Flag.withDefault(false)
    ),
    ...targetFlags
  },
  Effect.fnUntraced(function* ({ hosts, noCache, thresholds, ...flags }) {
    const targets = yield* readTargets(hosts, flags, "USER")
    const cached = new Map<Target, SdrRepository | undefined>()
    if (!noCache) {
      for (const target of targets) cached.set(target, yield* loadSdrs(target))
    }
    const rows = yield* askEach(targets, flags.fanOut, (session, target) =>
      readAll(session, cached.get(target), thresholds)
    )
    if (!noCache) {
      for (const [index, { value }] of rows.entries()) {
        const target = targets[index]
        if (target === undefined || value === null || value.repository === cached.get(target)) continue
        yield* saveSdrs(target, value.repository)
      }
    }
    yield* printLists(
      rows,
      toJson,
      ({ statuses }) => statuses,
      thresholds ? [...columns, ...thresholdColumns] : columns
    )
  })
).pipe(
  Command.withDescription("Read the sensors of BMCs: values, states, thresholds"),
  Command.withExamples([
    {
      command: "tutti ipmi sensors -U admin --password-file secret --thresholds rack1-bmc",
      description: "With thresholds"
    },
    {
      command: "tutti ipmi sensors -U admin --password-file secret --json 'rack[01-16]-bmc'",
      description: "A rack, for a script"
    }
  ])
)
