import { Effect, Layer } from "effect"
import * as Store from "../../src/store/Store.ts"
import { storeSuite } from "../suites/storeSuite.ts"
import { scratchFolder, writeKeyFile } from "../support/keyFile.ts"
import { postgresServer } from "../support/postgres.ts"

const stores = Layer.unwrap(
  Effect.gen(function* () {
    const server = yield* postgresServer
    const keyFile = yield* writeKeyFile(yield* scratchFolder, 1)
    return Store.layerPostgres({ url: server.url(), poolSize: 10, keyFile })
  })
)

storeSuite("Stores in a PostgreSQL server", stores)
