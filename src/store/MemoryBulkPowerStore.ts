/** `BulkPowerStore` in memory. For tests. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { BulkJob, type BulkPart, countParts, isEnded } from "../domain/BulkPower.ts"
import { BulkPowerStore, mostJobs, type StoredJob } from "./BulkPowerStore.ts"

const make = Effect.sync(() => {
  const jobs = new Map<string, { job: BulkJob; parts: Array<BulkPart> }>()
  const view = ({ job, parts }: { readonly job: BulkJob; readonly parts: ReadonlyArray<BulkPart> }): StoredJob => ({
    job,
    counts: countParts(parts)
  })

  return BulkPowerStore.of({
    create: (job, parts) =>
      Effect.sync(() => {
        jobs.set(job.id, { job, parts: [...parts] })
        const surplus = Array.from(jobs.values()).slice(0, -mostJobs)
        for (const old of surplus) if (isEnded(old.job)) jobs.delete(old.job.id)
      }),
    updateParts: (batch) =>
      Effect.sync(() => {
        for (const { jobId, ...update } of batch) {
          const parts = jobs.get(jobId)?.parts
          const part = parts?.[update.position]
          if (parts !== undefined && part !== undefined) parts[update.position] = { ...part, ...update }
        }
      }),
    endWaiting: (jobId, detail, at) =>
      Effect.sync(() => {
        const found = jobs.get(jobId)
        if (found === undefined) return
        found.parts = found.parts.map((part) =>
          part.state === "waiting" ? { ...part, state: "not-begun", detail, endedAtMillis: at.epochMilliseconds } : part
        )
      }),
    setState: (jobId, state, endedAt) =>
      Effect.sync(() => {
        const found = jobs.get(jobId)
        if (found !== undefined) found.job = new BulkJob({ ...found.job, state, endedAt })
      }),
    find: (jobId) => Effect.sync(() => Option.map(Option.fromUndefinedOr(jobs.get(jobId)), view)),
    list: Effect.sync(() => Array.from(jobs.values(), view).toReversed()),
    parts: (jobId, { after = -1, limit, states }) =>
      Effect.sync(() =>
        (jobs.get(jobId)?.parts ?? [])
          .filter(({ position, state }) => position > after && (states === undefined || states.includes(state)))
          .slice(0, limit)
      )
  })
})

export const layer: Layer.Layer<BulkPowerStore> = Layer.effect(BulkPowerStore, make)
