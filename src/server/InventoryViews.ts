/** An inventory as the APIs show it. Pure. */
import * as DateTime from "effect/DateTime"
import type { InventoryView } from "../api/ProvisioningApi.ts"
import type { InventoryPart } from "../domain/BmcInventory.ts"
import { systemVendor } from "../domain/Inventory.ts"
import type { StoredInventory } from "../store/InventoryStore.ts"

export const toInventoryView = ({ inspectedAt, inventory }: StoredInventory): InventoryView => {
  const { bmc, bmcAddress, sensorProblem, sensors } = inventory
  const { manufacturer, productName, serialNumber } = systemVendor(inventory)
  return {
    inspected_at: DateTime.formatIso(inspectedAt),
    bmc_address: bmcAddress,
    manufacturer,
    product_name: productName,
    serial_number: serialNumber,
    bmc: {
      manufacturer_id: bmc.manufacturerId,
      product_id: bmc.productId,
      firmware: bmc.firmware,
      ipmi_version: bmc.ipmiVersion
    },
    guid: bmc.guid,
    chassis_type: bmc.chassisType,
    chassis: partOf(bmc.chassis),
    board: partOf(bmc.board),
    product: partOf(bmc.product),
    problems: bmc.problems,
    sensors: sensors.map(({ entity, id, kind, name, type, unit }) => ({ id, name, kind, type, entity, unit })),
    sensor_problem: sensorProblem
  }
}

const partOf = (part: InventoryPart | null): InventoryView["product"] =>
  part === null
    ? null
    : {
        manufacturer: part.manufacturer,
        product: part.product,
        part_number: part.partNumber,
        serial_number: part.serialNumber,
        version: part.version,
        asset_tag: part.assetTag
      }
