/** What every `ProfileStore` does that keeps profiles in a database. */
import { describe, expect } from "@effect/vitest"
import type { Vitest } from "@effect/vitest"
import { Effect } from "effect"
import { ProfileStore } from "../../src/bmc/ProfileStore.ts"
import { BmcProfile, unknownProfile } from "../../src/domain/BmcProfile.ts"
import type { NodeId } from "../../src/domain/Node.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import type { Stores } from "../../src/store/Store.ts"
import { newId, newNode } from "./storeNodes.ts"

const learned = new BmcProfile({
  cipherSuite: 17,
  privilege: "OPERATOR",
  manufacturerId: 674,
  productId: 256,
  firmware: "2.81",
  roundTripMillis: 12.75
})

const profileOf = Effect.fnUntraced(function* (id: NodeId) {
  const profiles = yield* ProfileStore
  return (yield* profiles.all).find(({ nodeId }) => nodeId === id)?.profile
})

export const profileStoreSuite = (it: Vitest.MethodsNonLive<Stores>) =>
  describe("ProfileStore", () => {
    it.effect("keeps the last profile of each node, and none of a node that is gone", () =>
      Effect.gen(function* () {
        const profiles = yield* ProfileStore
        const nodes = yield* NodeStore
        const [a, b, gone] = [newNode(), newNode(), newId()]
        yield* nodes.importAll([a, b], { update: false })
        yield* profiles.save([
          { nodeId: a.id, profile: unknownProfile },
          { nodeId: b.id, profile: learned },
          { nodeId: gone, profile: learned }
        ])
        yield* profiles.save([{ nodeId: a.id, profile: learned }])
        yield* profiles.save([])
        expect(yield* profileOf(a.id)).toEqual(learned)
        expect(yield* profileOf(b.id)).toEqual(learned)
        expect(yield* profileOf(gone)).toBeUndefined()
        yield* nodes.remove(b.id)
        expect(yield* profileOf(b.id)).toBeUndefined()
      })
    )
  })
