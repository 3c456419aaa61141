/**
 * What a node's sensors say. What doesn't change from reading to reading (names, units, thresholds) is the sheet; the
 * values are a list in the sheet's order, so that a reading is small.
 */
import * as Schema from "effect/Schema"

/** What of a server the values of a kind are; the kinds that have a metric of their own. `states`: no value at all. */
export const SensorKind = Schema.Literals(["temperature", "fan", "voltage", "current", "power", "other", "states"])
export type SensorKind = typeof SensorKind.Type

/** In the sensor's unit; null where there is none. */
const Threshold = Schema.NullOr(Schema.Finite)

export const SensorThresholds = Schema.Struct({
  lowerNonRecoverable: Threshold,
  lowerCritical: Threshold,
  lowerNonCritical: Threshold,
  upperNonCritical: Threshold,
  upperCritical: Threshold,
  upperNonRecoverable: Threshold
})
export type SensorThresholds = typeof SensorThresholds.Type

export const SensorDefinition = Schema.Struct({
  /** The sensor's number at the BMC; with the controller's address and LUN in front for others: `48`, `c4.0.48`. */
  id: Schema.String,
  name: Schema.String,
  kind: SensorKind,
  /** `temperature`, `power supply`, … */
  type: Schema.String,
  /** What it belongs to: `processor 1`. */
  entity: Schema.String,
  /** `°C`, `rpm`; null where the value has none, or there is no value. */
  unit: Schema.NullOr(Schema.String),
  /** Null where there are none. */
  thresholds: Schema.NullOr(SensorThresholds)
})
export type SensorDefinition = typeof SensorDefinition.Type

export const SensorSeverity = Schema.Literals(["nominal", "warning", "critical"])
export type SensorSeverity = typeof SensorSeverity.Type

export const SensorValue = Schema.Struct({
  /** In the sensor's unit; null for states only, and where there is no reading. */
  value: Schema.NullOr(Schema.Finite),
  /** `ok` or the worst crossed threshold; the states that hold, none of them perhaps. */
  states: Schema.Array(Schema.String),
  /** How bad that is; null where there is no reading. */
  severity: Schema.NullOr(SensorSeverity),
  /** Why there is no reading; null where there is one. */
  problem: Schema.NullOr(Schema.String)
})
export type SensorValue = typeof SensorValue.Type

export interface SensorReadings {
  /** Names the sheet; another id, another sheet. */
  readonly sheetId: string
  /** Null: the one that the reader said it knows. */
  readonly sheet: ReadonlyArray<SensorDefinition> | null
  /** In the order of the sheet. */
  readonly values: ReadonlyArray<SensorValue>
}
