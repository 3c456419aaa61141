import { layerStores } from "../support/pglite.ts"
import { storeSuite } from "../suites/storeSuite.ts"

storeSuite("Stores in an embedded PGlite", layerStores)
