/** A fleet of 10,000 in a database: that it fits, and, printed only, how long it takes. */
import { describe, expect } from "@effect/vitest"
import type { Vitest } from "@effect/vitest"
import { Clock, Duration, Effect, Stream } from "effect"
import { NodeStore } from "../../src/store/NodeStore.ts"
import type { Stores } from "../../src/store/Store.ts"
import { newNode } from "./storeNodes.ts"

const count = 10_000

const timed = <A, E, R>(what: string, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const startedAt = yield* Clock.monotonicTimeNanos
    const result = yield* effect
    const millis = Duration.toMillis(Duration.nanos((yield* Clock.monotonicTimeNanos) - startedAt))
    yield* Effect.logInfo(`${what}: ${Math.round(millis)} ms`)
    return result
  })

export const storeScaleSuite = (it: Vitest.MethodsNonLive<Stores>) =>
  describe("a fleet of 10,000", () => {
    it.effect(
      "is imported, observed, changed and read again, each in one go",
      () =>
        Effect.gen(function* () {
          const store = yield* NodeStore
          const nodes = Array.from({ length: count }, () => newNode({ owner: "the fleet" }))
          const { created } = yield* timed("import", store.importAll(nodes, { update: false }))
          expect(created).toHaveLength(count)
          const observations = (at: number) =>
            nodes.map(({ id }) => ({ nodeId: id, power: "power on" as const, observedAtMillis: at, failures: 0 }))
          yield* timed("first observations", store.recordObservations(observations(1_700_000_000_000)))
          yield* timed("next observations", store.recordObservations(observations(1_700_000_030_000)))
          const changed = yield* timed(
            "desired power of all",
            store.updateAll(nodes.map(({ id }) => ({ id, changes: { desiredPower: "power on" }, expectedVersion: 1 })))
          )
          expect(changed).toHaveLength(count)
          const again = yield* timed("import again, unchanged", store.importAll(nodes, { update: true }))
          expect(again.updated).toEqual([])
          const all = yield* timed("read all", Stream.runCollect(store.all))
          const fleet = all.flat().filter(({ node }) => node.owner === "the fleet")
          expect(fleet).toHaveLength(count)
          for (const { node, observation } of fleet) {
            expect([node.desiredPower, node.version, observation.observedAtMillis]).toEqual([
              "power on",
              2,
              1_700_000_030_000
            ])
          }
        }),
      { timeout: 120_000 }
    )
  })
