/** What every `BulkPowerStore` does. Each test has jobs of its own; the last fills the store. */
import { describe, expect } from "@effect/vitest"
import type { Vitest } from "@effect/vitest"
import { DateTime, Effect, Option } from "effect"
import { BulkJob, type BulkPart, countParts, type PartState } from "../../src/domain/BulkPower.ts"
import { BulkPowerStore, mostJobs, type PartUpdate } from "../../src/store/BulkPowerStore.ts"
import type { Stores } from "../../src/store/Store.ts"
import { newId } from "./storeNodes.ts"

const at = DateTime.makeUnsafe("2026-11-22T10:11:12.345Z")

const newJob = (given: Partial<typeof BulkJob.Type> = {}) =>
  new BulkJob({
    id: newId(),
    action: "power on",
    selection: "rack r1",
    options: { pace: { per: "rack", perSecond: 0.5, atOnce: 10 }, timeoutSeconds: 30, fallback: null },
    actor: "operator",
    nodes: 3,
    state: "running",
    requestedAt: at,
    endedAt: null,
    ...given
  })

const newPart = (position: number, state: PartState = "waiting"): BulkPart => ({
  position,
  nodeId: newId(),
  node: `n${position}`,
  state,
  detail: state === "refused" ? "power off is disabled" : null,
  begunAtMillis: null,
  endedAtMillis: null
})

const create = Effect.fnUntraced(function* (states: ReadonlyArray<PartState>, given?: Partial<typeof BulkJob.Type>) {
  const job = newJob(given)
  const parts = states.map((state, position) => newPart(position, state))
  yield* (yield* BulkPowerStore).create(job, parts)
  return { job, parts }
})

const partsOf = Effect.fnUntraced(function* (jobId: string) {
  return yield* (yield* BulkPowerStore).parts(jobId, { limit: 1000 })
})

const update = (jobId: string, position: number, given: Partial<PartUpdate>): PartUpdate => ({
  jobId,
  position,
  state: "begun",
  detail: null,
  begunAtMillis: 1000,
  endedAtMillis: null,
  ...given
})

export const bulkPowerStoreSuite = (it: Vitest.MethodsNonLive<Stores>) =>
  describe("BulkPowerStore", () => {
    it.effect("keeps a job and its parts as they are, and counts them", () =>
      Effect.gen(function* () {
        const store = yield* BulkPowerStore
        const { job, parts } = yield* create(["waiting", "refused", "waiting"])
        const found = Option.getOrThrow(yield* store.find(job.id))
        expect(found.job).toEqual(job)
        expect(found.counts).toEqual({ ...countParts([]), waiting: 2, refused: 1 })
        expect(yield* partsOf(job.id)).toEqual(parts)
        expect(yield* store.find(newId())).toEqual(Option.none())
        expect(yield* partsOf(newId())).toEqual([])
      })
    )

    it.effect("keeps what no database takes in a text", () =>
      Effect.gen(function* () {
        const { job } = yield* create([], { selection: "rack a\0b" })
        const found = Option.getOrThrow(yield* (yield* BulkPowerStore).find(job.id))
        expect(found.job.selection).toMatch(/^rack a.b$/)
      })
    )

    it.effect("writes what became of parts of several jobs at once, and leaves out what is gone", () =>
      Effect.gen(function* () {
        const store = yield* BulkPowerStore
        const one = yield* create(["waiting", "waiting"])
        const two = yield* create(["waiting"])
        yield* store.updateParts([
          update(one.job.id, 1, {}),
          update(two.job.id, 0, { state: "failed", detail: "no answer", endedAtMillis: 2000 }),
          update(newId(), 0, {}),
          update(one.job.id, 99, {})
        ])
        yield* store.updateParts([])
        const [first, second] = one.parts
        expect(yield* partsOf(one.job.id)).toEqual([first, { ...second, state: "begun", begunAtMillis: 1000 }])
        expect(yield* partsOf(two.job.id)).toEqual([
          { ...two.parts[0], state: "failed", detail: "no answer", begunAtMillis: 1000, endedAtMillis: 2000 }
        ])
      })
    )

    it.effect("ends what waits as not begun, and nothing else", () =>
      Effect.gen(function* () {
        const store = yield* BulkPowerStore
        const { job } = yield* create(["waiting", "begun", "refused", "confirmed", "waiting"])
        const other = yield* create(["waiting"])
        yield* store.endWaiting(job.id, "the conductor stopped", at)
        const parts = yield* partsOf(job.id)
        expect(parts.map(({ state }) => state)).toEqual(["not-begun", "begun", "refused", "confirmed", "not-begun"])
        expect(parts[0]).toMatchObject({ detail: "the conductor stopped", endedAtMillis: at.epochMilliseconds })
        expect((yield* partsOf(other.job.id))[0]?.state).toBe("waiting")
      })
    )

    it.effect("lists parts in pages, and those of some states", () =>
      Effect.gen(function* () {
        const store = yield* BulkPowerStore
        const { job, parts } = yield* create(["waiting", "begun", "failed", "begun"])
        expect(yield* store.parts(job.id, { limit: 2 })).toEqual(parts.slice(0, 2))
        expect(yield* store.parts(job.id, { limit: 2, after: 1 })).toEqual(parts.slice(2))
        expect(yield* store.parts(job.id, { limit: 9, states: ["begun", "failed"], after: 1 })).toEqual(parts.slice(2))
      })
    )

    it.effect("lists jobs with their states, the newest first", () =>
      Effect.gen(function* () {
        const store = yield* BulkPowerStore
        const [older, newer] = [yield* create(["waiting"]), yield* create(["confirmed"])]
        yield* store.setState(older.job.id, "aborted", at)
        yield* store.setState(newer.job.id, "aborting", null)
        const ours = (yield* store.list).filter(({ job }) => [older.job.id, newer.job.id].includes(job.id))
        expect(ours.map(({ job }) => [job.id, job.state, job.endedAt])).toEqual([
          [newer.job.id, "aborting", null],
          [older.job.id, "aborted", at]
        ])
      })
    )

    it.effect("forgets the oldest jobs that have ended, and none that runs", () =>
      Effect.gen(function* () {
        const store = yield* BulkPowerStore
        const running = yield* create(["waiting"])
        const ended = yield* create(["confirmed"], { state: "completed", endedAt: at })
        for (let i = 1; i < mostJobs; i++) yield* create([], { state: "completed", endedAt: at })
        expect(Option.isSome(yield* store.find(ended.job.id))).toBe(true)
        yield* create([], { state: "completed", endedAt: at })
        expect(yield* store.find(ended.job.id)).toEqual(Option.none())
        expect(yield* partsOf(ended.job.id)).toEqual([])
        expect((yield* store.list).map(({ job }) => job.id)).toContain(running.job.id)
      })
    )
  })
