/** From IPMI's sensors and readings to the domain's: kinds, words, thresholds by name, and how bad a state is. */
import type { SensorDefinition, SensorKind, SensorThresholds, SensorValue } from "../domain/SensorData.ts"
import { entityName } from "../ipmi/sensors/Entities.ts"
import { decimalsOf } from "../ipmi/sensors/Factors.ts"
import { hasValue, type SensorStatus } from "../ipmi/sensors/SensorReadings.ts"
import type { Sensor } from "../ipmi/sensors/Sensors.ts"
import { sensorTypeName } from "../ipmi/sensors/SensorTypes.ts"
import { unitSymbol } from "../ipmi/sensors/Units.ts"
import { bmcAddress } from "../ipmi/wire/IpmiMessage.ts"

/** By the unit, which says what the number is, whatever the sensor is about: the base units of IPMI 2.0 §43.17. */
const kinds: ReadonlyMap<string, SensorKind> = new Map([
  ["°C", "temperature"],
  ["rpm", "fan"],
  ["V", "voltage"],
  ["A", "current"],
  ["W", "power"]
])

export const definitionOf = ({ sensor, thresholds }: SensorStatus): SensorDefinition => {
  const unit = hasValue(sensor) ? unitSymbol(sensor.unit) || null : null
  return {
    id: idOf(sensor),
    name: sensor.name,
    kind: hasValue(sensor) ? ((unit === null ? undefined : kinds.get(unit)) ?? "other") : "states",
    type: sensorTypeName(sensor.sensorType),
    entity: entityName(sensor.entityId, sensor.entityInstance),
    unit,
    thresholds: thresholds === undefined ? null : named(thresholds.map((threshold) => exact(sensor, threshold)))
  }
}

export const valueOf = ({ problem, sensor, severity, states, value }: SensorStatus): SensorValue => ({
  value: exact(sensor, value),
  states,
  severity: problem === undefined ? severity : null,
  problem: problem ?? null
})

const idOf = ({ number, ownerId, ownerLun }: Sensor): string =>
  ownerId === bmcAddress && ownerLun === 0
    ? `${number}`
    : `${ownerId.toString(16).padStart(2, "0")}.${ownerLun}.${number}`

/** To as many digits as the sensor can tell apart. */
const exact = (sensor: Sensor, value: number | undefined): number | null =>
  value === undefined || sensor.kind !== "full"
    ? null
    : Number(value.toFixed(decimalsOf(sensor.linearization, sensor.factors)))

/** In the order of `thresholdNames`. */
const named = (thresholds: ReadonlyArray<number | null>): SensorThresholds => {
  const [lowerNonCritical, lowerCritical, lowerNonRecoverable, upperNonCritical, upperCritical, upperNonRecoverable] =
    thresholds
  return {
    lowerNonRecoverable: lowerNonRecoverable ?? null,
    lowerCritical: lowerCritical ?? null,
    lowerNonCritical: lowerNonCritical ?? null,
    upperNonCritical: upperNonCritical ?? null,
    upperCritical: upperCritical ?? null,
    upperNonRecoverable: upperNonRecoverable ?? null
  }
}
