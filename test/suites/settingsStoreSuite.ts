/** What every `SettingsStore` does. */
import { describe, expect } from "@effect/vitest"
import type { Vitest } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { SettingsStore, type StoredSetting } from "../../src/store/SettingsStore.ts"
import type { Stores } from "../../src/store/Store.ts"

const setting = (name: string, value: string, at = "2026-11-22T10:11:12.345Z"): StoredSetting => ({
  name,
  value,
  actor: "operator",
  at: DateTime.makeUnsafe(at)
})

export const settingsStoreSuite = (it: Vitest.MethodsNonLive<Stores>) =>
  describe("SettingsStore", () => {
    it.effect("keeps the newest value of each name, and forgets what is removed", () =>
      Effect.gen(function* () {
        const settings = yield* SettingsStore
        expect(yield* settings.all).toEqual([])
        yield* settings.put(setting("b_interval", "30s"))
        yield* settings.put(setting("a_workers", "64"))
        const replaced = { ...setting("b_interval", 'lab=false ""=true', "2026-11-22T11:00:00.000Z"), actor: "alice" }
        yield* settings.put(replaced)
        expect(yield* settings.all).toEqual([setting("a_workers", "64"), replaced])
        yield* settings.remove("a_workers")
        yield* settings.remove("never there")
        expect(yield* settings.all).toEqual([replaced])
        yield* settings.remove("b_interval")
        expect(yield* settings.all).toEqual([])
      })
    )
  })
