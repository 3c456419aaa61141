/**
 * Power jobs and each node's part of them, so that a restart tells truly what was done and what was not. A part outlives
 * its node: what was done to it stays told. The contract only; `SqlBulkPowerStore` and `MemoryBulkPowerStore` keep it.
 */
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { BulkJob, BulkPart, JobState, PartCounts, PartState } from "../domain/BulkPower.ts"
import type { StoreError } from "./StoreError.ts"

/** Jobs that are kept; older ones that have ended go when another one starts. A fortnight of a busy operator. */
export const mostJobs = 100

/** What became of a part. */
export type PartUpdate = Pick<BulkPart, "position" | "state" | "detail" | "begunAtMillis" | "endedAtMillis"> & {
  readonly jobId: string
}

/** A job with how many of its parts are in which state. */
export interface StoredJob {
  readonly job: BulkJob
  readonly counts: PartCounts
}

export class BulkPowerStore extends Context.Service<
  BulkPowerStore,
  {
    /** Stores a job and all its parts in one transaction, and forgets the oldest ended jobs beyond `mostJobs`. */
    readonly create: (job: BulkJob, parts: ReadonlyArray<BulkPart>) => Effect.Effect<void, StoreError>
    /** One statement for the whole batch, of whatever jobs; each part at most once in it. What is gone is left out. */
    readonly updateParts: (batch: ReadonlyArray<PartUpdate>) => Effect.Effect<void, StoreError>
    /** Ends as `not-begun` what waits still, in one statement. */
    readonly endWaiting: (jobId: string, detail: string, at: DateTime.Utc) => Effect.Effect<void, StoreError>
    readonly setState: (jobId: string, state: JobState, endedAt: DateTime.Utc | null) => Effect.Effect<void, StoreError>
    readonly find: (jobId: string) => Effect.Effect<Option.Option<StoredJob>, StoreError>
    /** Newest first, at most `mostJobs` and what has not ended. */
    readonly list: Effect.Effect<ReadonlyArray<StoredJob>, StoreError>
    /** In the order of the job, those after the position `after`, of these states where some are given. */
    readonly parts: (
      jobId: string,
      query: { readonly states?: ReadonlyArray<PartState>; readonly after?: number; readonly limit: number }
    ) => Effect.Effect<ReadonlyArray<BulkPart>, StoreError>
  }
>()("tutti/store/BulkPowerStore") {}
