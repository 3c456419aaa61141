/** Makes a periodic worker: the transitions of `Runner` as effects, with what is known of them as values and streams. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { makeChangeFeed } from "./ChangeFeed.ts"
import { dueSchedule } from "./DueSchedule.ts"
import { type PeriodicTask, problemOf, spacingProblem } from "./PeriodicTask.ts"
import { InvalidTask, InvalidWorkerState, PeriodicsError, TaskExists, TaskNotFound } from "./PeriodicsError.ts"
import type { RunRecord, TaskFailure } from "./Run.ts"
import { logFailure } from "./RunEnd.ts"
import { makeRunner } from "./Runner.ts"
import type { TaskEntry } from "./TaskEntry.ts"
import type { TaskChange } from "./TaskStatus.ts"
import { makeTimer } from "./Timers.ts"
import { WorkerPool } from "./WorkerPool.ts"

export interface PeriodicWorkerOptions {
  /** Whether the worker runs from the layer's construction on, empty or not. Default true; else nothing runs before `start`. */
  readonly autoStart?: boolean
  /** Start of every metric's name. Default `periodic_`. */
  readonly metricPrefix?: string
  /** Finished runs kept for each task. Default 20. */
  readonly history?: number
  /**
   * Called after a failed or timed-out run, before the next is scheduled; given up after 10 s. A failure of its own is
   * logged and ignored. Default: logs the failure.
   */
  readonly onFailure?: (failure: TaskFailure) => Effect.Effect<void, unknown>
}

export interface StartOptions {
  /** Whether it may start without any task. Default false. */
  readonly allowEmpty?: boolean
  /** Whether it stops by itself once every task has ended for ever. Default false. */
  readonly autoStopWhenEmpty?: boolean
}

/** Runs kept for a slow reader of `runs`: a second's worth at a few thousand runs a second. */
const RUNS_KEPT = 4096
/** How often the wall clock is looked at for a jump while there are tasks by cron (futurist wakes as often, `MAX_LOOP_IDLE`). */
const WALL_WATCH_MILLIS = 30_000
/** A change of the wall clock against the monotonic one that is more than slewing between two looks. */
const WALL_JUMP_MILLIS = 100
/** What interrupted runs may take to clean up before `drain` returns without them. */
const CLEAN_UP_SECONDS = 1

type Reason = PeriodicsError["reason"]
const failing = (reason: Reason) => Effect.fail(new PeriodicsError({ reason }))

export const makeEngine = Effect.fnUntraced(function* (options: PeriodicWorkerOptions) {
  const pool = yield* WorkerPool
  const finished = yield* PubSub.sliding<RunRecord>(RUNS_KEPT)
  const feed = makeChangeFeed()
  let stopWhenEmpty = false
  let idleListeners: Array<() => void> = []

  const runner = yield* makeRunner({
    slots: pool.slots,
    history: options.history ?? 20,
    metricPrefix: options.metricPrefix ?? "periodic_",
    onFailure: options.onFailure ?? logFailure,
    onChanged: (entry) => feed.mark(entry.task.name),
    onRan: (record) => {
      PubSub.publishUnsafe(finished, record)
      if (stopWhenEmpty && nothingLeft()) runner.setRunning(false)
      noteIdle()
    }
  })
  const { entries } = runner

  const nothingLeft = () =>
    [...entries.values()].every((entry) => (entry.ended || !entry.enabled) && entry.run === null)
  const isIdle = () => !runner.isRunning() && runner.inFlight() === 0
  const noteIdle = () => {
    if (!isIdle()) return
    for (const listener of idleListeners.splice(0)) listener()
  }

  const find = (name: string): Effect.Effect<TaskEntry, PeriodicsError> =>
    Effect.suspend(() => {
      const entry = entries.get(name)
      return entry === undefined ? failing(new TaskNotFound({ task: name })) : Effect.succeed(entry)
    })

  let wallOffset = runner.epochMillis()
  const wallWatch = makeTimer(() => {
    const byCron = [...entries.values()].filter((entry) => entry.timing._tag === "Cron")
    if (byCron.length === 0) return
    const offset = runner.epochMillis()
    if (Math.abs(offset - wallOffset) > WALL_JUMP_MILLIS) {
      wallOffset = offset
      runner.fork(Effect.forEach(byCron, runner.reconsider, { discard: true }))
    }
    runner.timers.set(wallWatch, runner.now() + WALL_WATCH_MILLIS)
  })

  const add = Effect.fn("PeriodicWorker.add")(function* <E, R>(task: PeriodicTask<E, R>) {
    const problem = problemOf(task)
    if (problem !== null) return yield* failing(new InvalidTask({ task: task.name, detail: problem }))
    const entry = yield* runner.make(task)
    if (!runner.enter(entry)) return yield* failing(new TaskExists({ task: task.name }))
    if (task.timing._tag === "Cron" && wallWatch.place < 0) {
      wallOffset = runner.epochMillis()
      runner.timers.set(wallWatch, runner.now() + WALL_WATCH_MILLIS)
    }
    if (entries.size === pool.slots.limits.size - pool.slots.limits.reserved + 1) {
      yield* Effect.logWarning("There are more periodic tasks than workers for them").pipe(
        Effect.annotateLogs({ tasks: entries.size, workers: entries.size - 1 })
      )
    }
    if (runner.isRunning()) yield* runner.reconsider(entry)
  })

  const remove = Effect.fn("PeriodicWorker.remove")(function* (name: string) {
    const entry = yield* find(name)
    yield* Effect.callback<void>((resume) => {
      if (entry.run !== null && entry.run.startedMillis !== null) entry.waiters.push(() => resume(Effect.void))
      runner.remove(entry)
      if (entry.run === null) resume(Effect.void)
    })
  })

  const pause = (name: string) => Effect.map(find(name), runner.pause)

  const resume = Effect.fn("PeriodicWorker.resume")(function* (name: string) {
    const entry = yield* find(name)
    const problem = entry.timing._tag === "Spacing" ? spacingProblem(entry.timing.spacing) : null
    if (problem !== null) return yield* failing(new InvalidTask({ task: name, detail: problem }))
    entry.paused = false
    entry.enabled = true
    feed.mark(name)
    if (runner.isRunning()) yield* runner.reconsider(entry)
  })

  const trigger = Effect.fn("PeriodicWorker.trigger")(function* (name: string) {
    const entry = yield* find(name)
    if (entry.ended) return yield* failing(new InvalidTask({ task: name, detail: "it has ended for ever" }))
    if (!runner.isRunning() && entry.run === null) return yield* failing(stopped)
    return yield* Effect.callback<RunRecord, PeriodicsError>((resume) => {
      const waiter = (record: RunRecord | null) =>
        resume(
          record === null ? failing(entry.removed ? new TaskNotFound({ task: name }) : stopped) : Effect.succeed(record)
        )
      runner.trigger(entry, waiter)
      return Effect.sync(() => {
        entry.waiters = entry.waiters.filter((other) => other !== waiter)
      })
    })
  })

  const setSpacing = Effect.fn("PeriodicWorker.setSpacing")(function* (name: string, spacing: Duration.Duration) {
    const entry = yield* find(name)
    const { timing } = entry
    if (timing._tag !== "Spacing") {
      return yield* failing(new InvalidTask({ task: name, detail: "it does not run by a spacing" }))
    }
    const problem = spacingProblem(spacing)
    if (problem !== null) return yield* failing(new InvalidTask({ task: name, detail: problem }))
    entry.timing = { ...timing, spacing }
    entry.step = yield* Schedule.toStep(dueSchedule({ ...entry.task, timing: entry.timing }))
    feed.mark(name)
    if (entry.run !== null || entry.due === null) return
    const last = entry.last?.times ?? null
    yield* runner.plan(entry, { _tag: "Respaced", last, addedMillis: entry.addedMillis })
    runner.arm(entry, true)
  })

  const start = Effect.fn("PeriodicWorker.start")(function* (startOptions?: StartOptions) {
    if (runner.isRunning()) return yield* failing(new InvalidWorkerState({ detail: "runs already" }))
    if (entries.size === 0 && startOptions?.allowEmpty !== true) {
      return yield* failing(new InvalidWorkerState({ detail: "has no task to start with" }))
    }
    stopWhenEmpty = startOptions?.autoStopWhenEmpty ?? false
    runner.setRunning(true)
    yield* Effect.forEach([...entries.values()], runner.reconsider, { discard: true })
  })

  const stop = Effect.sync(() => {
    runner.setRunning(false)
    noteIdle()
  })

  const wait = (timeout?: Duration.Input): Effect.Effect<boolean> => {
    const idle = Effect.callback<boolean>((resume) => {
      if (isIdle()) return resume(Effect.succeed(true))
      const listener = () => resume(Effect.succeed(true))
      idleListeners.push(listener)
      return Effect.sync(() => {
        idleListeners = idleListeners.filter((other) => other !== listener)
      })
    })
    return timeout === undefined
      ? idle
      : Effect.timeoutOrElse(idle, { duration: timeout, orElse: () => Effect.succeed(false) })
  }

  const reset = Effect.suspend(() => {
    if (!isIdle()) return failing(new InvalidWorkerState({ detail: "runs: it can be reset once stopped" }))
    return Effect.forEach(
      [...entries.values()],
      Effect.fnUntraced(function* (entry) {
        entry.forget()
        entry.step = yield* Schedule.toStep(dueSchedule({ ...entry.task, timing: entry.timing }))
        feed.mark(entry.task.name)
      }),
      { discard: true }
    )
  })

  const drain = Effect.fn("PeriodicWorker.drain")(function* (bound: Duration.Duration) {
    yield* stop
    if (yield* wait(bound)) return
    runner.interruptAll()
    yield* wait(Duration.seconds(CLEAN_UP_SECONDS))
  })

  const changes = feed.stream(
    () => entries.keys(),
    (name): TaskChange => {
      const entry = entries.get(name)
      return entry === undefined
        ? { _tag: "Removed", name }
        : { _tag: "Changed", status: entry.status(runner.epochMillis()) }
    }
  )

  if (options.autoStart ?? true) yield* Effect.orDie(start({ allowEmpty: true }))
  return {
    add,
    remove,
    pause,
    resume,
    trigger,
    setSpacing,
    list: Effect.sync(() => Array.from(entries.values(), (entry) => entry.status(runner.epochMillis()))),
    status: (name: string) => Effect.map(find(name), (entry) => entry.status(runner.epochMillis())),
    runs: Stream.fromPubSub(finished),
    changes,
    start,
    stop,
    wait,
    reset,
    drain
  }
})

const stopped = new InvalidWorkerState({ detail: "is stopped" })
