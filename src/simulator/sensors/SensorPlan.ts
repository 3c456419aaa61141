/**
 * The sensors of a simulated server as its BMC has them: encoded records, and tables to take readings from. The same for the
 * whole fleet; what differs is `SimulatedSensors`'.
 */
import { rawNumber, type SensorFactors, valueOf } from "../../ipmi/sensors/Factors.ts"
import { encodeSdr, type SdrBody } from "../../ipmi/sensors/SdrRecord.ts"
import type { CompactRecord, FullRecord } from "../../ipmi/sensors/SensorRecords.ts"
import { readingTypes } from "../../ipmi/sensors/StateWords.ts"
import type { Range } from "../SeededRandom.ts"
import { type AnalogDraft, analogDrafts, entities, sensorTypes, type StateDraft, stateDrafts } from "./ServerSensors.ts"

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

const bmc = 0x20
/** Re-arms itself, thresholds can be read, per-threshold events. */
const thresholdCapabilities = 0x44
const stateCapabilities = 0x40
const scanningAndEvents = 0x7f

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
