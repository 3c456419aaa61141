/** What a BMC tells an inspection, for tests. */
import { BmcInventory } from "../../src/domain/BmcInventory.ts"
import type { SensorDefinition } from "../../src/domain/SensorData.ts"

export const bmcInventory = new BmcInventory({
  manufacturerId: 674,
  productId: 256,
  firmware: "2.81",
  ipmiVersion: "2.0",
  guid: null,
  chassisType: null,
  chassis: null,
  board: null,
  product: {
    manufacturer: "Acme",
    product: "R-100",
    partNumber: null,
    serialNumber: "S-1",
    version: null,
    assetTag: null
  },
  problems: []
})

export const inletTemperature: SensorDefinition = {
  id: "1",
  name: "Inlet Temp",
  kind: "temperature",
  type: "temperature",
  entity: "air inlet 1",
  unit: "°C",
  thresholds: null
}

/** Arranges a BMC that can be inspected. */
export const inspectable = {
  inspect: bmcInventory,
  readSensors: {
    sheetId: "1",
    sheet: [inletTemperature],
    values: [{ value: 21, states: ["ok"], severity: "nominal", problem: null }]
  }
} as const
