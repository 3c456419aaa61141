/**
 * A task in a worker: its plan, the run it has under way, and what is known of the runs before. It only remembers; what
 * happens next is `Runner`'s.
 */
import * as Cron from "effect/Cron"
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Pull from "effect/Pull"
import type { Due, RunTimes } from "./Due.ts"
import type { Occasion } from "./DueSchedule.ts"
import type { TaskDefinition, Timing } from "./PeriodicTask.ts"
import type { TaskMetrics } from "./PeriodicsMetrics.ts"
import type { LatenessCause, RunKind, RunOutcome, RunRecord } from "./Run.ts"
import { Samples } from "./Samples.ts"
import type { Slot } from "./Slot.ts"
import type { TaskState, TaskStatus } from "./TaskStatus.ts"
import type { Timer } from "./Timers.ts"

/** One step of the task's schedule, as Effect's `Schedule.toStep` gives it. */
export type DueStep = (now: number, occasion: Occasion) => Pull.Pull<[Due, Duration.Duration], never, Due>

/** A run on its way: handed to the pool, then started. Times on the monotonic clock. */
export interface Run {
  readonly kind: RunKind
  readonly due: Due
  readonly queuedMillis: number
  readonly slot: Slot
  startedMillis: number | null
  cause: LatenessCause | null
  refused: boolean
  timedOut: boolean
  fiber: Fiber.Fiber<unknown, unknown> | null
}

/** What makes an entry act; `Runner` supplies them, since they lead back to it. */
export interface EntryParts {
  /** The task's effect as one run in that slot, from start to the next due time. */
  readonly runIn: (slot: Slot) => Effect.Effect<void>
  readonly dueTimer: Timer
  readonly timeoutTimer: Timer
  readonly metrics: TaskMetrics
}

export type Waiter = (record: RunRecord | null) => void

export class TaskEntry {
  readonly task: TaskDefinition
  readonly parts: EntryParts
  readonly addedMillis: number
  timing: Timing
  step: DueStep
  enabled: boolean
  paused = false
  ended = false
  removed = false
  /** The next one by schedule; null before the worker runs, and for a disabled or ended task. */
  due: Due | null = null
  run: Run | null = null
  /** Whether it was paused while due. */
  heldBack = false
  last: { readonly due: Due; readonly times: RunTimes } | null = null
  /** Told the outcome of the run under way; null when it will not be. */
  waiters: Array<Waiter> = []
  private readonly historyLimit: number
  private counts: { [K in RunOutcome]: number } = noRuns()
  private recent: Array<RunRecord> = []
  private lastError: string | null = null
  private lateness = new Samples()
  private elapsed = new Samples()
  private waiting = new Samples()
  refusals = 0

  constructor(task: TaskDefinition, step: DueStep, addedMillis: number, historyLimit: number, parts: EntryParts) {
    this.task = task
    this.timing = task.timing
    this.step = step
    this.enabled = task.enabled
    this.addedMillis = addedMillis
    this.historyLimit = historyLimit
    this.parts = parts
  }

  get state(): TaskState {
    if (this.run !== null && this.run.startedMillis === null) return "queued"
    if (this.run !== null) return this.run.slot.isAway() ? "parked" : "running"
    if (this.ended) return "ended"
    if (!this.enabled) return "disabled"
    return this.paused ? "paused" : "waiting"
  }

  get spacingMillis(): number | null {
    return this.timing._tag === "Spacing" ? Duration.toMillis(this.timing.spacing) : null
  }

  /** Whether its due times count. */
  get active(): boolean {
    return this.enabled && !this.paused && !this.ended && !this.removed
  }

  /** Whether the next due time is not known yet, since it follows from the run under way. */
  private get isRunningByPlan(): boolean {
    return this.run !== null && this.run.startedMillis !== null && this.run.kind !== "triggered"
  }

  remember(record: RunRecord): void {
    this.counts[record.outcome]++
    this.recent.push(record)
    if (this.recent.length > this.historyLimit) this.recent.shift()
    if (record.error !== null) this.lastError = record.error
    this.lateness.add(record.latenessMillis)
    this.elapsed.add(record.finishedAtMillis - record.startedAtMillis)
    this.waiting.add(record.startedAtMillis - record.queuedAtMillis)
    if (!this.removed) this.parts.metrics.ran(record.outcome, record.latenessMillis)
  }

  /** Back to how it was when added. */
  forget(): void {
    this.ended = false
    this.due = null
    this.last = null
    this.heldBack = false
    this.refusals = 0
    this.counts = noRuns()
    this.recent = []
    this.lastError = null
    this.lateness = new Samples()
    this.elapsed = new Samples()
    this.waiting = new Samples()
  }

  /** `epochMillis`: what turns a monotonic time into one since 1970. */
  status(epochMillis: number): TaskStatus {
    const { timing } = this
    return {
      name: this.task.name,
      state: this.state,
      paused: this.paused,
      spacingMillis: this.spacingMillis,
      cron: timing._tag === "Cron" ? Cron.format(timing.cron) : null,
      strategy: timing._tag === "Spacing" ? timing.strategy : null,
      runs: { ...this.counts },
      refusals: this.refusals,
      nextDueAtMillis:
        this.due === null || !this.active || this.isRunningByPlan ? null : this.due.atMillis + epochMillis,
      runningSinceMillis:
        this.run === null || this.run.startedMillis === null ? null : this.run.startedMillis + epochMillis,
      lastRun: this.recent.at(-1) ?? null,
      lastError: this.lastError,
      lateness: this.lateness.summary(),
      elapsed: this.elapsed.summary(),
      waiting: this.waiting.summary(),
      elapsedTotalMillis: this.elapsed.total,
      waitingTotalMillis: this.waiting.total,
      recent: [...this.recent]
    }
  }
}

const noRuns = (): { [K in RunOutcome]: number } => ({
  success: 0,
  failure: 0,
  timeout: 0,
  interrupted: 0,
  "never-again": 0
})

/**
 * Lateness below it has no cause worth naming: a timer's grain is a millisecond or two, and a few hundred runs that are
 * due in the same millisecond take the rest to start.
 */
const NOTICEABLE_MILLIS = 10

/** Why a run started late; null when it didn't noticeably. */
export const latenessCause = (entry: TaskEntry, run: Run, startedMillis: number): LatenessCause | null => {
  if (startedMillis - run.due.atMillis < NOTICEABLE_MILLIS) return null
  if (entry.heldBack) return "paused"
  if (entry.last !== null && entry.last.times.finishedMillis > run.due.atMillis) return "overran"
  return run.refused || startedMillis - run.queuedMillis >= NOTICEABLE_MILLIS ? "pool full" : "event loop"
}
