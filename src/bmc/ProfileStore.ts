/**
 * Where learned profiles are kept between two starts. The contract, and a memory of the process's own.
 * Nothing here is needed to talk to a BMC: without it everything is learned once more.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { BmcProfile } from "../domain/BmcProfile.ts"
import type { NodeId } from "../domain/Node.ts"

/** The profiles could not be read or written just now. `message` never holds a credential. */
export class ProfileStoreError extends Schema.TaggedError<ProfileStoreError>()("ProfileStoreError", {
  message: Schema.String
}) {}

export interface StoredProfile {
  readonly nodeId: NodeId
  readonly profile: BmcProfile
}

export class ProfileStore extends Context.Service<
  ProfileStore,
  {
    /** All of them, once, at the start. One that can't be understood is left out. */
    readonly all: Effect.Effect<ReadonlyArray<StoredProfile>, ProfileStoreError>
    /** One statement for the whole batch, each node at most once in it; a node deleted meanwhile is left out. */
    readonly save: (profiles: ReadonlyArray<StoredProfile>) => Effect.Effect<void, ProfileStoreError>
  }
>()("tutti/bmc/ProfileStore") {
  /** Forgets with the process: for commands that need no server, and for tests. */
  static readonly layerMemory: Layer.Layer<ProfileStore> = Layer.sync(ProfileStore, () => {
    const profiles = new Map<NodeId, BmcProfile>()
    return ProfileStore.of({
      all: Effect.sync(() => Array.from(profiles, ([nodeId, profile]) => ({ nodeId, profile }))),
      save: (batch) =>
        Effect.sync(() => {
          for (const { nodeId, profile } of batch) profiles.set(nodeId, profile)
        })
    })
  })
}
