/** Periodic tasks: when they run, what is known of it, and what an operator can do. */
import { type Mutation, testsOf } from "./Mutation.ts"

const knowledge = testsOf("test/periodics/Knowledge.test.ts", "the status of a task")
const times = knowledge("tells of each run when it was due, started and finished, and how late it was")
const steered = testsOf(
  "test/server/Service.test.ts",
  "periodic tasks"
)("are run now, paused, resumed and given another spacing")
const syncTask = testsOf("test/conductor/tasks.test.ts", "sync_power_states")

const runEnd = "src/periodics/RunEnd.ts"
const runner = "src/periodics/Runner.ts"
const engine = "src/periodics/Engine.ts"
const handlers = "src/server/PeriodicsHandlers.ts"

export const taskKnowledge: ReadonlyArray<Mutation> = [
  {
    sentence: "Each run has the time at which it was due",
    file: runEnd,
    find: "dueAtMillis: due.atMillis + epochMillis",
    replace: "dueAtMillis: startedMillis + epochMillis",
    test: times
  },
  {
    sentence: "Each run has the time at which it started",
    file: runEnd,
    find: "startedAtMillis: startedMillis + epochMillis",
    replace: "startedAtMillis: queuedMillis + epochMillis",
    test: times
  },
  {
    sentence: "Each run has the time at which it finished",
    file: runEnd,
    find: "finishedAtMillis: finishedMillis + epochMillis",
    replace: "finishedAtMillis: startedMillis + epochMillis",
    test: times
  },
  {
    sentence: "The lateness of each run is measured",
    file: runEnd,
    find: "Math.max(0, startedMillis - due.atMillis)",
    replace: "0",
    test: times
  },
  {
    sentence: "An operator sees live what becomes of each task",
    file: runner,
    find: "if (entry.waiters.length === 0) withdraw(entry)\n    options.onChanged(entry)",
    replace: "if (entry.waiters.length === 0) withdraw(entry)",
    test: testsOf(
      "test/periodics/Knowledge.test.ts",
      "streams"
    )("give the newest status of what changed, all tasks at first, and what was removed")
  },
  {
    sentence: "A task can be paused",
    file: runner,
    find: "entry.paused = true",
    replace: "entry.paused = false",
    test: testsOf(
      "test/periodics/Steering.test.ts",
      "pausing"
    )("starts no run until resumed; then the task is in phase again")
  },
  {
    sentence: "A paused task can be resumed",
    file: engine,
    find: "entry.paused = false",
    replace: "entry.paused = true",
    test: testsOf(
      "test/periodics/Steering.test.ts",
      "pausing"
    )("and resuming runs once at once what was missed, where the task says so")
  },
  {
    sentence: "A task can be run now, beside its grid",
    file: runner,
    find: 'const triggered = run.kind === "triggered"',
    replace: "const triggered = false",
    test: testsOf(
      "test/periodics/Steering.test.ts",
      "another spacing"
    )("of an aligned task counts from its grid, whatever ran beside it")
  },
  {
    sentence: "A task can be given another spacing",
    file: engine,
    find: "entry.timing = { ...timing, spacing }",
    replace: "",
    test: testsOf(
      "test/periodics/Steering.test.ts",
      "another spacing"
    )("counts from the last run at once, also when that makes the task due now")
  },
  {
    sentence: "An operator can pause a task by the API",
    file: handlers,
    find: "worker.pause(params.name)",
    replace: "worker.resume(params.name)",
    test: steered
  },
  {
    sentence: "An operator can resume a task by the API",
    file: handlers,
    find: "worker.resume(params.name)",
    replace: "worker.pause(params.name)",
    test: steered
  },
  {
    sentence: "An operator can run a task now by the API",
    file: handlers,
    find: "worker.trigger(params.name)",
    replace: 'worker.trigger("another")',
    test: steered
  },
  {
    sentence: "An operator can give a task another spacing by the API",
    file: handlers,
    find: "Duration.seconds(payload.seconds)",
    replace: "Duration.millis(payload.seconds)",
    test: steered
  }
]

export const taskTiming: ReadonlyArray<Mutation> = [
  {
    sentence: "Due times follow the monotonic clock: a wall clock that is set changes nothing",
    file: "src/periodics/DueSchedule.ts",
    find: "Number(clock.monotonicTimeNanosUnsafe()) / 1e6",
    replace: "clock.currentTimeMillisUnsafe()",
    test: testsOf(
      "test/periodics/WallClock.test.ts",
      "a task by spacing"
    )("takes no notice when the wall clock is set by 3600000 ms")
  },
  {
    sentence: "A task by cron follows the wall clock",
    file: "src/periodics/DueSchedule.ts",
    find: "const wallMillis = clock.currentTimeMillisUnsafe()",
    replace: "const wallMillis = monotonicMillis(clock)",
    test: testsOf(
      "test/periodics/WallClock.test.ts",
      "a task by cron, hourly"
    )("runs on the hour of a clock that was set forward, without making up for what it skipped")
  },
  {
    sentence: "A pass of power sync is spread over its spacing by a hash of the node",
    file: "src/conductor/PollQueue.ts",
    find: "const dueAtMillis = nowMillis + slot.phase * spreadMillis",
    replace: "const dueAtMillis = nowMillis",
    test: syncTask("reads each node once a spacing, spread over it, so that no age exceeds the spacing")
  },
  {
    sentence: "An option switches the spread off",
    file: "src/conductor/SyncFlow.ts",
    find: "if (!config.syncPowerStateSpread) return 0",
    replace: "",
    test: syncTask("reads the whole fleet at once where the spread is switched off")
  },
  {
    sentence: "A slow or dead BMC makes no pass late",
    file: "src/conductor/tasks/syncPowerStates.ts",
    find: "flow.startPass",
    replace: "Effect.asSome(flow.passCompleted)",
    test: syncTask("starts a pass at once and then each 30 s, however long the reads take")
  }
]
