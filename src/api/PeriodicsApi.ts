/** Periodic tasks: seen and steered while they run. Times are ISO 8601 in UTC. The contract only. */
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as Schema from "effect/Schema"
import { TaskNotFoundProblem } from "./Problems.ts"

/** One finished run. */
export const TaskRun = Schema.Struct({
  task: Schema.String,
  kind: Schema.Literals(["immediate", "periodic", "triggered"]),
  outcome: Schema.Literals(["success", "failure", "timeout", "interrupted", "never-again"]),
  due_at: Schema.String,
  queued_at: Schema.String,
  started_at: Schema.String,
  finished_at: Schema.String,
  /** Started minus due. */
  lateness_millis: Schema.Finite,
  /** Null when it was not noticeably late. */
  lateness_cause: Schema.NullOr(Schema.Literals(["pool full", "overran", "paused", "event loop"])),
  error: Schema.NullOr(Schema.String)
})
export type TaskRun = typeof TaskRun.Type

/** A task that should have run and did not. */
export const Overdue = Schema.Struct({
  task: Schema.String,
  cause: Schema.Literals(["hangs", "pool full", "not started", "fails"]),
  /** When it should have run; of one that fails, when the first of these runs started. */
  since: Schema.String
})
export type Overdue = typeof Overdue.Type

const Summary = Schema.Struct({
  average_millis: Schema.Finite,
  p50_millis: Schema.Finite,
  p99_millis: Schema.Finite,
  max_millis: Schema.Finite
})

export const Task = Schema.Struct({
  name: Schema.String,
  state: Schema.Literals(["waiting", "queued", "running", "parked", "paused", "disabled", "ended"]),
  /** Null for a task by cron. */
  spacing_seconds: Schema.NullOr(Schema.Finite),
  cron: Schema.NullOr(Schema.String),
  strategy: Schema.NullOr(Schema.Literals(["last-started", "last-finished", "aligned"])),
  runs: Schema.Struct({
    success: Schema.Int,
    failure: Schema.Int,
    timeout: Schema.Int,
    interrupted: Schema.Int,
    "never-again": Schema.Int
  }),
  /** No run starts by schedule until it is resumed; `state` says so only once no run is in flight. */
  paused: Schema.Boolean,
  /** Times the pool had no room for a run of it. */
  refusals: Schema.Int,
  next_due_at: Schema.NullOr(Schema.String),
  /** When the run under way started. */
  running_since: Schema.NullOr(Schema.String),
  /** An alarm: it should have run and did not. */
  overdue: Schema.NullOr(Overdue),
  last_run: Schema.NullOr(TaskRun),
  last_error: Schema.NullOr(Schema.String),
  /** Of recent runs; null before the first. */
  lateness: Schema.NullOr(Summary),
  /** From start to finish. */
  elapsed: Schema.NullOr(Summary),
  /** From being handed to the pool to the start. */
  waiting: Schema.NullOr(Summary),
  /** Oldest first. */
  recent: Schema.Array(TaskRun)
})
export type Task = typeof Task.Type

/** A year is more than any task waits; what is longer is a mistake of units. */
export const SpacingSeconds = Schema.Finite.check(Schema.isBetween({ minimum: 0.001, maximum: 31_536_000 }))

const name = { name: Schema.String }

export class PeriodicsApi extends HttpApiGroup.make("periodics").add(
  HttpApiEndpoint.get("list", "/v1/tutti/periodics", { success: Schema.Struct({ periodics: Schema.Array(Task) }) }),
  // Runs it now and answers with the outcome; during a run it joins that run.
  HttpApiEndpoint.post("trigger", "/v1/tutti/periodics/:name/trigger", {
    params: name,
    success: TaskRun,
    error: TaskNotFoundProblem
  }),
  HttpApiEndpoint.post("pause", "/v1/tutti/periodics/:name/pause", {
    params: name,
    success: HttpApiSchema.NoContent,
    error: TaskNotFoundProblem
  }),
  HttpApiEndpoint.post("resume", "/v1/tutti/periodics/:name/resume", {
    params: name,
    success: HttpApiSchema.NoContent,
    error: TaskNotFoundProblem
  }),
  HttpApiEndpoint.put("setSpacing", "/v1/tutti/periodics/:name/spacing", {
    params: name,
    payload: Schema.Struct({ seconds: SpacingSeconds }),
    success: HttpApiSchema.NoContent,
    error: TaskNotFoundProblem
  })
) {}
