/**
 * How far the event logs of BMCs have been read. The contract only. A position is written together with what was made of
 * the events before it, in one transaction: no event is in the journal twice, and none is passed over.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { JournalEntry } from "../domain/JournalEntry.ts"
import type { NodeId } from "../domain/Node.ts"
import type { SelPosition } from "../domain/SelEntry.ts"
import type { StoreError } from "./StoreError.ts"

export interface SelProgress {
  readonly position: SelPosition
  /** Grows with every write, so that two readers of one log can't both write. */
  readonly version: number
}

export class SelStore extends Context.Service<
  SelStore,
  {
    /** None for a log that was never read. */
    readonly progress: (nodeId: NodeId) => Effect.Effect<Option.Option<SelProgress>, StoreError>
    /**
     * Writes the position and the entries, or nothing. False: nothing, since the node is gone or somebody else has read on from
     * `from` (null: from the beginning).
     */
    readonly advance: (step: {
      readonly nodeId: NodeId
      readonly from: number | null
      readonly position: SelPosition
      readonly entries: ReadonlyArray<JournalEntry>
    }) => Effect.Effect<boolean, StoreError>
  }
>()("tutti/store/SelStore") {}
