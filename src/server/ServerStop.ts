/**
 * Tells requests that last (event streams, waits for a power action) that the server is stopping: they end themselves,
 * since the server waits for every open request before it closes.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

export class ServerStop extends Context.Service<
  ServerStop,
  {
    readonly isStopping: () => boolean
    /** Returns once the stop began. */
    readonly stopping: Effect.Effect<void>
    readonly begin: Effect.Effect<void>
  }
>()("tutti/server/ServerStop") {
  static readonly layer: Layer.Layer<ServerStop> = Layer.effect(
    ServerStop,
    Effect.map(Deferred.make<void>(), (begun) => ({
      isStopping: () => Deferred.isDoneUnsafe(begun),
      stopping: Deferred.await(begun),
      begin: Effect.asVoid(Deferred.succeed(begun, undefined))
    }))
  )

  /** Begins the stop when its scope closes: to be built after the server, so that it closes before it. */
  static readonly layerOnClose = (closeUnused: () => void): Layer.Layer<never, never, ServerStop> =>
    Layer.effectDiscard(
      Effect.flatMap(ServerStop, (stop) =>
        Effect.addFinalizer(() => Effect.andThen(stop.begin, Effect.sync(closeUnused)))
      )
    )
}
