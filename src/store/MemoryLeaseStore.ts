/** `LeaseStore` in memory, by this process's wall clock. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type HeldLease, type Lease, LeaseStore } from "./LeaseStore.ts"
import { MemoryFleet } from "./MemoryFleet.ts"

const make = Effect.gen(function* () {
  const { leases, onRemove, records } = yield* MemoryFleet
  onRemove.add((id) => leases.delete(id))
  let fences = 0

  const isThis = ({ fence, nodeId }: HeldLease) => leases.get(nodeId)?.fence === fence

  return LeaseStore.of({
    take: Effect.fnUntraced(function* (holder, requests, duration) {
      const sinceMillis = yield* Clock.currentTimeMillis
      const taken: Array<Lease> = []
      const refused: Array<Lease> = []
      for (const { nodeId, purpose } of requests) {
        if (!records.has(nodeId)) continue
        const present = leases.get(nodeId)
        if (present !== undefined && present.expiresAtMillis > sinceMillis && present.holder !== holder) {
          refused.push(present)
          continue
        }
        const expiresAtMillis = sinceMillis + Duration.toMillis(duration)
        const lease = { nodeId, holder, purpose, sinceMillis, expiresAtMillis, fence: ++fences }
        leases.set(nodeId, lease)
        taken.push(lease)
      }
      return { taken, refused }
    }),
    renew: Effect.fnUntraced(function* (held, duration) {
      const nowMillis = yield* Clock.currentTimeMillis
      return held.flatMap((one) => {
        const present = leases.get(one.nodeId)
        if (present === undefined || !isThis(one) || present.expiresAtMillis <= nowMillis) return []
        const renewed = { ...present, expiresAtMillis: nowMillis + Duration.toMillis(duration) }
        leases.set(one.nodeId, renewed)
        return [renewed]
      })
    }),
    release: (held) =>
      Effect.sync(() => {
        for (const one of held) if (isThis(one)) leases.delete(one.nodeId)
      }),
    list: Effect.sync(() => Array.from(leases.values())),
    breakOf: Effect.fnUntraced(function* ({ expired, holders }) {
      const nowMillis = yield* Clock.currentTimeMillis
      const dead = Array.from(leases.values()).filter(
        ({ expiresAtMillis, holder }) => holders.includes(holder) || (expired && expiresAtMillis <= nowMillis)
      )
      for (const { nodeId } of dead) leases.delete(nodeId)
      return dead
    })
  })
})

export const layer: Layer.Layer<LeaseStore> = Layer.effect(LeaseStore, make).pipe(Layer.provide(MemoryFleet.layer))
