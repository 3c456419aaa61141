/** What is known of a task, as a value for whoever shows it. */
import type { Strategy } from "./PeriodicTask.ts"
import type { RunOutcome, RunRecord } from "./Run.ts"

export type TaskState = "waiting" | "queued" | "running" | "parked" | "paused" | "disabled" | "ended"

export interface Summary {
  readonly averageMillis: number
  readonly p50Millis: number
  readonly p99Millis: number
  readonly maxMillis: number
}

export interface TaskStatus {
  readonly name: string
  readonly state: TaskState
  /** No run starts by schedule until resumed; `state` says so only once no run is in flight. */
  readonly paused: boolean
  /** Null for a task by cron. */
  readonly spacingMillis: number | null
  readonly cron: string | null
  readonly strategy: Strategy | null
  readonly runs: { readonly [K in RunOutcome]: number }
  /** Times the pool refused a run of it; each is retried after about a second. */
  readonly refusals: number
  readonly nextDueAtMillis: number | null
  /** When the run under way started; null while none is. */
  readonly runningSinceMillis: number | null
  readonly lastRun: RunRecord | null
  readonly lastError: string | null
  /** Of recent runs; null before the first. */
  readonly lateness: Summary | null
  /** From start to finish, of recent runs. */
  readonly elapsed: Summary | null
  /** From being handed to the pool to the start, of recent runs. */
  readonly waiting: Summary | null
  /** Of all runs. */
  readonly elapsedTotalMillis: number
  readonly waitingTotalMillis: number
  /** Oldest first. */
  readonly recent: ReadonlyArray<RunRecord>
}

/** What `changes` reports. */
export type TaskChange =
  | { readonly _tag: "Changed"; readonly status: TaskStatus }
  | { readonly _tag: "Removed"; readonly name: string }
