/** Who a server and its BMC are, as the BMC tells: device id, GUID, and the inventory of makers, models and serial numbers. */
import * as Schema from "effect/Schema"

const Text = Schema.NullOr(Schema.String)

/** A part of the inventory; what its maker left out is null. */
export const InventoryPart = Schema.Struct({
  manufacturer: Text,
  product: Text,
  partNumber: Text,
  serialNumber: Text,
  /** The product's version; null for chassis and board. */
  version: Text,
  /** The owner's own label; of the product only. */
  assetTag: Text
})
export type InventoryPart = typeof InventoryPart.Type

export class BmcInventory extends Schema.Class<BmcInventory>("BmcInventory")({
  /** IANA enterprise number of the BMC's maker, and the maker's number of the product. */
  manufacturerId: Schema.Int,
  productId: Schema.Int,
  /** As makers write it: `3.07`. */
  firmware: Schema.String,
  ipmiVersion: Schema.String,
  /** The server's GUID in its likely written form; null where the BMC has none. */
  guid: Text,
  /** `Rack Mount Chassis`; null where the BMC has no inventory of it. */
  chassisType: Text,
  chassis: Schema.NullOr(InventoryPart),
  board: Schema.NullOr(InventoryPart),
  product: Schema.NullOr(InventoryPart),
  /** What is wrong with the stored inventory, in words; empty when all is as it has to be. */
  problems: Schema.Array(Schema.String)
}) {}
