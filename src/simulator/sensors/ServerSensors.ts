/**
 * What sensors a simulated server has, and within which limits they move: two processors, two power supplies, four fans, four
 * drives.
 */
import type { PerThreshold } from "../../ipmi/sensors/Thresholds.ts"
import type { AnalogFormat } from "../../ipmi/sensors/Units.ts"
import type { Range } from "../SeededRandom.ts"

export const sensorTypes = {
  temperature: 0x01,
  voltage: 0x02,
  fan: 0x04,
  intrusion: 0x05,
  processor: 0x07,
  powerSupply: 0x08,
  other: 0x0b,
  drive: 0x0d,
  eventLog: 0x10,
  acpi: 0x22,
  battery: 0x29
} as const
const units = { celsius: 1, volts: 4, watts: 6, cfm: 17, rpm: 18 } as const
export const entities = {
  cpu: 3,
  mc: 6,
  board: 7,
  psu: 10,
  chassis: 23,
  bay: 26,
  fan: 29,
  dimm: 32,
  battery: 40,
  inlet: 55
} as const
const sqrt = 0x0a

export interface AnalogDraft {
  readonly type: number
  readonly unit: number
  readonly entity: readonly [id: number, instance: number]
  readonly between: Range
  readonly standby?: Range
  readonly failing?: Range
  /** In the order of `thresholdNames`, in the sensor's unit. */
  readonly thresholds: PerThreshold<number>
  readonly m: number
  readonly exponent?: number
  readonly b?: number
  readonly format?: AnalogFormat
  readonly linearization?: number
  readonly percentage?: boolean
}

const none = undefined
const upTo = (warn: number, critical: number): PerThreshold<number> => [none, none, none, warn, critical, none]
const around = (low: number, high: number): PerThreshold<number> => [none, low, none, none, high, none]
const temperature = (
  entity: AnalogDraft["entity"],
  between: Range,
  warn: number,
  critical: number,
  more: Partial<AnalogDraft> = {}
): AnalogDraft => ({
  type: sensorTypes.temperature,
  unit: units.celsius,
  entity,
  between,
  thresholds: upTo(warn, critical),
  m: 1,
  ...more
})
const fan = (instance: number): AnalogDraft => ({
  type: sensorTypes.fan,
  unit: units.rpm,
  entity: [entities.fan, instance],
  between: [4200, 7800],
  failing: [750, 1350],
  thresholds: [1400, 1000, 700, none, none, none],
  m: 70
})
const voltage = (nominal: number, m: number, more: Partial<AnalogDraft> = {}): AnalogDraft => ({
  type: sensorTypes.voltage,
  unit: units.volts,
  entity: [entities.board, 1],
  between: [nominal * 0.985, nominal * 1.015],
  thresholds: around(nominal * 0.9, nominal * 1.1),
  m,
  exponent: -3,
  ...more
})
const watts = (instance: number): AnalogDraft => ({
  type: sensorTypes.powerSupply,
  unit: units.watts,
  entity: [entities.psu, instance],
  between: [110, 340],
  standby: [6, 14],
  thresholds: upTo(700, 800),
  m: 4
})

/** The number of each is its place, from 1. */
export const analogDrafts: ReadonlyArray<readonly [name: string, draft: AnalogDraft]> = [
  ["Inlet Temp", temperature([entities.inlet, 1], [18, 27], 38, 42, { standby: [17, 24], format: "twosComplement" })],
  ["Exhaust Temp", temperature([entities.chassis, 1], [30, 46], 70, 75, { b: -40 })],
  ["CPU1 Temp", temperature([entities.cpu, 1], [38, 78], 90, 100)],
  ["CPU2 Temp", temperature([entities.cpu, 2], [38, 78], 90, 100)],
  ["DIMM Temp", temperature([entities.dimm, 1], [32, 55], 80, 85)],
  ["FAN1", fan(1)],
  ["FAN2", fan(2)],
  ["FAN3", fan(3)],
  ["FAN4", fan(4)],
  ["12V", voltage(12, 63)],
  ["5V", voltage(5, 26)],
  ["3.3V", voltage(3.3, 17)],
  ["3.3V Standby", voltage(3.3, 17, { standby: [3.26, 3.34] })],
  ["VBAT", voltage(3, 16, { entity: [entities.battery, 1], standby: [2.98, 3.02] })],
  ["CPU1 Vcore", voltage(1.8, 98, { entity: [entities.cpu, 1], exponent: -4 })],
  ["PSU1 Input Power", watts(1)],
  ["PSU2 Input Power", watts(2)],
  [
    "Airflow",
    {
      type: sensorTypes.other,
      unit: units.cfm,
      entity: [entities.chassis, 1],
      between: [40, 90],
      thresholds: [none, none, none, none, none, none],
      m: 100,
      linearization: sqrt
    }
  ],
  [
    "CPU Load",
    {
      type: sensorTypes.other,
      unit: 0,
      percentage: true,
      entity: [entities.cpu, 0],
      between: [2, 95],
      thresholds: [none, none, none, none, none, none],
      m: 1
    }
  ]
]

export interface StateDraft {
  readonly name: string
  readonly type: number
  readonly readingType?: number
  readonly entity: readonly [id: number, instance: number]
  /** See `StateSensor`. */
  readonly on: number | undefined
  /** As `on` unless given. */
  readonly off?: number
  readonly fault?: number
  /** So many alike, numbered from 1. */
  readonly count?: number
  readonly states: number
}

/** They follow the others. */
export const stateDrafts: ReadonlyArray<StateDraft> = [
  { name: "CPU", type: sensorTypes.processor, entity: [entities.cpu, 1], count: 2, on: 7, fault: 12, states: 0x1fff },
  { name: "PSU", type: sensorTypes.powerSupply, entity: [entities.psu, 1], count: 2, on: 0, fault: 2, states: 0x7f },
  {
    name: "PSU Redundancy",
    type: sensorTypes.powerSupply,
    readingType: 0x0b,
    entity: [entities.psu, 0],
    on: 0,
    states: 7
  },
  { name: "Drive", type: sensorTypes.drive, entity: [entities.bay, 1], count: 4, on: 0, fault: 2, states: 0x1ff },
  { name: "Intrusion", type: sensorTypes.intrusion, entity: [entities.chassis, 1], on: none, fault: 0, states: 1 },
  { name: "ACPI State", type: sensorTypes.acpi, entity: [entities.board, 1], on: 0, off: 5, states: 0x21 },
  { name: "Battery", type: sensorTypes.battery, entity: [entities.battery, 1], on: 2, fault: 0, states: 7 }
]
