/** What every `ConductorStore` does. Each test has conductors of its own; the store may hold others. */
import { randomUUID } from "node:crypto"
import { describe, expect } from "@effect/vitest"
import type { Vitest } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { type ConductorSelf, ConductorStore } from "../../src/store/ConductorStore.ts"
import type { Stores } from "../../src/store/Store.ts"

const self = (given: Partial<ConductorSelf> = {}): ConductorSelf => ({
  hostname: `host-${randomUUID()}`,
  version: "1.0.0",
  groups: [],
  drivers: ["ipmi", "fake-hardware"],
  ...given
})

const find = Effect.fnUntraced(function* (hostname: string) {
  return (yield* (yield* ConductorStore).list).find((conductor) => conductor.hostname === hostname)
})

/** Everything heard of before this moment is silent for longer than that. */
const atOnce = Duration.millis(-1000)
const never = Duration.days(1)

export const conductorStoreSuite = (it: Vitest.MethodsNonLive<Stores>) =>
  describe("ConductorStore", () => {
    it.effect("keeps what a conductor says of itself, when it started and when it was last heard of", () =>
      Effect.gen(function* () {
        const store = yield* ConductorStore
        const conductor = self({ groups: ["lab", "prod"] })
        yield* store.register(conductor)
        const first = yield* find(conductor.hostname)
        expect(first).toMatchObject({ ...conductor, online: true })
        expect(first?.silentMillis).toBeGreaterThanOrEqual(0)
        expect(first?.silentMillis).toBeLessThan(60_000)
        yield* store.beat({ ...conductor, version: "1.0.1" })
        const beaten = yield* find(conductor.hostname)
        expect(beaten).toMatchObject({ version: "1.0.1", startedAtMillis: first?.startedAtMillis })
        expect(beaten?.heartbeatAtMillis).toBeGreaterThanOrEqual(first?.heartbeatAtMillis ?? Infinity)
        yield* store.register(conductor)
        const again = yield* find(conductor.hostname)
        expect(again?.startedAtMillis).toBeGreaterThanOrEqual(beaten?.heartbeatAtMillis ?? Infinity)
        expect(again?.createdAtMillis).toBe(first?.createdAtMillis)
      })
    )

    it.effect("puts a silent conductor offline and tells so once, whoever asks; its next beat brings it back", () =>
      Effect.gen(function* () {
        const store = yield* ConductorStore
        const conductor = self()
        yield* store.register(conductor)
        expect(yield* store.loseSilent(never)).not.toContain(conductor.hostname)
        const told = yield* Effect.all([store.loseSilent(atOnce), store.loseSilent(atOnce)], {
          concurrency: "unbounded"
        })
        expect(told.flat().filter((hostname) => hostname === conductor.hostname)).toEqual([conductor.hostname])
        expect((yield* find(conductor.hostname))?.online).toBe(false)
        yield* store.beat(conductor)
        expect((yield* find(conductor.hostname))?.online).toBe(true)
      })
    )

    it.effect("a conductor that said goodbye is offline and was not lost", () =>
      Effect.gen(function* () {
        const store = yield* ConductorStore
        const conductor = self()
        yield* store.register(conductor)
        yield* store.leave(conductor.hostname)
        expect((yield* find(conductor.hostname))?.online).toBe(false)
        expect(yield* store.loseSilent(atOnce)).not.toContain(conductor.hostname)
      })
    )

    it.effect("forgets conductors that are offline for longer, so many at a time, and never one that is online", () =>
      Effect.gen(function* () {
        const store = yield* ConductorStore
        const [gone, alsoGone, alive] = [self(), self(), self()]
        for (const conductor of [gone, alsoGone, alive]) yield* store.register(conductor)
        for (const conductor of [gone, alsoGone]) yield* store.leave(conductor.hostname)
        expect(yield* store.forget(never, 100)).toEqual([])
        // The tests before this one left offline ones of theirs: they go first.
        const forgotten: Array<string> = []
        for (;;) {
          const batch = yield* store.forget(atOnce, 1)
          if (batch.length === 0) break
          expect(batch.length).toBe(1)
          forgotten.push(...batch)
        }
        expect(forgotten).toEqual(expect.arrayContaining([gone.hostname, alsoGone.hostname]))
        expect(forgotten).not.toContain(alive.hostname)
        expect(yield* find(gone.hostname)).toBe(undefined)
        yield* store.beat(gone)
        expect((yield* find(gone.hostname))?.online).toBe(true)
      })
    )
  })
