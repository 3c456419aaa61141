/**
 * Whether the database answers: one cheap read, at most once a second however often a health check asks, and given up
 * after two seconds. Never fails; says "down" instead.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { DatabaseState } from "../api/ServiceApi.ts"
import { NodeStore } from "../store/NodeStore.ts"

export class DatabaseProbe extends Context.Service<DatabaseProbe, { readonly state: Effect.Effect<DatabaseState> }>()(
  "tutti/server/DatabaseProbe"
) {
  static readonly layer: Layer.Layer<DatabaseProbe, never, NodeStore> = Layer.effect(
    DatabaseProbe,
    Effect.gen(function* () {
      const store = yield* NodeStore
      const probe = store.list({ limit: 1 }).pipe(
        Effect.as<DatabaseState>({ state: "up", error: null }),
        Effect.timeoutOrElse({
          duration: "2 seconds",
          orElse: () => Effect.succeed<DatabaseState>({ state: "down", error: "No answer within 2 seconds." })
        }),
        Effect.catch((error) => Effect.succeed<DatabaseState>({ state: "down", error: error.message }))
      )
      return { state: yield* Effect.cachedWithTTL(probe, "1 second") }
    })
  )
}
