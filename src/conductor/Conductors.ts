/**
 * The conductors of this database: this one, which says so and gives signs of life, and others that work or worked on it.
 * What is told of them is what the database had at the last sign of life, so that it is there while the database is away.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Driver } from "../domain/Node.ts"
import { type ConductorSelf, ConductorStore, type StoredConductor } from "../store/ConductorStore.ts"
import type { StoreError } from "../store/StoreError.ts"
import { ConductorConfig } from "./ConductorConfig.ts"

/** How long a stop tries to say goodbye; afterwards this conductor is found silent, which only costs others a minute. */
const longestGoodbye = Duration.seconds(3)

export interface KnownConductor extends Omit<StoredConductor, "online" | "silentMillis"> {
  /** Whether it was heard of within the heartbeat's timeout, and didn't say goodbye. */
  readonly alive: boolean
}

export class Conductors extends Context.Service<
  Conductors,
  {
    /** By name; this one is among them, and alive. */
    readonly all: () => ReadonlyArray<KnownConductor>
    /** Gives a sign of life, and looks at the others. */
    readonly beat: Effect.Effect<void, StoreError>
    /** Puts offline those that are silent for too long, but for this one, and answers their names; each is told once. */
    readonly loseSilent: Effect.Effect<ReadonlyArray<string>, StoreError>
    /** Forgets at most so many of those that have been offline for long; answers their names. */
    readonly forgetStale: (limit: number) => Effect.Effect<ReadonlyArray<string>, StoreError>
  }
>()("tutti/conductor/Conductors") {
  /** Registers this conductor, and says goodbye at its end. Fails when the store can't be asked. */
  static readonly layer: Layer.Layer<Conductors, StoreError, ConductorConfig | ConductorStore> = Layer.effect(
    Conductors,
    Effect.suspend(() => make)
  )
}

/** The version of Tutti that this conductor is of; the composition root says it. */
export const ConductorVersion = Context.Reference<string>("tutti/conductor/ConductorVersion", {
  defaultValue: () => "unknown"
})

const make = Effect.gen(function* () {
  const version = yield* ConductorVersion
  const config = yield* ConductorConfig
  const store = yield* ConductorStore
  // It takes nodes of every group.
  const self: ConductorSelf = { hostname: config.conductorHost, version, groups: [], drivers: Driver.literals }
  let known: ReadonlyArray<StoredConductor> = []

  const look = Effect.map(store.list, (conductors) => {
    known = conductors
  })
  yield* Effect.acquireRelease(store.register(self), () =>
    store.leave(self.hostname).pipe(Effect.timeoutOption(longestGoodbye), Effect.ignore)
  )
  yield* look

  return Conductors.of({
    all: () => {
      const silentMillis = Duration.toMillis(config.heartbeatTimeout)
      return known.map(({ online, silentMillis: silent, ...conductor }) => ({
        ...conductor,
        alive: conductor.hostname === self.hostname || (online && silent <= silentMillis)
      }))
    },
    beat: Effect.andThen(store.beat(self), look),
    loseSilent: Effect.suspend(() => store.loseSilent(config.heartbeatTimeout)).pipe(
      Effect.map((names) => names.filter((name) => name !== self.hostname)),
      Effect.tap(look)
    ),
    forgetStale: (limit) => Effect.tap(store.forget(config.conductorCleanupTimeout, limit), look)
  })
})
