/** A table of tasks for people, as futurist prints one. */
import type { TaskStatus } from "./TaskStatus.ts"

interface Column {
  readonly title: string
  readonly of: (status: TaskStatus, nowMillis: number) => string
  readonly alignRight?: boolean
}

const columns: ReadonlyArray<Column> = [
  { title: "NAME", of: (status) => status.name },
  { title: "STATE", of: (status) => (status.paused && status.state !== "paused" ? `${status.state}*` : status.state) },
  {
    title: "EVERY",
    of: (status) => (status.spacingMillis === null ? (status.cron ?? "schedule") : span(status.spacingMillis))
  },
  {
    title: "RUNS IN",
    alignRight: true,
    of: (status, nowMillis) =>
      status.nextDueAtMillis === null ? "-" : span(Math.max(0, status.nextDueAtMillis - nowMillis))
  },
  { title: "RUNS", alignRight: true, of: ({ runs }) => count(Object.values(runs).reduce((sum, n) => sum + n, 0)) },
  { title: "OK", alignRight: true, of: ({ runs }) => count(runs.success + runs["never-again"]) },
  { title: "FAILED", alignRight: true, of: ({ runs }) => count(runs.failure) },
  { title: "TIMED OUT", alignRight: true, of: ({ runs }) => count(runs.timeout) },
  { title: "TOOK", alignRight: true, of: ({ elapsed }) => (elapsed === null ? "-" : span(elapsed.averageMillis)) },
  { title: "WAITED", alignRight: true, of: ({ waiting }) => (waiting === null ? "-" : span(waiting.averageMillis)) },
  { title: "LATE P99", alignRight: true, of: ({ lateness }) => (lateness === null ? "-" : span(lateness.p99Millis)) },
  { title: "LAST ERROR", of: ({ lastRun }) => firstLine(lastRun?.error ?? "") }
]

/**
 * One line a task under a heading. A state with `*` belongs to a paused task whose run is still going; times waited and
 * taken are averages of recent runs; an error is shown as long as the last run had it.
 */
export const formatTable = (statuses: ReadonlyArray<TaskStatus>, nowMillis: number): string => {
  const rows = [
    columns.map(({ title }) => title),
    ...statuses.map((status) => columns.map((column) => column.of(status, nowMillis)))
  ]
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, index) =>
          columns[index]?.alignRight === true ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0)
        )
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}

const count = (n: number): string => String(n)

const firstLine = (text: string): string => text.split("\n", 1)[0] ?? ""

/** Three digits or so, in the unit that people would use. */
const span = (millis: number): string => {
  if (millis < 1000) return `${Number(millis.toPrecision(3))}ms`
  const seconds = millis / 1000
  if (seconds < 120) return `${Number(seconds.toPrecision(3))}s`
  if (seconds < 7200) return `${Number((seconds / 60).toPrecision(3))}m`
  return `${Number((seconds / 3600).toPrecision(3))}h`
}
