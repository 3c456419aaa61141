/** Reading sensors and saying what their answers mean: values in units, states and thresholds in words. */
import * as Effect from "effect/Effect"
import { bridge } from "../bridging/BridgedSession.ts"
import { makeGetSensorReading, type SensorReading } from "../commands/GetSensorReading.ts"
import { makeGetSensorReadingFactors } from "../commands/GetSensorReadingFactors.ts"
import { makeGetSensorThresholds } from "../commands/GetSensorThresholds.ts"
import type { IpmiSession } from "../IpmiClient.ts"
import type { IpmiError } from "../IpmiError.ts"
import { bmcAddress } from "../wire/IpmiMessage.ts"
import { ask } from "../Asking.ts"
import { isNonLinear, type SensorFactors, valueOf } from "./Factors.ts"
import type { FullRecord } from "./SensorRecords.ts"
import type { Sensor } from "./Sensors.ts"
import { type StateSeverity, stateSeverity, worse } from "./StateSeverity.ts"
import { readingTypes, stateWord } from "./StateWords.ts"
import { type PerThreshold, thresholdsFrom, worstThreshold } from "./Thresholds.ts"

export interface SensorStatus {
  readonly sensor: Sensor
  /** In the unit of the sensor; undefined for states only, and where there is no reading. */
  readonly value: number | undefined
  /** `ok` or the worst crossed threshold; the states that hold, none of them perhaps. */
  readonly states: ReadonlyArray<string>
  /** The worst of them. */
  readonly severity: StateSeverity
  /** Why there is no reading: `no reading`, `disabled`, what the BMC refused it with. */
  readonly problem: string | undefined
  /** In the unit of the sensor; undefined when not asked for, or where there are none. */
  readonly thresholds: PerThreshold<number> | undefined
}

export interface ReadOptions {
  /** One request more for each sensor that has them. */
  readonly thresholds: boolean
}

/**
 * All of them, one after the other; those of another controller by way of the BMC. A sensor that can't be read says why;
 * fails only with what concerns the whole session.
 */
export const readSensors = (
  session: IpmiSession,
  sensors: ReadonlyArray<Sensor>,
  options: ReadOptions
): Effect.Effect<ReadonlyArray<SensorStatus>, IpmiError> =>
  Effect.forEach(sensors, (sensor) => {
    if (isSoftware(sensor)) return Effect.succeed(without(sensor, "of system software, which can't be asked"))
    return readSensor(sessionToOwner(session, sensor), sensor, options).pipe(
      Effect.catchIf(concernsOne, (error) => Effect.succeed(without(sensor, error.message)))
    )
  })

/** Bit 0 of the owner: a system software id instead of an address. */
const isSoftware = ({ ownerId }: Sensor): boolean => (ownerId & 0x01) !== 0

const sessionToOwner = (session: IpmiSession, { channel, ownerId }: Sensor): IpmiSession =>
  ownerId === bmcAddress && channel === 0 ? session : bridge(session, { target: { channel, address: ownerId } })

const concernsOne = ({ reason }: IpmiError): boolean =>
  reason._tag === "CommandRejected" || reason._tag === "ProtocolViolation"

const without = (sensor: Sensor, problem: string): SensorStatus => ({
  sensor,
  value: undefined,
  states: [],
  severity: "nominal",
  problem,
  thresholds: undefined
})

const readSensor = Effect.fnUntraced(function* (
  session: IpmiSession,
  sensor: Sensor,
  options: ReadOptions
): Effect.fn.Return<SensorStatus, IpmiError> {
  const reading = yield* ask(session, makeGetSensorReading(sensor.number, sensor.ownerLun))
  const thresholds = options.thresholds ? yield* readThresholds(session, sensor) : undefined
  const problem = reading.scanningEnabled ? (reading.unavailable ? "no reading" : undefined) : "disabled"
  if (problem !== undefined) return { ...without(sensor, problem), thresholds }
  return {
    sensor,
    value: hasValue(sensor) ? yield* convert(session, sensor, reading.raw) : undefined,
    states: statesOf(sensor, reading),
    severity: severityOf(sensor, reading),
    problem: undefined,
    thresholds
  }
})

/** By its kind, its format, and, for sensors of states that have a value too, a unit that says of what. */
export const hasValue = (sensor: Sensor): sensor is FullRecord =>
  sensor.kind === "full" &&
  sensor.unit.format !== "none" &&
  (sensor.readingType === readingTypes.threshold || sensor.unit.base !== 0 || sensor.unit.percentage)

/** In words. */
export const statesOf = (sensor: Sensor, { states }: Pick<SensorReading, "states">): ReadonlyArray<string> => {
  if (sensor.readingType === readingTypes.threshold) return [worstThreshold(states) ?? "ok"]
  return offsetsOf(states).map((offset) => stateWord(sensor.readingType, sensor.sensorType, offset))
}

const offsetsOf = (states: number): ReadonlyArray<number> =>
  Array.from({ length: 15 }, (_, offset) => offset).filter((offset) => (states & (1 << offset)) !== 0)

/** Of a threshold the bits are those of `thresholdNames`: the first and the fourth are non-critical. */
const severityOf = (sensor: Sensor, { states }: Pick<SensorReading, "states">): StateSeverity => {
  if (sensor.readingType === readingTypes.threshold) {
    return (states & 0b110110) !== 0 ? "critical" : (states & 0b001001) !== 0 ? "warning" : "nominal"
  }
  return offsetsOf(states)
    .map((offset) => stateSeverity(sensor.readingType, sensor.sensorType, offset))
    .reduce(worse, "nominal")
}

/** Threshold access, bits 3–2 of the capabilities. */
const access = { none: 0, fixed: 3 } as const

/** From the BMC, which may have been told others than its records say; from the record those that can't be read or changed. */
const readThresholds = Effect.fnUntraced(function* (
  session: IpmiSession,
  sensor: Sensor
): Effect.fn.Return<PerThreshold<number> | undefined, IpmiError> {
  const kind = (sensor.capabilities >> 2) & 0x03
  if (!hasValue(sensor) || sensor.readingType !== readingTypes.threshold || kind === access.none) return undefined
  const raw =
    kind === access.fixed
      ? thresholdsFrom(sensor.readingMask & 0x3f, (index) => sensor.thresholds[index] ?? 0)
      : yield* ask(session, makeGetSensorThresholds(sensor.number, sensor.ownerLun)).pipe(
          Effect.catchIf(concernsOne, () => Effect.undefined)
        )
  if (raw === undefined) return undefined
  return yield* Effect.forEach(raw, (threshold) =>
    threshold === undefined ? Effect.undefined : convert(session, sensor, threshold)
  )
})

const convert = (
  session: IpmiSession,
  sensor: FullRecord,
  raw: number
): Effect.Effect<number | undefined, IpmiError> => {
  const value = (factors: SensorFactors) => valueOf(raw, sensor.unit.format, sensor.linearization, factors)
  return isNonLinear(sensor.linearization)
    ? Effect.map(ask(session, makeGetSensorReadingFactors(sensor.number, raw, sensor.ownerLun)), value)
    : Effect.succeed(value(sensor.factors))
}
