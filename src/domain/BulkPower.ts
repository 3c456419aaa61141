/**
 * Power jobs: one power action for many nodes, begun in paces. A job's nodes are fixed when it starts; each is a part of
 * the job, with an outcome of its own. A part's state says what was done and no more: `begun` was written before the BMC
 * was touched, and whatever ends without it was never touched.
 */
import * as Schema from "effect/Schema"
import { type NodeId, Uuid } from "./Node.ts"
import { PowerTarget } from "./PowerState.ts"

/** Most nodes of a job: twice the fleet that a conductor is made for, some 8 MB while the job runs. */
export const mostNodes = 20_000

/** A job's own paces, under those that the conductor's options set in any case. */
export const BulkPace = Schema.Struct({
  /** Whose budget it is: the whole job's, that of each rack, or that of each conductor group of it. */
  per: Schema.Literals(["job", "rack", "group"]),
  /** Nodes begun in any second; 0 is no limit. */
  perSecond: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1000 })),
  /** Nodes begun and not ended; 0 is no limit. */
  atOnce: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: mostNodes }))
})
export type BulkPace = typeof BulkPace.Type

/** How a job is to be carried out, beside what it is to do. */
export const BulkOptions = Schema.Struct({
  pace: Schema.NullOr(BulkPace),
  /** How long each wait for a state may take; null: the conductor's own limits. */
  timeoutSeconds: Schema.NullOr(Schema.Finite),
  /** Of soft actions: a hard power off where the machine is not seen off in time. */
  fallback: Schema.NullOr(Schema.Literal("hard"))
})
export type BulkOptions = typeof BulkOptions.Type

/**
 * - `waiting`: its turn has not come
 * - `begun`: asked for, and not decided yet
 * - `confirmed`, `already-there`, `sent`, `failed`: how the action ended
 * - `refused`: known from the start to be impossible, or excluded
 * - `not-begun`: the job ended before its turn came; the BMC was not touched
 */
export const PartState = Schema.Literals([
  "waiting",
  "begun",
  "confirmed",
  "already-there",
  "sent",
  "failed",
  "refused",
  "not-begun"
])
export type PartState = typeof PartState.Type

export interface BulkPart {
  /** From 0, in the order of the job. */
  readonly position: number
  readonly nodeId: NodeId
  /** What the node was called when the job started. */
  readonly node: string
  readonly state: PartState
  /** Why it ended so, for `failed`, `refused` and `not-begun`; of `confirmed`, that it was forced. */
  readonly detail: string | null
  /** Wall clock, ms. */
  readonly begunAtMillis: number | null
  readonly endedAtMillis: number | null
}

export type PartCounts = { readonly [K in PartState]: number }

export const countParts = (parts: Iterable<Pick<BulkPart, "state">>): PartCounts => {
  const counts: { [K in PartState]: number } = {
    waiting: 0,
    begun: 0,
    confirmed: 0,
    "already-there": 0,
    sent: 0,
    failed: 0,
    refused: 0,
    "not-begun": 0
  }
  for (const { state } of parts) counts[state]++
  return counts
}

/**
 * - `running`: nodes wait, or are on the way
 * - `aborting`: nothing new begins; what is on the way ends
 * - `completed`: every node had its turn
 * - `aborted`: somebody ended it before
 * - `stopped`: the conductor stopped before; the next start found out what had been done
 */
export const JobState = Schema.Literals(["running", "aborting", "completed", "aborted", "stopped"])
export type JobState = typeof JobState.Type

export class BulkJob extends Schema.Class<BulkJob>("BulkJob")({
  id: Uuid,
  action: PowerTarget,
  /** Which nodes were asked for, in words. */
  selection: Schema.String,
  options: BulkOptions,
  /** Who asked. */
  actor: Schema.String,
  nodes: Schema.Int,
  state: JobState,
  requestedAt: Schema.DateTimeUtc,
  endedAt: Schema.NullOr(Schema.DateTimeUtc)
}) {}

export const isEnded = ({ state }: Pick<BulkJob, "state">): boolean => state !== "running" && state !== "aborting"
