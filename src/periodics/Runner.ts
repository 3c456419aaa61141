/**
 * What happens to a task: due → handed to the pool → started → ended → due again. Plain transitions in one thread, so that
 * pausing, triggering or removing takes effect at once and a task can't overlap itself; only what the task does, and
 * the step of its schedule, are effects, and run in the fiber of the run.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Pull from "effect/Pull"
import * as Random from "effect/Random"
import * as References from "effect/References"
import * as Schedule from "effect/Schedule"
import * as Scheduler from "effect/Scheduler"
import * as Tracer from "effect/Tracer"
import { dueSchedule, type Occasion } from "./DueSchedule.ts"
import type { NeverAgain, PeriodicTask } from "./PeriodicTask.ts"
import { taskMetrics } from "./PeriodicsMetrics.ts"
import { retryDelayMillis } from "./Pool.ts"
import type { RunKind, RunRecord, TaskFailure } from "./Run.ts"
import { recordOf, reportFailure, verdict } from "./RunEnd.ts"
import type { SlotPool } from "./SlotPool.ts"
import { latenessCause, type Run, TaskEntry, type Waiter } from "./TaskEntry.ts"
import { makeTimer, makeTimers } from "./Timers.ts"

export interface RunnerOptions {
  readonly slots: SlotPool
  readonly history: number
  readonly metricPrefix: string
  readonly onFailure: (failure: TaskFailure) => Effect.Effect<void, unknown>
  readonly onChanged: (entry: TaskEntry) => void
  /** After a run, once all that it changed is changed. */
  readonly onRan: (record: RunRecord) => void
}

export const makeRunner = Effect.fnUntraced(function* (options: RunnerOptions) {
  const { slots } = options
  const clock = yield* Clock.Clock
  const random = yield* Random.Random
  const context = yield* Effect.context<never>()
  const scheduler = yield* Scheduler.Scheduler
  const timers = yield* makeTimers
  const fork = yield* FiberSet.makeRuntime<never, void, never>()
  const entries = new Map<string, TaskEntry>()
  let running = false
  let inFlight = 0

  /** What turns a monotonic time into one since 1970; anew for each use, since the wall clock is set now and then. */
  const epochMillis = () => clock.currentTimeMillisUnsafe() - timers.now()

  /** An entry for a task, in the services of whoever adds it; it counts once it is entered. */
  const make = Effect.fnUntraced(function* <E, R>(task: PeriodicTask<E, R>) {
    const given = yield* Effect.context<R>()
    const { run, ...definition } = task
    const step = yield* Schedule.toStep(dueSchedule(definition))
    const around = given.pipe(
      // A run is no part of whatever was traced when the task was added.
      Context.omit(Tracer.ParentSpan),
      Context.add(References.CurrentLogAnnotations, {
        ...Context.get(given, References.CurrentLogAnnotations),
        task: task.name
      })
    ) as Context.Context<R> // all of R is in it: no service's key is that of the span
    const whole = Effect.uninterruptibleMask((restore) =>
      Effect.withFiber((fiber) => {
        if (entry.run !== null) entry.run.fiber = fiber
        return Effect.flatMap(Effect.exit(restore(run)), (exit) => finish(entry, exit))
      })
    )
    const entry: TaskEntry = new TaskEntry(definition, step, timers.now(), options.history, {
      runIn: (slot) => {
        const inSlot = Context.add(around, Scheduler.Scheduler, slot)
        return Effect.updateContext(whole, (_: Context.Context<never>) => inSlot)
      },
      dueTimer: makeTimer(() => onDue(entry)),
      timeoutTimer: makeTimer(() => onTimeout(entry)),
      metrics: taskMetrics(options.metricPrefix, task.name, context)
    })
    return entry
  })

  /** False when the name is taken. */
  const enter = (entry: TaskEntry): boolean => {
    if (entries.has(entry.task.name)) return false
    entries.set(entry.task.name, entry)
    options.onChanged(entry)
    return true
  }

  /** Steps the schedule; what it says becomes the entry's due time. */
  const plan = (entry: TaskEntry, occasion: Occasion): Effect.Effect<void> =>
    entry.step(clock.currentTimeMillisUnsafe(), occasion).pipe(
      Effect.map(([due]) => {
        entry.due = due
      }),
      Pull.catchDone(() => Effect.sync(() => endForEver(entry))),
      Effect.catchCause((cause) => {
        endForEver(entry)
        return Effect.logError("The schedule of a periodic task failed, which ends the task", cause).pipe(
          Effect.annotateLogs({ task: entry.task.name })
        )
      })
    )

  const endForEver = (entry: TaskEntry): void => {
    entry.ended = true
    entry.due = null
  }

  /** Waits for the due time. `atOnce`: what is due by now is handed to the pool within this call. */
  const arm = (entry: TaskEntry, atOnce: boolean): void => {
    if (!running || !entry.active || entry.run !== null || entry.due === null) return
    if (atOnce && entry.due.atMillis <= timers.now()) onDue(entry)
    else timers.set(entry.parts.dueTimer, entry.due.atMillis)
    options.onChanged(entry)
  }

  /** Plans what is planned at all, and waits for it: on starting, resuming and after a jump of the wall clock. */
  const reconsider = (entry: TaskEntry): Effect.Effect<void> => {
    if (entry.run !== null || !entry.active) return Effect.void
    const { due } = entry
    return Effect.map(
      plan(entry, due === null ? { _tag: "Added" } : { _tag: "Reconsidered", due, last: entry.last?.due ?? null }),
      () => {
        entry.heldBack = due !== null && entry.due !== null && entry.due.atMillis < timers.now()
        arm(entry, true)
      }
    )
  }

  const onDue = (entry: TaskEntry): void => {
    if (entry.run === null && entry.due !== null) {
      const first = entry.last === null && entry.task.runImmediately
      entry.run = newRun(entry, first ? "immediate" : "periodic", entry.due)
    }
    submit(entry)
  }

  /** Each run has a slot of its own, so that a fiber which outlives its run does not pass for the next. */
  const newRun = (entry: TaskEntry, kind: RunKind, due: Run["due"]): Run => ({
    kind,
    due,
    queuedMillis: timers.now(),
    slot: slots.make(entry.task.name, scheduler, {
      onGranted: () => start(entry),
      onMoved: () => options.onChanged(entry)
    }),
    startedMillis: null,
    cause: null,
    refused: false,
    timedOut: false,
    fiber: null
  })

  const submit = (entry: TaskEntry): void => {
    const { run } = entry
    if (run === null || run.startedMillis !== null) return
    const priority = entry.task.reserved === true || entry.waiters.length > 0 ? "reserved" : "background"
    if (!slots.request(run.slot, priority)) {
      run.refused = true
      entry.refusals++
      timers.set(entry.parts.dueTimer, timers.now() + retryDelayMillis(random.nextDoubleUnsafe()))
    }
    options.onChanged(entry)
  }

  /** Takes back a run that waits for its slot, or for another try to get one. */
  const withdraw = (entry: TaskEntry): void => {
    timers.clear(entry.parts.dueTimer)
    if (entry.run === null || entry.run.startedMillis !== null) return
    slots.release(entry.run.slot)
    entry.run = null
  }

  const start = (entry: TaskEntry): void => {
    const { run } = entry
    if (run === null) return
    run.startedMillis = timers.now()
    run.cause = latenessCause(entry, run, run.startedMillis)
    inFlight++
    if (entry.task.timeout !== null) {
      timers.set(entry.parts.timeoutTimer, run.startedMillis + Duration.toMillis(entry.task.timeout))
    }
    options.onChanged(entry)
    fork(entry.parts.runIn(run.slot))
  }

  const onTimeout = (entry: TaskEntry): void => {
    if (entry.run !== null) entry.run.timedOut = true
    interrupt(entry)
  }

  const interrupt = (entry: TaskEntry): void => {
    entry.run?.slot.excuse()
    entry.run?.fiber?.interruptUnsafe()
  }

  /** The end of a run, in its fiber. Nothing that a task, a callback or a schedule does fails it. */
  const finish = (entry: TaskEntry, exit: Exit.Exit<void | NeverAgain, unknown>): Effect.Effect<void> => {
    const { run } = entry
    if (run === null || run.startedMillis === null) return Effect.void
    const finishedMillis = timers.now()
    timers.clear(entry.parts.timeoutTimer)
    const end = verdict(exit, run.timedOut ? entry.task.timeout : null)
    const { error, outcome } = end
    const record = recordOf(entry, run, { startedMillis: run.startedMillis, finishedMillis }, end, epochMillis())
    const triggered = run.kind === "triggered"
    const gridMillis = triggered && entry.last !== null ? entry.last.times.gridMillis : run.due.gridMillis
    const times = { gridMillis, startedMillis: run.startedMillis, finishedMillis }
    const last = { due: triggered && entry.last !== null ? entry.last.due : run.due, times }
    const next = Effect.suspend((): Effect.Effect<void> => {
      if (outcome === "never-again") endForEver(entry)
      if (!entry.enabled || entry.ended || entry.removed) return Effect.void
      if (!triggered || countsFromRun(entry)) return plan(entry, { _tag: "Ran", due: run.due, times, record })
      const { due } = entry
      return due === null || due.atMillis > finishedMillis || entry.paused
        ? Effect.void
        : plan(entry, { _tag: "Reconsidered", due, last: last.due })
    })
    const settle = Effect.sync(() => {
      entry.remember(record)
      entry.last = last
      entry.run = null
      entry.heldBack = false
      inFlight--
      const waiters = entry.waiters.splice(0)
      arm(entry, false)
      options.onChanged(entry)
      slots.release(run.slot)
      for (const waiter of waiters) waiter(record)
      options.onRan(record)
    })
    if (outcome !== "failure" && outcome !== "timeout") return Effect.andThen(next, settle)
    const { spacingMillis } = entry
    const failure = { task: entry.task.name, kind: run.kind, spacingMillis, outcome, error: error ?? "" }
    return Effect.andThen(reportFailure(fork, options.onFailure, failure), Effect.andThen(next, settle))
  }

  const trigger = (entry: TaskEntry, waiter: Waiter): void => {
    entry.waiters.push(waiter)
    if (entry.run === null) {
      timers.clear(entry.parts.dueTimer)
      const nowMillis = timers.now()
      entry.run = newRun(entry, "triggered", { atMillis: nowMillis, gridMillis: nowMillis, wallMillis: null })
    } else if (entry.run.startedMillis === null) {
      // It waits already: from here on with the reserved share.
      timers.clear(entry.parts.dueTimer)
      slots.release(entry.run.slot)
    } else return
    submit(entry)
  }

  const pause = (entry: TaskEntry): void => {
    entry.paused = true
    if (entry.waiters.length === 0) withdraw(entry)
    options.onChanged(entry)
  }

  /** Takes it out; a run in flight is interrupted, and ends as any. */
  const remove = (entry: TaskEntry): void => {
    entry.removed = true
    entries.delete(entry.task.name)
    entry.parts.metrics.remove()
    dismiss(entry)
    if (entry.run !== null) interrupt(entry)
  }

  /** No run starts any more, and who waits for one is told so. */
  const dismiss = (entry: TaskEntry): void => {
    withdraw(entry)
    if (entry.run === null) for (const waiter of entry.waiters.splice(0)) waiter(null)
    options.onChanged(entry)
  }

  const setRunning = (value: boolean): void => {
    running = value
    if (!value) for (const entry of entries.values()) dismiss(entry)
  }

  const interruptAll = (): void => {
    for (const entry of entries.values()) interrupt(entry)
  }
  // Before the runs' fibers are ended with the scope: so that none waits for a slot to end, or is started then.
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      setRunning(false)
      interruptAll()
    })
  )

  return {
    entries,
    now: timers.now,
    epochMillis,
    timers,
    fork,
    inFlight: () => inFlight,
    isRunning: () => running,
    setRunning,
    make,
    enter,
    plan,
    arm,
    reconsider,
    trigger,
    pause,
    remove,
    interruptAll
  }
})

/** Whether the next due time follows from any run, also one that somebody asked for. */
const countsFromRun = (entry: TaskEntry): boolean =>
  entry.timing._tag === "Spacing" && entry.timing.strategy !== "aligned"
