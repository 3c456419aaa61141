/** `BulkPower` over `PowerControl`: plans and records jobs, and hands them to `BulkRuns`. */
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { BulkJob, type BulkPart, mostNodes } from "../domain/BulkPower.ts"
import { Uuid } from "../domain/Node.ts"
import { BulkPowerStore } from "../store/BulkPowerStore.ts"
import { BulkPower, type BulkRequest, type JobView, mostRunning, NoSuchJob } from "./BulkPower.ts"
import { resolveLeft } from "./BulkPowerLeft.ts"
import * as Plan from "./BulkPowerPlan.ts"
import { makeBulkRuns, type Running } from "./BulkRuns.ts"
import { ConductorConfig } from "./ConductorConfig.ts"
import { ConductorError, Conflict, fromStore, invalid, noFreeWorker, noSuchNode } from "./ConductorError.ts"
import { Journal } from "./Journal.ts"
import { NodeDirectory } from "./NodeDirectory.ts"
import { Ownership } from "./Ownership.ts"
import { PowerControl } from "./PowerControl.ts"

export const layer: Layer.Layer<
  BulkPower,
  never,
  BulkPowerStore | ConductorConfig | Journal | NodeDirectory | Ownership | PowerControl | SecureRandom.SecureRandom
> = Layer.effect(
  BulkPower,
  Effect.suspend(() => make)
)

const make = Effect.gen(function* () {
  const config = yield* ConductorConfig
  const directory = yield* NodeDirectory
  const journal = yield* Journal
  const ownership = yield* Ownership
  const power = yield* PowerControl
  const random = yield* SecureRandom.SecureRandom
  const store = yield* BulkPowerStore
  const runs = yield* makeBulkRuns({ config, journal, power, store })
  /** Jobs that are being stored. */
  let starting = 0

  const plan = Effect.fnUntraced(function* (request: BulkRequest, jobId: string) {
    if (!Plan.isMeant(request.selection)) {
      return yield* invalid("Say which nodes: names, a filter such as rack or group, or all.")
    }
    const { missing, records } = Plan.select(request.selection, directory)
    if (missing[0] !== undefined) return yield* noSuchNode(missing[0])
    if (records.length === 0)
      return yield* invalid(`No node is as asked for: ${Plan.describeSelection(request.selection)}.`)
    if (records.length > mostNodes) {
      return yield* invalid(`${records.length} nodes are more than a job may have (${mostNodes}); select fewer.`)
    }
    return Plan.planParts(request, jobId, records, (node) => ownership.isMine(node.id))
  })

  const viewOf = ({ counts, job, parts, planned, startedMillis }: Running): JobView => {
    const open = counts.waiting + counts.begun
    const done = job.nodes - open - counts.refused
    const waiting = planned.filter(({ part }) => parts[part.position]?.state === "waiting")
    const least = Plan.leastMillisOf(waiting, runs.budgetOf)
    const byPace = done === 0 ? 0 : ((runs.nowMillis() - startedMillis) / done) * open
    return { job, counts: { ...counts }, remainingMillis: done === 0 && least === 0 ? null : Math.max(least, byPace) }
  }

  const start = Effect.fn("BulkPower.start")(function* (request: BulkRequest) {
    const id = yield* random.uuidV4()
    const planned = yield* plan(request, id)
    const parts = planned.map(({ part }) => part)
    if (parts.every(({ state }) => state === "refused")) return yield* invalid(nothingToDo(parts))
    if (runs.running.size + starting >= mostRunning) {
      return yield* noFreeWorker(`${mostRunning} power jobs run, as many as may; wait for one to end, or abort one.`)
    }
    const { fallback = null, pace = null, timeoutSeconds = null } = request.options ?? {}
    const job = new BulkJob({
      id,
      action: request.action,
      selection: Plan.describeSelection(request.selection),
      options: { fallback, pace, timeoutSeconds },
      actor: request.actor ?? "operator",
      nodes: parts.length,
      state: "running",
      requestedAt: yield* DateTime.now,
      endedAt: null
    })
    starting++
    yield* Effect.ensuring(
      Effect.mapError(store.create(job, parts), fromStore),
      Effect.sync(() => starting--)
    )
    return viewOf(runs.add(job, planned))
  }, Effect.uninterruptible)

  /** Of a job that does not run. */
  const find = Effect.fnUntraced(function* (jobId: string) {
    const stored = isId(jobId) ? yield* Effect.mapError(store.find(jobId), fromStore) : Option.none()
    if (Option.isNone(stored)) return yield* new NoSuchJob({ id: jobId })
    return { ...stored.value, remainingMillis: null } satisfies JobView
  })

  return BulkPower.of({
    preview: Effect.fn("BulkPower.preview")(function* (request) {
      const planned = yield* plan(request, "preview")
      const pace = request.options?.pace ?? undefined
      return {
        selection: Plan.describeSelection(request.selection),
        parts: planned.map(({ part }) => part),
        limits: Plan.limitsOf(request, config),
        leastMillis: Plan.leastMillisOf(
          planned.filter(({ part }) => part.state === "waiting"),
          Plan.budgetReader(config, () => pace)
        )
      }
    }),
    start,
    abort: Effect.fn("BulkPower.abort")(function* (jobId, actor = "operator") {
      const running = runs.running.get(jobId)
      if (running === undefined || running.job.endedAt !== null) {
        const { job } = running ?? (yield* find(jobId))
        const detail = `Power job ${jobId} has ended already: ${job.state}.`
        return yield* new ConductorError({ reason: new Conflict({ detail }) })
      }
      if (running.job.state === "running") yield* runs.abort(running, actor)
      return viewOf(running)
    }, Effect.uninterruptible),
    show: Effect.fn("BulkPower.show")((jobId) =>
      Effect.suspend(() => {
        const running = runs.running.get(jobId)
        return running === undefined ? find(jobId) : Effect.succeed(viewOf(running))
      })
    ),
    list: Effect.map(Effect.mapError(store.list, fromStore), (stored) =>
      stored.map(({ counts, job }) => {
        const running = runs.running.get(job.id)
        return running === undefined ? { job, counts, remainingMillis: null } : viewOf(running)
      })
    ),
    parts: Effect.fn("BulkPower.parts")(function* (jobId, query) {
      const running = runs.running.get(jobId)
      if (running === undefined) {
        yield* find(jobId)
        return yield* Effect.mapError(store.parts(jobId, query), fromStore)
      }
      const { after = -1, limit, states } = query
      return running.parts
        .filter(({ position, state }) => position > after && (states === undefined || states.includes(state)))
        .slice(0, limit)
    }),
    resolveLeft: resolveLeft({ directory, journal, power, store, isRunning: (jobId) => runs.running.has(jobId) })
  })
})

const isId = Schema.is(Uuid)

const nothingToDo = ([first, ...others]: ReadonlyArray<BulkPart>): string =>
  `None of the ${others.length + 1} nodes can be done; the first, ${first?.node}: ${first?.detail}.`
