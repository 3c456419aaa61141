/** What the handlers need to know of the service they speak for; given by the composition root, never changes. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

export interface ServerInfoOptions {
  readonly version: string
  /** This conductor's name, as Ironic's `conductor`, `reservation` and `hosts` show it. */
  readonly hostname: string
  /** Name of the periodic task that polls the fleet. */
  readonly powerSyncTask: string
}

export class ServerInfo extends Context.Service<
  ServerInfo,
  {
    readonly version: string
    readonly hostname: string
    readonly powerSyncTask: string
    /** Wall clock, for what is shown as a date. */
    readonly startedAtMillis: number
    /** Since the layer was built, by the monotonic clock. */
    readonly uptimeSeconds: Effect.Effect<number>
  }
>()("tutti/server/ServerInfo") {
  static readonly layer = (options: ServerInfoOptions): Layer.Layer<ServerInfo> =>
    Layer.effect(
      ServerInfo,
      Effect.gen(function* () {
        const startedAt = yield* Clock.monotonicTimeNanos
        return {
          version: options.version,
          hostname: options.hostname,
          powerSyncTask: options.powerSyncTask,
          startedAtMillis: yield* Clock.currentTimeMillis,
          uptimeSeconds: Effect.map(Clock.monotonicTimeNanos, (now) => Number((now - startedAt) / 1_000_000n) / 1000)
        }
      })
    )
}
