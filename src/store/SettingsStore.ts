/** Options that were changed while the conductor ran: they hold over a restart, until they are reset. The contract only. */
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type { StoreError } from "./StoreError.ts"

export interface StoredSetting {
  /** As `SettingsStore` was given it; not all names need to be known to this build. */
  readonly name: string
  /** As it is written in the environment. */
  readonly value: string
  /** Who changed it last. */
  readonly actor: string
  readonly at: DateTime.Utc
}

export class SettingsStore extends Context.Service<
  SettingsStore,
  {
    /** By name. */
    readonly all: Effect.Effect<ReadonlyArray<StoredSetting>, StoreError>
    /** Replaces what was stored under the name. */
    readonly put: (setting: StoredSetting) => Effect.Effect<void, StoreError>
    /** Of a name that isn't there: nothing. */
    readonly remove: (name: string) => Effect.Effect<void, StoreError>
  }
>()("tutti/store/SettingsStore") {}
