/** What every `InventoryStore` does, beside the `NodeStore` whose nodes' inventories it keeps. */
import { describe, expect } from "@effect/vitest"
import type { Vitest } from "@effect/vitest"
import { DateTime, Effect, Option } from "effect"
import { BmcInventory } from "../../src/domain/BmcInventory.ts"
import { Inventory } from "../../src/domain/Inventory.ts"
import type { SensorDefinition } from "../../src/domain/SensorData.ts"
import { InventoryStore } from "../../src/store/InventoryStore.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import type { Stores } from "../../src/store/Store.ts"
import { newId, newNode } from "./storeNodes.ts"

const bmc = new BmcInventory({
  manufacturerId: 674,
  productId: 256,
  firmware: "2.81",
  ipmiVersion: "2.0",
  guid: "33221100-5544-7766-8899-aabbccddeeff",
  chassisType: "Rack Mount Chassis",
  chassis: null,
  board: null,
  product: {
    manufacturer: "Ärztebedarf \\u0000 GmbH",
    product: 'it\'s "quoted"',
    partNumber: null,
    serialNumber: "S-1",
    version: null,
    assetTag: ""
  },
  problems: ["board area has a wrong checksum"]
})
const sensor: SensorDefinition = {
  id: "48",
  name: "CPU Temp",
  kind: "temperature",
  type: "temperature",
  entity: "processor 1",
  unit: "°C",
  thresholds: null
}
const inventory = new Inventory({ bmcAddress: "10.0.0.7", bmc, sensors: [sensor], sensorProblem: null })
const earlier = { inventory, inspectedAt: DateTime.makeUnsafe("2026-11-22T10:11:12.345Z") }
const later = {
  inventory: new Inventory({ ...inventory, sensors: [] }),
  inspectedAt: DateTime.makeUnsafe("2026-11-23T10:11:12.345Z")
}

export const inventoryStoreSuite = (it: Vitest.MethodsNonLive<Stores>) =>
  describe("InventoryStore", () => {
    it.effect("keeps the last inventory of each node, exactly", () =>
      Effect.gen(function* () {
        const [inventories, nodes] = [yield* InventoryStore, yield* NodeStore]
        const [a, b, never] = [newNode(), newNode(), newNode()]
        yield* nodes.importAll([a, b, never], { update: false })
        yield* inventories.save(a.id, earlier)
        yield* inventories.save(b.id, earlier)
        yield* inventories.save(b.id, later)
        expect(yield* inventories.find(a.id)).toEqual(Option.some(earlier))
        expect(yield* inventories.find(b.id)).toEqual(Option.some(later))
        expect(yield* inventories.find(never.id)).toEqual(Option.none())
      })
    )

    it.effect("keeps none of a node that is gone", () =>
      Effect.gen(function* () {
        const [inventories, nodes] = [yield* InventoryStore, yield* NodeStore]
        const [node, gone] = [newNode(), newId()]
        yield* nodes.importAll([node], { update: false })
        yield* inventories.save(node.id, earlier)
        yield* inventories.save(gone, earlier)
        yield* nodes.remove(node.id)
        expect(yield* inventories.find(node.id)).toEqual(Option.none())
        expect(yield* inventories.find(gone)).toEqual(Option.none())
      })
    )

    it.effect("takes texts that no database can hold, as broken BMCs send them", () =>
      Effect.gen(function* () {
        const [inventories, nodes] = [yield* InventoryStore, yield* NodeStore]
        const node = newNode()
        yield* nodes.importAll([node], { update: false })
        const broken = new Inventory({ ...inventory, bmc: new BmcInventory({ ...bmc, guid: "a\0b\ud800c" }) })
        yield* inventories.save(node.id, { ...earlier, inventory: broken })
        const found = Option.getOrThrow(yield* inventories.find(node.id))
        expect(found.inventory.bmc.guid?.at(0)).toBe("a")
        expect(found.inventory.bmc.guid?.at(-1)).toBe("c")
      })
    )
  })
