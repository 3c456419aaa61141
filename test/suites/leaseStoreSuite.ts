/** What every `LeaseStore` does, and what a `NodeStore` beside it lets pass. Each test has holders and nodes of its own. */
import { describe, expect } from "@effect/vitest"
import type { Vitest } from "@effect/vitest"
import { Duration, Effect, Option } from "effect"
import type { NodeId } from "../../src/domain/Node.ts"
import { LeaseStore } from "../../src/store/LeaseStore.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import type { Stores } from "../../src/store/Store.ts"
import { newId, newNode } from "./storeNodes.ts"

const minute = Duration.minutes(1)

const create = Effect.fnUntraced(function* (count: number) {
  const nodes = Array.from({ length: count }, () => newNode())
  yield* (yield* NodeStore).importAll(nodes, { update: false })
  return nodes.map(({ id }) => id)
})
const createOne = Effect.map(create(1), ([id]) => id ?? newId())

const taking = Effect.fnUntraced(function* (
  holder: string,
  ids: ReadonlyArray<NodeId>,
  duration: Duration.Duration = minute
) {
  const requests = ids.map((nodeId) => ({ nodeId, purpose: `work of ${holder}` }))
  return yield* (yield* LeaseStore).take(holder, requests, duration)
})
/** Takes the lease of one node, which must be free. */
const take = Effect.fnUntraced(function* (holder: string, id: NodeId, duration: Duration.Duration = minute) {
  const { taken } = yield* taking(holder, [id], duration)
  return Option.getOrThrow(Option.fromUndefinedOr(taken[0]))
})

const holders = Effect.fnUntraced(function* (ids: ReadonlyArray<NodeId>) {
  const leases = yield* (yield* LeaseStore).list
  return ids.map((id) => leases.find(({ nodeId }) => nodeId === id)?.holder ?? null)
})

const descriptionOf = Effect.fnUntraced(function* (id: NodeId) {
  return Option.getOrThrow(yield* (yield* NodeStore).find(id)).node.description
})

const holderName = () => `conductor-${newId()}`

export const leaseStoreSuite = (it: Vitest.MethodsNonLive<Stores>) =>
  describe("LeaseStore", () => {
    it.effect("gives a lease with holder, purpose, since and expiry, and tells others who has it", () =>
      Effect.gen(function* () {
        const [mine, other, id] = [holderName(), holderName(), yield* createOne]
        const lease = yield* take(mine, id)
        expect(lease).toMatchObject({ nodeId: id, holder: mine, purpose: `work of ${mine}` })
        expect(lease.expiresAtMillis - lease.sinceMillis).toBeGreaterThan(59_900)
        expect(lease.expiresAtMillis - lease.sinceMillis).toBeLessThan(60_100)
        expect(yield* taking(other, [id])).toEqual({ taken: [], refused: [lease] })
        expect((yield* (yield* LeaseStore).list).filter(({ nodeId }) => nodeId === id)).toEqual([lease])
      })
    )

    it.effect("answers a batch lease by lease, and leaves out nodes that are gone", () =>
      Effect.gen(function* () {
        const [mine, other] = [holderName(), holderName()]
        const [free, held] = yield* create(2)
        const ids = [free, held].flatMap((id) => id ?? [])
        yield* taking(other, ids.slice(1))
        const { refused, taken } = yield* taking(mine, [newId(), ...ids])
        expect(taken.map(({ nodeId }) => nodeId)).toEqual(ids.slice(0, 1))
        expect(refused.map(({ holder }) => holder)).toEqual([other])
        expect(yield* taking(mine, [])).toEqual({ taken: [], refused: [] })
      })
    )

    it.effect("gives each lease a greater token than the last one of its node", () =>
      Effect.gen(function* () {
        const store = yield* LeaseStore
        const [mine, other, id] = [holderName(), holderName(), yield* createOne]
        const fences: Array<number> = []
        const remember = Effect.map(
          Effect.flatMap(store.list, (leases) => Effect.succeed(leases.find(({ nodeId }) => nodeId === id))),
          (lease) => fences.push(lease?.fence ?? 0)
        )
        yield* store.release([yield* take(mine, id)])
        yield* take(mine, id, Duration.zero)
        yield* remember
        yield* take(other, id)
        yield* remember
        // its own holder's, taken anew
        yield* take(other, id)
        yield* remember
        yield* store.breakOf({ holders: [other], expired: false })
        yield* take(mine, id)
        yield* remember
        expect(fences).toEqual(fences.toSorted((a, b) => a - b))
        expect(new Set(fences).size).toBe(4)
      })
    )

    it.effect("lets one of many have a node that all want at the same moment", () =>
      Effect.gen(function* () {
        const [contested, ids] = [yield* createOne, yield* create(20)]
        const names = Array.from({ length: 8 }, holderName)
        const all = yield* Effect.forEach(names, (name) => taking(name, [contested, ...ids]), {
          concurrency: "unbounded"
        })
        expect(all.map(({ refused, taken }) => taken.length + refused.length)).toEqual(names.map(() => 21))
        const winners = all.flatMap(({ taken }) => taken.filter(({ nodeId }) => nodeId === contested))
        expect(winners.map(({ holder }) => holder)).toEqual(yield* holders([contested]))
      })
    )

    it.effect("renews many at once, and not those that expired, were given back, or are another's by now", () =>
      Effect.gen(function* () {
        const store = yield* LeaseStore
        const [mine, other] = [holderName(), holderName()]
        const ids = yield* create(4)
        const [kept, expired, returned, taken] = ids
        if (kept === undefined || expired === undefined || returned === undefined || taken === undefined) return
        const leases = yield* Effect.forEach(ids, (id) =>
          take(mine, id, id === expired || id === taken ? Duration.zero : Duration.seconds(30))
        )
        yield* store.release(leases.filter(({ nodeId }) => nodeId === returned))
        yield* take(other, taken)
        const renewed = yield* store.renew(leases, minute)
        expect(renewed.map(({ nodeId }) => nodeId)).toEqual([kept])
        expect(renewed[0]?.fence).toBe(leases[0]?.fence)
        expect(renewed[0]?.expiresAtMillis).toBeGreaterThan((leases[0]?.expiresAtMillis ?? Infinity) + 20_000)
        expect(yield* holders([taken])).toEqual([other])
        expect(yield* store.renew([], minute)).toEqual([])
      })
    )

    it.effect("does not give back, for who had it before, what is another's by now", () =>
      Effect.gen(function* () {
        const store = yield* LeaseStore
        const [mine, other, id] = [holderName(), holderName(), yield* createOne]
        const late = yield* take(mine, id, Duration.zero)
        yield* take(other, id)
        yield* store.release([late])
        expect(yield* holders([id])).toEqual([other])
      })
    )

    it.effect("breaks the leases of a holder, and what expired when asked, and answers them", () =>
      Effect.gen(function* () {
        const store = yield* LeaseStore
        const [dead, alive] = [holderName(), holderName()]
        const ids = yield* create(3)
        const [ofDead, expired, held] = ids
        if (ofDead === undefined || expired === undefined || held === undefined) return
        const lease = yield* take(dead, ofDead)
        yield* take(alive, expired, Duration.zero)
        yield* take(alive, held)
        expect(yield* store.breakOf({ holders: [dead], expired: false })).toEqual([lease])
        const broken = yield* store.breakOf({ holders: [], expired: true })
        expect(broken.map(({ nodeId }) => nodeId)).toContain(expired)
        expect(broken.map(({ nodeId }) => nodeId)).not.toContain(held)
        expect(yield* holders(ids)).toEqual([null, null, alive])
      })
    )

    it.effect("forgets a node's lease with the node", () =>
      Effect.gen(function* () {
        const [mine, id] = [holderName(), yield* createOne]
        const lease = yield* take(mine, id)
        yield* (yield* NodeStore).remove(id)
        expect(yield* holders([id])).toEqual([null])
        expect(yield* (yield* LeaseStore).renew([lease], minute)).toEqual([])
      })
    )

    describe("a fencing token guards every write", () => {
      it.effect("a holder writes while it holds, and under no other token", () =>
        Effect.gen(function* () {
          const nodes = yield* NodeStore
          const [mine, id] = [holderName(), yield* createOne]
          const { fence } = yield* take(mine, id)
          expect((yield* nodes.update(id, { description: "mine" }, { fence })).description).toBe("mine")
          const { reason } = yield* Effect.flip(nodes.update(id, { description: "none" }, { fence: fence + 1 }))
          expect(reason._tag).toBe("LeaseLost")
          expect(yield* descriptionOf(id)).toBe("mine")
        })
      )

      it.effect(
        "an old holder that wakes up late can't write: not after expiry, a break, a give-back, or another's take",
        () =>
          Effect.gen(function* () {
            const nodes = yield* NodeStore
            const store = yield* LeaseStore
            const [mine, other] = [holderName(), holderName()]
            const refused = Effect.fnUntraced(function* (id: NodeId, fence: number) {
              const { reason } = yield* Effect.flip(nodes.update(id, { description: "late" }, { fence }))
              const batch = [{ id, changes: { description: "late" }, fence }]
              return [reason._tag, yield* nodes.updateAll(batch), yield* descriptionOf(id)]
            })
            const untouched = ["LeaseLost", [], null]

            const expired = yield* take(mine, yield* createOne, Duration.zero)
            expect(yield* refused(expired.nodeId, expired.fence)).toEqual(untouched)

            const broken = yield* take(mine, yield* createOne)
            yield* store.breakOf({ holders: [mine], expired: false })
            expect(yield* refused(broken.nodeId, broken.fence)).toEqual(untouched)

            const returned = yield* take(mine, yield* createOne)
            yield* store.release([returned])
            expect(yield* refused(returned.nodeId, returned.fence)).toEqual(untouched)

            const late = yield* take(mine, yield* createOne, Duration.zero)
            const newer = yield* take(other, late.nodeId)
            yield* nodes.update(late.nodeId, { owner: "newer" }, { fence: newer.fence })
            expect(yield* refused(late.nodeId, late.fence)).toEqual(untouched)
          })
      )

      it.effect("a batch changes the nodes whose leases hold, and leaves the others as they are", () =>
        Effect.gen(function* () {
          const nodes = yield* NodeStore
          const mine = holderName()
          const ids = yield* create(3)
          const [held, lost] = ids
          if (held === undefined || lost === undefined) return
          const fences = new Map([
            [held, (yield* take(mine, held)).fence],
            [lost, (yield* take(mine, lost, Duration.zero)).fence]
          ])
          const changed = yield* nodes.updateAll(
            ids.map((id) => {
              const fence = fences.get(id)
              return { id, changes: { description: "x" }, ...(fence === undefined ? {} : { fence }) }
            })
          )
          expect(changed.map(({ id }) => id).toSorted()).toEqual(ids.filter((id) => id !== lost).toSorted())
          expect(yield* descriptionOf(lost)).toBe(null)
        })
      )

      it.effect("whoever writes at the same moment: nothing of the old holder comes after the new one's write", () =>
        Effect.gen(function* () {
          const nodes = yield* NodeStore
          const store = yield* LeaseStore
          const ids = yield* create(20)
          yield* Effect.forEach(
            ids,
            Effect.fnUntraced(function* (id) {
              const [old, next] = [holderName(), holderName()]
              const { fence } = yield* take(old, id)
              const late = Effect.exit(nodes.update(id, { description: "old" }, { fence }))
              const takeOver = Effect.gen(function* () {
                yield* store.breakOf({ holders: [old], expired: false })
                const lease = yield* take(next, id)
                yield* nodes.update(id, { description: "new" }, { fence: lease.fence })
              })
              yield* Effect.all([late, takeOver, late], { concurrency: "unbounded" })
              expect(yield* descriptionOf(id)).toBe("new")
            }),
            { concurrency: 5 }
          )
        })
      )

      it.effect("who has broken a lease sees the last that its holder ever wrote", () =>
        Effect.gen(function* () {
          const nodes = yield* NodeStore
          const store = yield* LeaseStore
          const ids = yield* create(30)
          yield* Effect.forEach(
            ids,
            Effect.fnUntraced(function* (id) {
              const holder = holderName()
              const { fence } = yield* take(holder, id)
              const write = (n: number) => nodes.update(id, { description: `${n}` }, { fence })
              const writes = Effect.exit(
                Effect.forEach(
                  Array.from({ length: 20 }, (_, n) => n),
                  write
                )
              )
              const breaking = Effect.gen(function* () {
                yield* write(-1)
                yield* store.breakOf({ holders: [holder], expired: false })
                return yield* descriptionOf(id)
              })
              const [, seen] = yield* Effect.all([writes, breaking], { concurrency: "unbounded" })
              expect(yield* descriptionOf(id)).toBe(seen)
            }),
            { concurrency: 3 }
          )
        })
      )
    })
  })
