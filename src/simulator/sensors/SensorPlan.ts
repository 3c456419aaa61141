/**
 * The sensors of a simulated server, a two-socket one with two power supplies, four fans and four drives: what it says of
 * them in its records, and how their readings move. The same for the whole fleet; what differs is `SimulatedSensors`'.
 */
import { rawNumber, type SensorFactors, valueOf } from "../../ipmi/sensors/Factors.ts"
import { encodeSdr, type SdrBody } from "../../ipmi/sensors/SdrRecord.ts"
import type { CompactRecord, FullRecord } from "../../ipmi/sensors/SensorRecords.ts"
import { readingTypes } from "../../ipmi/sensors/StateWords.ts"
import type { PerThreshold } from "../../ipmi/sensors/Thresholds.ts"
import type { AnalogFormat } from "../../ipmi/sensors/Units.ts"
import type { Range } from "../SeededRandom.ts"

export interface AnalogSensor {
  readonly number: number
  /** Between which values it moves while the server is on, in its unit. */
  readonly between: Range
  /** The same while it is off; undefined: there is no reading then. */
  readonly standby: Range | undefined
  /** The same on one in some servers; undefined: on none. */
  readonly failing: Range | undefined
  readonly record: FullRecord
  /** Value of each raw byte, in the sensor's unit. */
  readonly values: ReadonlyArray<number>
}

export interface StateSensor {
  readonly number: number
  /** State offset while all is well, with the server on and off; undefined: no state holds. */
  readonly on: number | undefined
  readonly off: number | undefined
  /** State offset that one in some servers has besides; undefined: it never fails. */
  readonly fault: number | undefined
}

export interface SensorPlan {
  readonly analog: ReadonlyMap<number, AnalogSensor>
  readonly state: ReadonlyMap<number, StateSensor>
  /** Encoded, with record ids from 1. */
  readonly records: ReadonlyArray<Uint8Array>
}

const sensorTypes = {
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
const entities = {
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
const bmc = 0x20
const sqrt = 0x0a
/** Re-arms itself, thresholds can be read, per-threshold events. */
const thresholdCapabilities = 0x44
const stateCapabilities = 0x40
const scanningAndEvents = 0x7f

interface AnalogDraft {
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
const analogDrafts: ReadonlyArray<readonly [name: string, draft: AnalogDraft]> = [
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

interface StateDraft {
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
const stateDrafts: ReadonlyArray<StateDraft> = [
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

const noSharing = { count: 1, lettered: false, suffixOffset: 0, instances: false } as const

const analogSensor = (name: string, draft: AnalogDraft, number: number): AnalogSensor => {
  const format = draft.format ?? "unsigned"
  const linearization = draft.linearization ?? 0
  const factors: SensorFactors = {
    m: draft.m,
    b: draft.b ?? 0,
    bExponent: 0,
    resultExponent: draft.exponent ?? 0,
    tolerance: 1,
    accuracy: 0,
    accuracyExponent: 0,
    direction: 1
  }
  const values = Array.from({ length: 256 }, (_, raw) => valueOf(raw, format, linearization, factors) ?? Number.NaN)
  const readable = draft.thresholds.reduce(
    (mask: number, value, index) => (value === undefined ? mask : mask | (1 << index)),
    0
  )
  const middle = (draft.between[0] + draft.between[1]) / 2
  const record: FullRecord = {
    kind: "full",
    ownerId: bmc,
    channel: 0,
    ownerLun: 0,
    number,
    entityId: draft.entity[0],
    entityInstance: draft.entity[1],
    sensorType: draft.type,
    readingType: readingTypes.threshold,
    oem: 0,
    name,
    initialization: scanningAndEvents,
    capabilities: readable === 0 ? stateCapabilities : thresholdCapabilities,
    assertionMask: 0,
    deassertionMask: 0,
    readingMask: readable,
    unit: { format, rate: 0, modifierUse: 0, percentage: draft.percentage ?? false, base: draft.unit, modifier: 0 },
    positiveHysteresis: 1,
    negativeHysteresis: 1,
    linearization,
    factors,
    analogFlags: 0x07,
    nominal: nearestRaw(values, middle),
    normalMaximum: nearestRaw(values, draft.between[1]),
    normalMinimum: nearestRaw(values, draft.between[0]),
    sensorMaximum: format === "twosComplement" ? 0x7f : 0xff,
    sensorMinimum: format === "twosComplement" ? 0x80 : 0x00,
    thresholds: draft.thresholds.map((value) => (value === undefined ? 0 : nearestRaw(values, value)))
  }
  return { number, between: draft.between, standby: draft.standby, failing: draft.failing, record, values }
}

/** The raw byte whose value is nearest. */
export const nearestRaw = (values: ReadonlyArray<number>, value: number): number => {
  let nearest = 0
  let distance = Number.POSITIVE_INFINITY
  values.forEach((candidate, raw) => {
    const off = Math.abs(candidate - value)
    if (off >= distance) return
    nearest = raw
    distance = off
  })
  return nearest
}

/** Bits in the order of `thresholdNames`: at or below a lower threshold, at or above an upper one (IPMI 2.0 §35.14). */
export const crossedBy = ({ record }: AnalogSensor, raw: number): number => {
  const reading = rawNumber(raw, record.unit.format)
  return record.thresholds.reduce((crossed: number, threshold, index) => {
    if ((record.readingMask & (1 << index)) === 0) return crossed
    const limit = rawNumber(threshold ?? 0, record.unit.format)
    return (index < 3 ? reading <= limit : reading >= limit) ? crossed | (1 << index) : crossed
  }, 0)
}

const stateRecord = (draft: StateDraft, number: number): CompactRecord => ({
  kind: "compact",
  ownerId: bmc,
  channel: 0,
  ownerLun: 0,
  number,
  entityId: draft.entity[0],
  entityInstance: draft.entity[1],
  sensorType: draft.type,
  readingType: draft.readingType ?? readingTypes.sensorSpecific,
  oem: 0,
  name: draft.name,
  initialization: scanningAndEvents & ~0x1c,
  capabilities: stateCapabilities,
  assertionMask: draft.states,
  deassertionMask: draft.states,
  readingMask: draft.states,
  unit: { format: "none", rate: 0, modifierUse: 0, percentage: false, base: 0, modifier: 0 },
  positiveHysteresis: 0,
  negativeHysteresis: 0,
  sharing:
    draft.count === undefined ? noSharing : { count: draft.count, lettered: false, suffixOffset: 1, instances: true }
})

const makePlan = (): SensorPlan => {
  const analog = analogDrafts.map(([name, draft], index) => analogSensor(name, draft, index + 1))
  const bodies: Array<SdrBody> = analog.map(({ record }) => record)
  const state: Array<StateSensor> = []
  let number = analog.length + 1
  for (const draft of stateDrafts) {
    bodies.push(stateRecord(draft, number))
    for (let left = draft.count ?? 1; left > 0; left--) {
      state.push({ number: number++, on: draft.on, off: draft.off ?? draft.on, fault: draft.fault })
    }
  }
  bodies.push({
    kind: "eventOnly",
    ownerId: bmc,
    channel: 0,
    ownerLun: 0,
    number,
    entityId: entities.mc,
    entityInstance: 1,
    sensorType: sensorTypes.eventLog,
    readingType: readingTypes.sensorSpecific,
    oem: 0,
    name: "Event Log",
    sharing: noSharing
  })
  bodies.push({
    kind: "mcLocator",
    address: bmc,
    channel: 0,
    powerStateAndInit: 0,
    capabilities: 0x03,
    entityId: entities.mc,
    entityInstance: 1,
    oem: 0,
    name: "BMC"
  })
  return {
    analog: new Map(analog.map((sensor) => [sensor.number, sensor])),
    state: new Map(state.map((sensor) => [sensor.number, sensor])),
    records: bodies.map((body, index) => encodeSdr({ ...body, id: index + 1 }))
  }
}

let plan: SensorPlan | undefined

/** Made when the first BMC is asked for its sensors, and shared by all. */
export const sensorPlan = (): SensorPlan => (plan ??= makePlan())
