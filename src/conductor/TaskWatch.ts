/**
 * The alarm of the periodic tasks: one that should have run and did not is journalled (`TaskMissed`), logged and counted,
 * and so is its return (`TaskResumed`). It looks by a fiber of its own, so that no pool that is full and no task that
 * hangs keeps it from looking; a process whose event loop stands still can't tell that of itself.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { formatMillis } from "../domain/Node.ts"
import { type Overdue, type OverdueCause, overdueOf } from "../periodics/Overdue.ts"
import { PeriodicWorker } from "../periodics/PeriodicWorker.ts"
import { tasksMissed, tasksOverdue } from "./ConductorMetrics.ts"
import { Journal } from "./Journal.ts"

/** How soon an alarm comes after it is one; looking at some dozen tasks takes microseconds. */
const lookEvery = Duration.seconds(5)

export class TaskWatch extends Context.Service<
  TaskWatch,
  {
    /** The tasks that should have run and did not, as of the last look. */
    readonly overdue: () => ReadonlyArray<Overdue>
  }
>()("tutti/conductor/TaskWatch") {
  static readonly layer: Layer.Layer<TaskWatch, never, Journal | PeriodicWorker> = Layer.effect(
    TaskWatch,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const journal = yield* Journal
  const worker = yield* PeriodicWorker
  const context = yield* Effect.context<never>()
  const open = new Map<string, Overdue>()
  tasksOverdue.updateUnsafe(0, context)
  tasksMissed.updateUnsafe(0, context)

  const raise = (overdue: Overdue): Effect.Effect<void> => {
    const { cause, sinceMillis, task } = overdue
    open.set(task, overdue)
    tasksMissed.updateUnsafe(1, context)
    const reason = sentences[cause](formatMillis(sinceMillis))
    journal.record({ nodeId: null, kind: "TaskMissed", severity: "ERROR", actor: task, to: cause, reason })
    return Effect.annotateLogs(Effect.logError("A periodic task did not run when it should have"), { task, reason })
  }

  const clear = ({ cause, sinceMillis, task }: Overdue, paused: boolean, nowMillis: number): Effect.Effect<void> => {
    open.delete(task)
    const seconds = Math.round((nowMillis - sinceMillis) / 1000)
    const reason = paused
      ? `It was paused or removed, after ${seconds} s.`
      : `It runs as planned again, after ${seconds} s.`
    journal.record({ nodeId: null, kind: "TaskResumed", actor: task, from: cause, reason })
    return Effect.annotateLogs(Effect.logInfo("A periodic task is no longer overdue"), { task, reason })
  }

  const look = Effect.gen(function* () {
    const nowMillis = yield* Clock.currentTimeMillis
    const statuses = yield* worker.list
    const found = new Map<string, Overdue>()
    for (const status of statuses) {
      const overdue = overdueOf(status, nowMillis)
      if (overdue !== null) found.set(status.name, overdue)
    }
    const running = new Set(statuses.filter(({ paused }) => !paused).map(({ name }) => name))
    for (const known of open.values()) {
      if (!found.has(known.task)) yield* clear(known, !running.has(known.task), nowMillis)
    }
    for (const overdue of found.values()) {
      if (open.has(overdue.task)) open.set(overdue.task, overdue)
      else yield* raise(overdue)
    }
    tasksOverdue.updateUnsafe(open.size, context)
  })

  const run: Effect.Effect<void> = Effect.forever(Effect.andThen(Effect.sleep(lookEvery), look))
  yield* Effect.forkScoped(run)
  return TaskWatch.of({ overdue: () => Array.from(open.values()) })
})

const sentences: Readonly<Record<OverdueCause, (since: string) => string>> = {
  hangs: (since) => `Its run does not end; the next was due at ${since}.`,
  "pool full": (since) => `It waits for a worker of the pool since ${since}; see tutti periodics for what holds them.`,
  "not started": (since) => `It was due at ${since}, and nothing started it.`,
  fails: (since) => `Every run since ${since} has failed; see tutti periodics for the last error.`
}
