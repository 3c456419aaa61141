/** The engine's metrics. Updated in plain code with a context kept from the layer, since they lie on the hot path. */
import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type { RunOutcome } from "./Run.ts"

/** In seconds: from the timer's own grain to what a pool that is full for minutes makes of it. */
const latenessBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

const outcomes: ReadonlyArray<RunOutcome> = ["success", "failure", "timeout", "interrupted", "never-again"]

export interface TaskMetrics {
  readonly ran: (outcome: RunOutcome, latenessMillis: number) => void
  /** Forgets the series of a task that is gone. */
  readonly remove: () => void
}

export const taskMetrics = (prefix: string, task: string, context: Context.Context<never>): TaskMetrics => {
  const lateness = Metric.histogram(`${prefix}lateness_seconds`, {
    description: "How long after its due time a run started",
    attributes: { task },
    boundaries: latenessBoundaries
  })
  const counter = (outcome: RunOutcome) =>
    Metric.counter(`${prefix}runs_total`, {
      description: "Runs of periodic tasks",
      attributes: { task, outcome },
      incremental: true
    })
  const runs: { readonly [K in RunOutcome]: Metric.Counter<number> } = {
    success: counter("success"),
    failure: counter("failure"),
    timeout: counter("timeout"),
    interrupted: counter("interrupted"),
    "never-again": counter("never-again")
  }
  return {
    ran: (outcome, latenessMillis) => {
      runs[outcome].updateUnsafe(1, context)
      lateness.updateUnsafe(latenessMillis / 1000, context)
    },
    remove: () => {
      Metric.removeUnsafe(lateness, context)
      for (const outcome of outcomes) Metric.removeUnsafe(runs[outcome], context)
    }
  }
}

export const poolMetrics = (prefix: string, context: Context.Context<never>) => {
  const parked = Metric.gauge(`${prefix}parked`, { description: "Runs that only wait and gave their slot back" })
  const waiting = Metric.gauge(`${prefix}waiting`, { description: "Runs that wait for a slot" })
  const refused = Metric.counter(`${prefix}refused_total`, {
    description: "Submissions that found the queue full",
    incremental: true
  })
  parked.updateUnsafe(0, context)
  waiting.updateUnsafe(0, context)
  refused.updateUnsafe(0, context)
  return {
    onParked: (count: number) => parked.updateUnsafe(count, context),
    onWaiting: (count: number) => waiting.updateUnsafe(count, context),
    onRefused: () => refused.updateUnsafe(1, context)
  }
}
