/** A server over the real conductor, its stores in memory, and BMCs that a test arranges by `MemoryGovernor`. */
import { Effect, Layer } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import { HttpServer } from "effect/http"
import { MemoryGovernor } from "../../../src/bmc/MemoryGovernor.ts"
import * as Conductor from "../../../src/conductor/Conductor.ts"
import { defaults } from "../../../src/conductor/ConductorConfig.ts"
import { Ownership } from "../../../src/conductor/Ownership.ts"
import * as Settings from "../../../src/conductor/Settings.ts"
import { TaskWatch } from "../../../src/conductor/TaskWatch.ts"
import { PeriodicWorker } from "../../../src/periodics/PeriodicWorker.ts"
import { WorkerPool } from "../../../src/periodics/WorkerPool.ts"
import { serverLayer } from "../../../src/server/Server.ts"
import * as Store from "../../../src/store/Store.ts"
import { clientOf, testOptions } from "./Doubles.ts"

const given = { options: { ...defaults, conductorHost: testOptions.hostname }, fromEnvironment: new Set<never>() }

const over = (tasks: typeof Conductor.layerTasks | typeof Layer.empty) =>
  Layer.mergeAll(serverLayer(testOptions), tasks).pipe(
    Layer.provideMerge(Layer.mergeAll(Settings.layer(given), TaskWatch.layer)),
    Layer.provideMerge(Conductor.layer),
    Layer.provideMerge(PeriodicWorker.layer()),
    Layer.provide(WorkerPool.layer()),
    Layer.provideMerge(MemoryGovernor.layer),
    Layer.provideMerge(Settings.layerConfig(given)),
    Layer.provideMerge(Store.layerMemory),
    Layer.provide([Ownership.layerSolo, SecureRandom.layerWebCrypto])
  )

const start = Effect.fnUntraced(function* (layer: ReturnType<typeof over>) {
  const context = yield* Layer.build(layer)
  return yield* Effect.gen(function* () {
    const { address } = yield* HttpServer.HttpServer
    return {
      client: clientOf(`http://127.0.0.1:${"port" in address ? address.port : 0}`),
      bmcs: yield* MemoryGovernor
    }
  }).pipe(Effect.provideContext(context))
})

/** Starts it on a free port; it stops with the scope. No node is read unless it is asked for. */
export const startReal = start(over(Layer.empty))

/** The same with the conductor's periodic tasks running. */
export const startRealWithTasks = start(over(Conductor.layerTasks))
