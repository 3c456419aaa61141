/** Records for tests that care about one field or two. */
import type { CompactRecord, FullRecord } from "../../../src/ipmi/sensors/SensorRecords.ts"

const common = {
  ownerId: 0x20,
  channel: 0,
  ownerLun: 0,
  number: 1,
  entityId: 7,
  entityInstance: 1,
  oem: 0,
  initialization: 0x7f,
  capabilities: 0x44,
  assertionMask: 0,
  deassertionMask: 0,
  positiveHysteresis: 0,
  negativeHysteresis: 0
}

/** A temperature in °C with six readable thresholds, one count a degree. */
export const fullRecord = (some: Partial<FullRecord>): FullRecord => ({
  ...common,
  kind: "full",
  sensorType: 0x01,
  readingType: 0x01,
  readingMask: 0x3f,
  name: "Temp",
  unit: { format: "unsigned", rate: 0, modifierUse: 0, percentage: false, base: 1, modifier: 0 },
  linearization: 0,
  factors: {
    m: 1,
    b: 0,
    bExponent: 0,
    resultExponent: 0,
    tolerance: 0,
    accuracy: 0,
    accuracyExponent: 0,
    direction: 0
  },
  analogFlags: 0,
  nominal: 0,
  normalMaximum: 0,
  normalMinimum: 0,
  sensorMaximum: 0xff,
  sensorMinimum: 0,
  thresholds: [10, 5, 0, 80, 90, 100],
  ...some
})

/** A power supply with states of its type. */
export const compactRecord = (some: Partial<CompactRecord>): CompactRecord => ({
  ...common,
  kind: "compact",
  sensorType: 0x08,
  readingType: 0x6f,
  readingMask: 0xff,
  name: "PSU",
  unit: { format: "none", rate: 0, modifierUse: 0, percentage: false, base: 0, modifier: 0 },
  sharing: { count: 1, lettered: false, suffixOffset: 0, instances: false },
  ...some
})
