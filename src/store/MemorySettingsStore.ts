/** `SettingsStore` in memory: forgets with the process. For tests. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SettingsStore, type StoredSetting } from "./SettingsStore.ts"

export const layer: Layer.Layer<SettingsStore> = Layer.sync(SettingsStore, () => {
  const stored = new Map<string, StoredSetting>()
  return SettingsStore.of({
    all: Effect.sync(() => Array.from(stored.values()).sort((a, b) => (a.name < b.name ? -1 : 1))),
    put: (setting) => Effect.sync(() => void stored.set(setting.name, setting)),
    remove: (name) => Effect.sync(() => void stored.delete(name))
  })
})
