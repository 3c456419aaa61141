/**
 * Runs power jobs: one fiber looks which nodes may start, whatever the number of jobs and of nodes; a node costs a fiber
 * from its start to its end only, and parts are written in batches.
 *
 * That a node is begun is in the database before its BMC is touched; nothing begins while the database is away. A stop,
 * like a crash, leaves jobs as they are: the next start says what was done (`BulkPowerLeft`).
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { BulkJob, type BulkPart, countParts, type PartState } from "../domain/BulkPower.ts"
import { stateAfter } from "../domain/PowerState.ts"
import { type BudgetOf, Stagger, type Started } from "../domain/Stagger.ts"
import type { BulkPowerStore, PartUpdate } from "../store/BulkPowerStore.ts"
import type { StoreError } from "../store/StoreError.ts"
import { makeBatchWriter } from "./BatchWriter.ts"
import * as Plan from "./BulkPowerPlan.ts"
import type { ConductorConfig } from "./ConductorConfig.ts"
import type { ConductorError } from "./ConductorError.ts"
import type { Journal } from "./Journal.ts"
import type { PowerControl, PowerOutcome, PowerRequestOptions } from "./PowerControl.ts"

/** Between two looks: what ended meanwhile makes room for several at once, and costs one look. */
const pause = Duration.millis(20)
/** Budgets may have been changed meanwhile. */
const longestWaitMillis = 1000
/** Rows of one statement of outcomes. */
const batchRows = 500

/** What fails since the database is away is done again, about this often. */
export const untilWritten = <A>(write: Effect.Effect<A, StoreError>): Effect.Effect<A, StoreError> =>
  Effect.retry(write, { while: (error) => error.isRetryable, schedule: Schedule.spaced("1 second") })

/** A job that has not ended. */
export interface Running {
  job: BulkJob
  readonly startedMillis: number
  readonly planned: ReadonlyArray<Plan.PlannedPart>
  /** As they are now, each at its position. */
  readonly parts: Array<BulkPart>
  readonly counts: { [K in PartState]: number }
  /** Writes of the job's state, in the order in which they were decided. */
  readonly writes: Semaphore.Semaphore
}

export interface BulkRuns {
  readonly running: ReadonlyMap<string, Running>
  readonly budgetOf: BudgetOf
  /** The clock that `startedMillis` is of. */
  readonly nowMillis: () => number
  /** Takes over a job that was just stored. */
  readonly add: (job: BulkJob, planned: ReadonlyArray<Plan.PlannedPart>) => Running
  /** Nothing of it begins from now on. */
  readonly abort: (running: Running, actor: string) => Effect.Effect<void>
}

interface Item {
  readonly running: Running
  readonly position: number
}

type PartEnd = Pick<BulkPart, "state" | "detail">

interface Parts {
  readonly config: ConductorConfig["Service"]
  readonly journal: Journal["Service"]
  readonly power: PowerControl["Service"]
  readonly store: BulkPowerStore["Service"]
}

/** Runs jobs for as long as its scope is open. */
export const makeBulkRuns = Effect.fnUntraced(function* ({
  config,
  journal,
  power,
  store
}: Parts): Effect.fn.Return<BulkRuns, never, Scope.Scope> {
  const clock = yield* Clock.Clock
  const scope = yield* Effect.scope
  const jobs = new Map<string, Running>()
  const stagger = new Stagger<Item>()
  const budgetOf = Plan.budgetReader(config, (jobId) => jobs.get(jobId)?.job.options.pace ?? undefined)
  let look = () => {}

  const nowMillis = () => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)
  const now = () => DateTime.makeUnsafe(clock.currentTimeMillisUnsafe())

  let ends: Array<PartUpdate> = []
  const writer = yield* makeBatchWriter<ReadonlyArray<PartUpdate>>({
    what: "outcomes of power jobs",
    full: batchRows,
    size: () => ends.length,
    take: () => (ends.length === 0 ? undefined : ends.splice(0, batchRows)),
    // Bounded by the nodes of the jobs that run.
    putBack: (batch) => {
      ends = [...batch, ...ends]
    },
    lose: () => {},
    write: (batch) => store.updateParts(batch)
  })

  /** Changes a part in memory, and tells it as it is to be written. */
  const change = (item: Item, to: Partial<BulkPart>): PartUpdate => {
    const { counts, job, parts } = item.running
    const before = partOf(item)
    const part = { ...before, ...to }
    counts[before.state]--
    counts[part.state]++
    parts[item.position] = part
    return { ...part, jobId: job.id }
  }

  const end = (item: Item, { detail, state }: PartEnd): Effect.Effect<void> => {
    ends.push(change(item, { state, detail, endedAtMillis: clock.currentTimeMillisUnsafe() }))
    writer.notify()
    return endJobWhenDone(item.running)
  }

  const endJobWhenDone = (running: Running): Effect.Effect<void> =>
    running.counts.waiting + running.counts.begun > 0
      ? Effect.void
      : Effect.asVoid(Effect.forkIn(running.writes.withPermits(1)(endJob(running)), scope))

  const endJob = Effect.fnUntraced(function* (running: Running) {
    if (!jobs.has(running.job.id)) return
    yield* writer.drain
    const state = running.job.state === "aborting" ? "aborted" : "completed"
    running.job = new BulkJob({ ...running.job, state, endedAt: now() })
    yield* Effect.catch(untilWritten(store.setState(running.job.id, state, running.job.endedAt)), (error) =>
      Effect.logWarning("A power job's end could not be recorded", error.message)
    )
    jobs.delete(running.job.id)
    stagger.tidy(nowMillis(), budgetOf)
    const { failed, "not-begun": notBegun } = running.counts
    tell(running, "BulkPowerEnded", failed + notBegun > 0, `${state}; ${Plan.describeCounts(running.counts)}`)
  })

  const tell = ({ job }: Running, kind: "BulkPowerStarted" | "BulkPowerEnded", isBad: boolean, how: string): void =>
    journal.record({
      nodeId: null,
      kind,
      severity: isBad ? "WARNING" : "INFO",
      actor: job.actor,
      to: stateAfter(job.action),
      reason: `${job.action} of ${job.nodes} nodes (${job.selection}), job ${job.id}: ${how}`
    })

  // ---------------------------------------------------------------------------
  // one node of a job
  // ---------------------------------------------------------------------------

  /** Full, or the database away: nothing was done, and it is asked for again, unless the job was aborted. */
  const isPassing = ({ reason }: ConductorError) => reason._tag === "NoFreeWorker" || reason._tag === "StoreUnavailable"

  const carryOut = (item: Item, budgets: ReadonlyArray<string>): Effect.Effect<void> => {
    const { running } = item
    const request = Effect.suspend(() =>
      running.job.state === "aborting"
        ? Effect.succeed(Effect.succeed(aborted))
        : Effect.map(power.request(partOf(item).nodeId, running.job.action, requestOf(running.job)), Effect.map(toEnd))
    )
    return Effect.retry(request, { while: isPassing, schedule: Schedule.spaced("1 second") }).pipe(
      Effect.flatten,
      Effect.catch((error) => Effect.succeed<PartEnd>({ state: "failed", detail: error.message })),
      Effect.catchDefect((defect) =>
        Effect.as(Effect.logError("A part of a power job broke", defect), {
          state: "failed",
          detail: "an error within Tutti, see the log"
        } satisfies PartEnd)
      ),
      Effect.flatMap((how) => end(item, how)),
      Effect.ensuring(
        Effect.sync(() => {
          stagger.ended(budgets)
          look()
        })
      )
    )
  }

  /** Records that these begin, and only then lets them. */
  const begin = Effect.fnUntraced(function* (started: ReadonlyArray<Started<Item>>, startedMillis: number) {
    const begunAtMillis = clock.currentTimeMillisUnsafe()
    const updates = started.map(({ item }) => change(item, { state: "begun", begunAtMillis }))
    const recorded = yield* Effect.result(untilWritten(store.updateParts(updates)))
    stagger.startedLater(startedMillis, nowMillis())
    if (recorded._tag === "Success") {
      yield* Effect.forEach(started, ({ budgets, item }) => Effect.forkIn(carryOut(item, budgets), scope), {
        discard: true
      })
      return
    }
    const detail = `It could not be recorded that it begins, and so it does not: ${recorded.failure.message}`
    for (const { budgets, item } of started) {
      stagger.ended(budgets)
      yield* end(item, { state: "not-begun", detail })
    }
  })

  // ---------------------------------------------------------------------------
  // the fiber that looks
  // ---------------------------------------------------------------------------

  const until = (ready: () => boolean) =>
    Effect.callback<void>((resume) => {
      if (ready()) return resume(Effect.void)
      look = () => resume(Effect.void)
    })
  const run: Effect.Effect<void> = Effect.gen(function* () {
    for (;;) {
      const startedMillis = nowMillis()
      const started = stagger.start(startedMillis, budgetOf)
      if (started.length > 0) yield* begin(started, startedMillis)
      yield* Effect.sleep(pause)
      const at = nowMillis()
      const waitMillis = Math.min(stagger.nextAtMillis(at, budgetOf) - at, longestWaitMillis)
      if (stagger.waiting === 0) yield* until(() => stagger.waiting > 0)
      else if (waitMillis > 0)
        yield* Effect.timeoutOption(
          until(() => false),
          waitMillis
        )
    }
  }).pipe(
    Effect.catchDefect((defect) =>
      Effect.andThen(Effect.logError("The stagger of power jobs broke; it goes on", defect), Effect.sleep("1 second"))
    ),
    Effect.forever
  )
  yield* Effect.forkScoped(run)

  return {
    running: jobs,
    budgetOf,
    nowMillis,
    add: (job, planned) => {
      const parts = planned.map(({ part }) => part)
      const counts = countParts(parts)
      const writes = Semaphore.makeUnsafe(1)
      const running: Running = { job, startedMillis: nowMillis(), planned, parts, counts, writes }
      jobs.set(job.id, running)
      tell(running, "BulkPowerStarted", false, Plan.describeCounts(counts))
      for (const lane of Plan.lanesOf(planned)) {
        stagger.enqueue(
          lane.budgets,
          lane.parts.map(({ part }) => ({ running, position: part.position }))
        )
      }
      look()
      return running
    },
    abort: (running, actor) =>
      Effect.suspend(() => {
        const { id } = running.job
        const at = now()
        const detail = `The job was aborted (${actor}) before its turn came; its BMC was not touched.`
        running.job = new BulkJob({ ...running.job, state: "aborting" })
        for (const item of stagger.withdraw((item) => item.running === running)) {
          change(item, { state: "not-begun", detail, endedAtMillis: at.epochMilliseconds })
        }
        const write = Effect.andThen(store.setState(id, "aborting", null), store.endWaiting(id, detail, at))
        return running.writes
          .withPermits(1)(untilWritten(write))
          .pipe(
            Effect.catch((error) => Effect.logWarning("The abort of a power job could not be recorded", error.message)),
            Effect.andThen(Effect.suspend(() => endJobWhenDone(running))),
            // Takes its turn to write before anything else of the job can.
            Effect.forkIn(scope, { startImmediately: true }),
            Effect.asVoid
          )
      })
  }
})

const partOf = ({ position, running }: Item): BulkPart => {
  // Parts are never taken out: whoever has a position has a part.
  return running.parts[position] as BulkPart
}

const requestOf = ({ actor, id, options: { fallback, timeoutSeconds } }: BulkJob): PowerRequestOptions => ({
  actor: `${actor}, power job ${id}`,
  ...(timeoutSeconds === null ? {} : { timeout: Duration.seconds(timeoutSeconds) }),
  ...(fallback === null ? {} : { fallback })
})

const aborted: PartEnd = {
  state: "not-begun",
  detail: "The job was aborted before its turn came; its BMC was not touched."
}

const toEnd = (outcome: PowerOutcome): PartEnd => {
  switch (outcome._tag) {
    case "Confirmed":
      return { state: "confirmed", detail: outcome.forced === true ? "by a hard power off" : null }
    case "AlreadyThere":
      return { state: "already-there", detail: null }
    case "Sent":
      return { state: "sent", detail: null }
    case "Failed":
      return { state: "failed", detail: outcome.error }
  }
}
