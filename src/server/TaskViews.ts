/** Periodic tasks and passes as Tutti's own API shows them. Pure. */
import { formatMillis } from "../domain/Node.ts"
import type { Overdue } from "../periodics/Overdue.ts"
import type { RunRecord, Summary, TaskStatus } from "../periodics/PeriodicWorker.ts"
import type { Overdue as OverdueView, Task, TaskRun } from "../api/PeriodicsApi.ts"
import type { Status } from "../api/ServiceApi.ts"
import type { PassSummary } from "../conductor/OpenPasses.ts"

export const toTaskRun = (run: RunRecord): TaskRun => ({
  task: run.task,
  kind: run.kind,
  outcome: run.outcome,
  due_at: formatMillis(run.dueAtMillis),
  queued_at: formatMillis(run.queuedAtMillis),
  started_at: formatMillis(run.startedAtMillis),
  finished_at: formatMillis(run.finishedAtMillis),
  lateness_millis: toMicros(run.latenessMillis),
  lateness_cause: run.latenessCause,
  error: run.error
})

export const toOverdue = ({ cause, sinceMillis, task }: Overdue): OverdueView => ({
  task,
  cause,
  since: formatMillis(sinceMillis)
})

/** `overdue`: the alarms there are, of whatever tasks. */
export const toTask = (status: TaskStatus, overdue: ReadonlyArray<Overdue>): Task => ({
  name: status.name,
  state: status.state,
  spacing_seconds: status.spacingMillis === null ? null : status.spacingMillis / 1000,
  cron: status.cron,
  strategy: status.strategy,
  runs: status.runs,
  paused: status.paused,
  refusals: status.refusals,
  next_due_at: status.nextDueAtMillis === null ? null : formatMillis(status.nextDueAtMillis),
  running_since: status.runningSinceMillis === null ? null : formatMillis(status.runningSinceMillis),
  overdue: overdue.filter(({ task }) => task === status.name).map(toOverdue)[0] ?? null,
  last_run: status.lastRun === null ? null : toTaskRun(status.lastRun),
  last_error: status.lastError,
  lateness: toSummary(status.lateness),
  elapsed: toSummary(status.elapsed),
  waiting: toSummary(status.waiting),
  recent: status.recent.map(toTaskRun)
})

export const toPass = (pass: PassSummary): NonNullable<Status["last_pass"]> => ({
  number: pass.number,
  started_at: formatMillis(pass.startedAtMillis),
  duration_seconds: Math.round(pass.durationMillis) / 1000,
  nodes: pass.nodes,
  skipped: pass.skipped,
  outcomes: pass.outcomes
})

/** Milliseconds to three digits after the point: what is beyond is noise of the clock. */
export const toMicros = (millis: number): number => Math.round(millis * 1000) / 1000

const toSummary = (summary: Summary | null): Task["lateness"] =>
  summary === null
    ? null
    : {
        average_millis: toMicros(summary.averageMillis),
        p50_millis: toMicros(summary.p50Millis),
        p99_millis: toMicros(summary.p99Millis),
        max_millis: toMicros(summary.maxMillis)
      }
