/** `ConductorStore` in memory, by this process's wall clock. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type ConductorSelf, ConductorStore, type StoredConductor } from "./ConductorStore.ts"

type Kept = Omit<StoredConductor, "silentMillis">

const make = Effect.sync(() => {
  const conductors = new Map<string, Kept>()

  const write = Effect.fnUntraced(function* (self: ConductorSelf, isStart: boolean) {
    const nowMillis = yield* Clock.currentTimeMillis
    const known = conductors.get(self.hostname)
    conductors.set(self.hostname, {
      ...self,
      createdAtMillis: known?.createdAtMillis ?? nowMillis,
      startedAtMillis: isStart ? nowMillis : (known?.startedAtMillis ?? nowMillis),
      heartbeatAtMillis: nowMillis,
      online: true
    })
  })
  const putOffline = (conductor: Kept) => conductors.set(conductor.hostname, { ...conductor, online: false })

  const silentFor = Effect.fnUntraced(function* (silence: Duration.Duration) {
    const sinceMillis = (yield* Clock.currentTimeMillis) - Duration.toMillis(silence)
    return Array.from(conductors.values()).filter(({ heartbeatAtMillis }) => heartbeatAtMillis < sinceMillis)
  })

  return ConductorStore.of({
    register: (self) => write(self, true),
    beat: (self) => write(self, false),
    leave: (hostname) =>
      Effect.sync(() => {
        const conductor = conductors.get(hostname)
        if (conductor !== undefined) putOffline(conductor)
      }),
    list: Effect.map(Clock.currentTimeMillis, (nowMillis) =>
      Array.from(conductors.values(), (kept) => ({ ...kept, silentMillis: nowMillis - kept.heartbeatAtMillis })).sort(
        (a, b) => (a.hostname < b.hostname ? -1 : 1)
      )
    ),
    loseSilent: Effect.fnUntraced(function* (silence) {
      const lost = (yield* silentFor(silence)).filter(({ online }) => online)
      lost.forEach(putOffline)
      return lost.map(({ hostname }) => hostname)
    }),
    forget: Effect.fnUntraced(function* (silence, limit) {
      const gone = (yield* silentFor(silence))
        .filter(({ online }) => !online)
        .sort((a, b) => a.heartbeatAtMillis - b.heartbeatAtMillis)
        .slice(0, limit)
      for (const { hostname } of gone) conductors.delete(hostname)
      return gone.map(({ hostname }) => hostname)
    })
  })
})

export const layer: Layer.Layer<ConductorStore> = Layer.effect(ConductorStore, make)
