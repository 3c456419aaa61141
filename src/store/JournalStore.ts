/** The journal's table. The contract only; entries are append-only and read newest first. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { JournalEntry } from "../domain/JournalEntry.ts"
import type { NodeId } from "../domain/Node.ts"
import type { StoreError } from "./StoreError.ts"

/** An entry with its number, which grows with time. */
export interface StoredEntry {
  readonly id: number
  readonly entry: JournalEntry
}

export class JournalStore extends Context.Service<
  JournalStore,
  {
    /** One statement for the whole batch; an entry of a node deleted meanwhile is left out. */
    readonly append: (entries: ReadonlyArray<JournalEntry>) => Effect.Effect<void, StoreError>
    /** Newest first; `before` is the smallest id seen so far. */
    readonly list: (query: {
      readonly nodeId?: NodeId
      readonly before?: number
      readonly limit: number
    }) => Effect.Effect<ReadonlyArray<StoredEntry>, StoreError>
    /**
     * Keeps the newest `keepPerNode` of each node, and as many of those of no node; deletes at most `limit`, the oldest
     * first, returns how many went.
     */
    readonly prune: (options: {
      readonly keepPerNode: number
      readonly limit: number
    }) => Effect.Effect<number, StoreError>
  }
>()("tutti/store/JournalStore") {}
