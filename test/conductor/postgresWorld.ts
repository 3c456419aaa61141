/** The whole conductor over a PostgreSQL server of its own, in real time; its BMCs are in memory. */
import { Context, Effect, Layer, Schedule } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import * as Conductor from "../../src/conductor/Conductor.ts"
import { ConductorConfig } from "../../src/conductor/ConductorConfig.ts"
import { Ownership } from "../../src/conductor/Ownership.ts"
import * as Store from "../../src/store/Store.ts"
import { scratchFolder, writeKeyFile } from "../support/keyFile.ts"
import { type PostgresServer, postgresServer } from "../support/postgres.ts"

export class Server extends Context.Service<Server, PostgresServer>()("test/Server") {}

/** Its database is named `conductor`. */
export const postgresWorld = Layer.effect(
  Server,
  Effect.tap(postgresServer, (server) => server.createDatabase("conductor"))
).pipe(
  Layer.flatMap((context) =>
    Conductor.layer.pipe(
      Layer.provideMerge(
        Layer.mergeAll(
          Layer.unwrap(
            Effect.gen(function* () {
              const keyFile = yield* writeKeyFile(yield* scratchFolder, 1)
              const url = Context.get(context, Server).url("conductor")
              return Store.layerPostgres({ url, poolSize: 10, keyFile })
            })
          ),
          Layer.succeedContext(context),
          MemoryGovernor.layer,
          ConductorConfig.layer({ syncPowerStateSpread: false }),
          Ownership.layerSolo,
          SecureRandom.layerWebCrypto
        )
      )
    )
  )
)

/** Once it succeeds; for what happens by itself within seconds. */
export const eventually = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.retry(effect, Schedule.spaced("100 millis").pipe(Schedule.upTo({ duration: "30 seconds" })))
