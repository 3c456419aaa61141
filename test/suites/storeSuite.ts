/** What the stores do, whatever keeps them: run against memory, the embedded database and a real server. */
import { layer } from "@effect/vitest"
import type { Vitest } from "@effect/vitest"
import type { Layer } from "effect"
import type { Stores } from "../../src/store/Store.ts"
import { bulkPowerStoreSuite } from "./bulkPowerStoreSuite.ts"
import { inventoryStoreSuite } from "./inventoryStoreSuite.ts"
import { conductorStoreSuite } from "./conductorStoreSuite.ts"
import { chassisStoreSuite } from "./chassisStoreSuite.ts"
import { journalStoreSuite } from "./journalStoreSuite.ts"
import { leaseStoreSuite } from "./leaseStoreSuite.ts"
import { nodeStoreSuite } from "./nodeStoreSuite.ts"
import { portStoreSuite } from "./portStoreSuite.ts"
import { profileStoreSuite } from "./profileStoreSuite.ts"
import { selStoreSuite } from "./selStoreSuite.ts"
import { sensorStoreSuite } from "./sensorStoreSuite.ts"
import { settingsStoreSuite } from "./settingsStoreSuite.ts"
import { storeScaleSuite } from "./storeScaleSuite.ts"

/** Profiles in memory know no nodes, and keep one's that is gone: `profileStoreSuite` is for databases. */
export const storeSuite = <E>(
  name: string,
  stores: Layer.Layer<Stores, E>,
  suites: ReadonlyArray<(it: Vitest.MethodsNonLive<Stores>) => void> = [
    nodeStoreSuite,
    portStoreSuite,
    chassisStoreSuite,
    leaseStoreSuite,
    conductorStoreSuite,
    inventoryStoreSuite,
    journalStoreSuite,
    bulkPowerStoreSuite,
    profileStoreSuite,
    selStoreSuite,
    sensorStoreSuite,
    settingsStoreSuite,
    storeScaleSuite
  ]
) =>
  layer(stores, { timeout: "60 seconds", excludeTestServices: true })(name, (it) => {
    for (const suite of suites) suite(it)
  })
