/**
 * Power jobs: one action for many nodes, begun in paces so that circuits and the network are not hit at once. The nodes
 * are fixed when the job starts; each is then asked for as a person's own request is, with the same rules. The contract
 * only; `StaggeredBulkPower` keeps it.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { BulkJob, BulkOptions, BulkPace, BulkPart, PartCounts, PartState } from "../domain/BulkPower.ts"
import type { NodeFilter } from "../domain/NodeFilter.ts"
import type { PowerTarget } from "../domain/PowerState.ts"
import type { Budget } from "../domain/Stagger.ts"
import type { ConductorError } from "./ConductorError.ts"

/** No power job has this id, or it was so long ago that it is forgotten. */
export class NoSuchJob extends Schema.TaggedError<NoSuchJob>()("NoSuchJob", { id: Schema.String }) {
  override readonly message = `Power job ${this.id} could not be found.`
}

/** Jobs that may run at once: enough for every person on shift; more is a script that runs away. */
export const mostRunning = 8

/** Nodes by name or id, in this order; or all. Of these, those that the filter lets through. */
export interface BulkSelection extends NodeFilter {
  readonly names?: ReadonlyArray<string>
  /** Must be true where neither names nor a filter say which: the whole fleet is never meant by leaving something out. */
  readonly all?: boolean
}

export interface BulkRequest {
  readonly action: PowerTarget
  readonly selection: BulkSelection
  /** Refuses nodes in maintenance, which doesn't hinder a power action otherwise. */
  readonly skipMaintenance?: boolean
  readonly options?: Partial<BulkOptions>
  /** Who asked, for the journal; default `operator`. */
  readonly actor?: string
}

/** A budget that holds for the job: each rack's, each group's, or the whole job's. */
export interface JobLimit extends Budget {
  readonly per: BulkPace["per"]
  /** An option of the conductor, or what the request itself asked for. */
  readonly of: "conductor" | "job"
}

export interface BulkPreview {
  readonly selection: string
  /** In the order of the job; those that can't be done are `refused`, and say why. */
  readonly parts: ReadonlyArray<BulkPart>
  readonly limits: ReadonlyArray<JobLimit>
  /** From the first start to the last, by the paces alone: how long machines take is not in it. */
  readonly leastMillis: number
}

export interface JobView {
  readonly job: BulkJob
  readonly counts: PartCounts
  /** How long it may take from now on, by its pace so far and by its budgets; null when it can't be told. */
  readonly remainingMillis: number | null
}

export class BulkPower extends Context.Service<
  BulkPower,
  {
    /** What `start` would do. Fails as it does, and changes nothing. */
    readonly preview: (request: BulkRequest) => Effect.Effect<BulkPreview, ConductorError>
    /**
     * Succeeds once the job and all its parts are recorded; it goes on by itself. Fails with `NoSuchNode` for a name that
     * is not there, `InvalidRequest` (nothing selected, nothing but refusals, or too many), `NoFreeWorker` while
     * `mostRunning` jobs run, and `StoreUnavailable`; nothing was begun then.
     */
    readonly start: (request: BulkRequest) => Effect.Effect<JobView, ConductorError>
    /**
     * Nothing new begins from now on; what is on the way ends by itself, and then the job has. Fails with `NoSuchJob`, and
     * with `Conflict` when it has ended already.
     */
    readonly abort: (jobId: string, actor?: string) => Effect.Effect<JobView, ConductorError | NoSuchJob>
    readonly show: (jobId: string) => Effect.Effect<JobView, ConductorError | NoSuchJob>
    /** Newest first. */
    readonly list: Effect.Effect<ReadonlyArray<JobView>, ConductorError>
    readonly parts: (
      jobId: string,
      query: { readonly states?: ReadonlyArray<PartState>; readonly after?: number; readonly limit: number }
    ) => Effect.Effect<ReadonlyArray<BulkPart>, ConductorError | NoSuchJob>
    /** At the start, once pending actions are resolved: ends the jobs that an earlier process left, with what is true of each node. */
    readonly resolveLeft: Effect.Effect<void>
  }
>()("tutti/conductor/BulkPower") {}
