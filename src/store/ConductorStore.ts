/**
 * The conductors that work, or worked, on this database, each with its last sign of life. All times are the database's.
 * The contract only; `SqlConductorStore` and `MemoryConductorStore` keep it.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { StoreError } from "./StoreError.ts"

/** What a conductor says of itself. */
export interface ConductorSelf {
  readonly hostname: string
  readonly version: string
  /** The conductor groups whose nodes it takes; empty: of all. */
  readonly groups: ReadonlyArray<string>
  readonly drivers: ReadonlyArray<string>
}

export interface StoredConductor extends ConductorSelf {
  readonly createdAtMillis: number
  readonly startedAtMillis: number
  readonly heartbeatAtMillis: number
  /** How long ago the heartbeat was, when the list was read. */
  readonly silentMillis: number
  /** False once it said goodbye, or was found silent. */
  readonly online: boolean
}

export class ConductorStore extends Context.Service<
  ConductorStore,
  {
    /** A conductor starts: it is known, online, and was heard of. */
    readonly register: (self: ConductorSelf) => Effect.Effect<void, StoreError>
    /** A sign of life. Registers it again when it was forgotten meanwhile. */
    readonly beat: (self: ConductorSelf) => Effect.Effect<void, StoreError>
    /** A conductor stops: it is offline without having been lost. */
    readonly leave: (hostname: string) => Effect.Effect<void, StoreError>
    /** By name. */
    readonly list: Effect.Effect<ReadonlyArray<StoredConductor>, StoreError>
    /** Puts offline those that were silent for longer, and answers their names: each is told once, whoever asks. */
    readonly loseSilent: (silence: Duration.Duration) => Effect.Effect<ReadonlyArray<string>, StoreError>
    /** Forgets conductors that are offline and were silent for longer, the longest silent first; answers their names. */
    readonly forget: (silence: Duration.Duration, limit: number) => Effect.Effect<ReadonlyArray<string>, StoreError>
  }
>()("tutti/store/ConductorStore") {}
