import * as Store from "../../src/store/Store.ts"
import { bulkPowerStoreSuite } from "../suites/bulkPowerStoreSuite.ts"
import { inventoryStoreSuite } from "../suites/inventoryStoreSuite.ts"
import { conductorStoreSuite } from "../suites/conductorStoreSuite.ts"
import { chassisStoreSuite } from "../suites/chassisStoreSuite.ts"
import { journalStoreSuite } from "../suites/journalStoreSuite.ts"
import { leaseStoreSuite } from "../suites/leaseStoreSuite.ts"
import { nodeStoreSuite } from "../suites/nodeStoreSuite.ts"
import { portStoreSuite } from "../suites/portStoreSuite.ts"
import { selStoreSuite } from "../suites/selStoreSuite.ts"
import { sensorStoreSuite } from "../suites/sensorStoreSuite.ts"
import { settingsStoreSuite } from "../suites/settingsStoreSuite.ts"
import { storeScaleSuite } from "../suites/storeScaleSuite.ts"
import { storeSuite } from "../suites/storeSuite.ts"

storeSuite("Stores in memory", Store.layerMemory, [
  nodeStoreSuite,
  portStoreSuite,
  chassisStoreSuite,
  leaseStoreSuite,
  conductorStoreSuite,
  inventoryStoreSuite,
  journalStoreSuite,
  bulkPowerStoreSuite,
  selStoreSuite,
  sensorStoreSuite,
  settingsStoreSuite,
  storeScaleSuite
])
