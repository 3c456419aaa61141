/**
 * What an inspection found out about a machine by asking its BMC: makers, models, numbers, and which sensors there are.
 * Every text is the maker's, as the BMC tells it: nothing here is checked against anything.
 */
import * as Schema from "effect/Schema"
import { BmcInventory } from "./BmcInventory.ts"
import { SensorDefinition } from "./SensorData.ts"

export class Inventory extends Schema.Class<Inventory>("Inventory")({
  /** Where the BMC was asked; null where there is none. */
  bmcAddress: Schema.NullOr(Schema.String),
  bmc: BmcInventory,
  sensors: Schema.Array(SensorDefinition),
  /** Why the sensors are not known; null where they are. */
  sensorProblem: Schema.NullOr(Schema.String)
}) {}

export interface SystemVendor {
  readonly manufacturer: string | null
  readonly productName: string | null
  readonly serialNumber: string | null
}

/** Who made the server, and which one it is: by its product area, else its board's; the chassis has a number too. */
export const systemVendor = ({ bmc: { board, chassis, product } }: Inventory): SystemVendor => ({
  manufacturer: product?.manufacturer ?? board?.manufacturer ?? null,
  productName: product?.product ?? board?.product ?? null,
  serialNumber: product?.serialNumber ?? chassis?.serialNumber ?? board?.serialNumber ?? null
})
