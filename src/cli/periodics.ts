/** `periodics`: what the conductor does periodically, when it last did and next will, and how late. */
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Terminal from "effect/Terminal"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { SpacingSeconds, type Task, type TaskRun } from "../api/PeriodicsApi.ts"
import { someFailed } from "./CliFailure.ts"
import { type Column, fit, formatAge, formatTable, Json, print, printTable } from "./Output.ts"
import { call } from "./Server.ts"

const millis = (value: number): string => (value < 100 ? `${value.toFixed(1)} ms` : formatAge(value / 1000))

const columns = (now: number): ReadonlyArray<Column<Task>> => [
  { title: "TASK", cell: (task) => task.name },
  {
    title: "STATE",
    cell: (task) => (task.overdue === null ? task.state : `${task.state}, OVERDUE: ${task.overdue.cause}`)
  },
  {
    title: "EVERY",
    cell: (task) => task.cron ?? (task.spacing_seconds === null ? "-" : formatAge(task.spacing_seconds)),
    align: "right"
  },
  {
    title: "NEXT IN",
    cell: (task) => (task.next_due_at === null ? "-" : until(task.next_due_at, now)),
    align: "right"
  },
  {
    title: "RUNS",
    cell: (task) => String(Object.values(task.runs).reduce((sum, count) => sum + count, 0)),
    align: "right"
  },
  { title: "FAILED", cell: (task) => String(task.runs.failure + task.runs.timeout), align: "right" },
  {
    title: "LATE p99",
    cell: (task) => (task.lateness === null ? "-" : millis(task.lateness.p99_millis)),
    align: "right"
  },
  {
    title: "TOOK p50",
    cell: (task) => (task.elapsed === null ? "-" : millis(task.elapsed.p50_millis)),
    align: "right"
  },
  { title: "LAST", cell: (task) => task.last_run?.outcome ?? "-" },
  { title: "LAST ERROR", cell: (task) => task.last_error ?? "-" }
]

const until = (iso: string, now: number): string => {
  const seconds = (Date.parse(iso) - now) / 1000
  return seconds <= 0 ? "now" : formatAge(seconds)
}

const fetchTable = Effect.gen(function* () {
  const { periodics } = yield* call((client) => client.periodics.list())
  const now = yield* DateTime.now
  return { periodics, columns: columns(DateTime.toEpochMillis(now)) }
})

/** Home and clear, as `watch` does; only where there is a terminal. */
const CLEAR = "\u001b[H\u001b[2J"

export const periodics = Command.make(
  "periodics",
  {
    watch: Flag.Boolean("watch").pipe(
      Flag.withAlias("w"),
      Flag.withDescription("Again every second, until Ctrl-C"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ watch }) {
    const terminal = yield* Terminal.Terminal
    const once = Effect.flatMap(fetchTable, ({ columns, periodics }) => printTable(periodics, columns, periodics))
    if (!watch) return yield* once
    const json = yield* Json
    const again = Effect.gen(function* () {
      const { columns, periodics } = yield* fetchTable
      if (json) return yield* Console.log(JSON.stringify(periodics))
      const table = fit(formatTable(columns, periodics), yield* terminal.columns)
      yield* Effect.orDie(terminal.display(`${CLEAR}${table}\n`))
    })
    return yield* Effect.forever(Effect.andThen(again, Effect.sleep(Duration.seconds(1))))
  })
).pipe(Command.withDescription("Show the periodic tasks: when they ran, when they will, how late and how long"))

const taskArgument = Argument.String("task").pipe(Argument.withDescription("Name of a periodic task"))

const steer = (name: "pause" | "resume", description: string) =>
  Command.make(
    name,
    { task: taskArgument },
    Effect.fnUntraced(function* ({ task }) {
      yield* call((client) => client.periodics[name]({ params: { name: task } }))
      yield* print({ task, paused: name === "pause" }, () => `${task}: ${name}d`)
    })
  ).pipe(Command.withDescription(description))

const formatRun = (run: TaskRun): string =>
  `${run.task}: ${run.outcome}${run.error === null ? "" : `: ${run.error}`} (took ${millis(Date.parse(run.finished_at) - Date.parse(run.started_at))})`

const trigger = Command.make(
  "trigger",
  { task: taskArgument },
  Effect.fnUntraced(function* ({ task }) {
    const run = yield* call((client) => client.periodics.trigger({ params: { name: task } }))
    yield* print(run, () => formatRun(run))
    if (run.outcome !== "success" && run.outcome !== "never-again") return yield* someFailed
  })
).pipe(Command.withDescription("Run a task now; during a run, join that run"))

const spacing = Command.make(
  "spacing",
  {
    task: taskArgument,
    seconds: Argument.Finite("seconds").pipe(
      Argument.withSchema(SpacingSeconds),
      Argument.withDescription("The new spacing, in seconds")
    )
  },
  Effect.fnUntraced(function* ({ seconds, task }) {
    yield* call((client) => client.periodics.setSpacing({ params: { name: task }, payload: { seconds } }))
    yield* print(
      { task, spacing_seconds: seconds },
      () => `${task}: every ${formatAge(seconds)}, until the conductor is started again`
    )
  })
).pipe(Command.withDescription("Change a task's spacing while it runs; not kept over a restart"))

export const periodicsTree = periodics.pipe(
  Command.withSubcommands([
    trigger,
    steer("pause", "Start no more runs of a task"),
    steer("resume", "Let a paused task run again"),
    spacing
  ])
)
