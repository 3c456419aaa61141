/**
 * Brings learned profiles from the store at the start and back to it when they changed in a way that matters.
 * The store may be away: then nothing is known at first, or the next sweep saves what this one could not.
 */
import * as Effect from "effect/Effect"
import { BmcProfile, unknownProfile } from "../domain/BmcProfile.ts"
import type { NodeId } from "../domain/Node.ts"
import { ProfileStore, type StoredProfile } from "./ProfileStore.ts"

/** Rows of one save: a statement stays small, and ten thousand new nodes are ten statements. */
const batchSize = 1_000

export interface ProfileKeeper {
  /** What is stored of the node, else the unknown profile. */
  readonly known: (nodeId: NodeId) => BmcProfile
  /** Saves those that differ from what is stored. Never fails. */
  readonly save: (profiles: Iterable<StoredProfile>) => Effect.Effect<void>
  readonly forget: (nodeId: NodeId) => void
}

export const makeProfileKeeper: Effect.Effect<ProfileKeeper, never, ProfileStore> = Effect.gen(function* () {
  const store = yield* ProfileStore
  const stored = new Map<NodeId, BmcProfile>()
  yield* store.all.pipe(
    Effect.map((all) => {
      for (const { nodeId, profile } of all) stored.set(nodeId, profile)
    }),
    Effect.catch((error) =>
      Effect.logWarning("The learned BMC profiles could not be read; they are learned again", error.message)
    )
  )
  const known = (nodeId: NodeId) => stored.get(nodeId) ?? unknownProfile

  const saveBatch = (batch: ReadonlyArray<StoredProfile>) =>
    store.save(batch).pipe(
      Effect.map(() => {
        for (const { nodeId, profile } of batch) stored.set(nodeId, profile)
      }),
      Effect.catch((error) => Effect.logWarning("Learned BMC profiles could not be saved this time", error.message))
    )

  return {
    known,
    save: (profiles) =>
      Effect.suspend(() => {
        const batches: Array<Array<StoredProfile>> = []
        for (const one of profiles) {
          if (!differsMaterially(known(one.nodeId), one.profile)) continue
          const last = batches.at(-1)
          if (last === undefined || last.length === batchSize) batches.push([one])
          else last.push(one)
        }
        return Effect.forEach(batches, saveBatch, { discard: true })
      }),
    forget: (nodeId) => void stored.delete(nodeId)
  }
})

/** The profile with how often the present credential was refused since a login with it worked. */
export const withRefusals = (profile: BmcProfile, credentialVersion: number, times: number): BmcProfile => {
  // Nearly every BMC's, at every sweep: no copy of it.
  if (times === 0 && profile.refused === undefined) return profile
  const { refused: _, ...rest } = profile
  return new BmcProfile(times === 0 ? rest : { ...rest, refused: { credentialVersion, times } })
}

/** The round trip changes with every request: it matters when it is more than doubled or halved, and not below 1 ms. */
export const differsMaterially = (before: BmcProfile, after: BmcProfile): boolean =>
  before.cipherSuite !== after.cipherSuite ||
  before.privilege !== after.privilege ||
  before.manufacturerId !== after.manufacturerId ||
  before.productId !== after.productId ||
  before.firmware !== after.firmware ||
  before.maxInFlight !== after.maxInFlight ||
  before.refused?.times !== after.refused?.times ||
  before.refused?.credentialVersion !== after.refused?.credentialVersion ||
  roundTripDiffers(before.roundTripMillis, after.roundTripMillis)

const roundTripDiffers = (before: number | null, after: number | null): boolean => {
  if (before === null || after === null) return before !== after
  const [small, large] = before < after ? [before, after] : [after, before]
  return Math.max(large, 1) > 2 * Math.max(small, 1)
}
