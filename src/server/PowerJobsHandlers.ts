/** Handlers of `PowerJobsApi`. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import {
  JOB_NODES_PAGE,
  type PowerJob,
  type PowerJobNode,
  type PowerJobPreview,
  type PowerJobRequest
} from "../api/PowerJobsApi.ts"
import { PowerJobNotFoundProblem } from "../api/Problems.ts"
import { TuttiApi } from "../api/TuttiApi.ts"
import { BulkPower, type BulkPreview, type BulkRequest, type JobView, type NoSuchJob } from "../conductor/BulkPower.ts"
import type { ConductorError } from "../conductor/ConductorError.ts"
import type { BulkPart } from "../domain/BulkPower.ts"
import { formatMillis } from "../domain/Node.ts"
import { type ConductorProblem, fromConductor } from "./Problem.ts"

export const PowerJobsHandlers = HttpApiBuilder.group(
  TuttiApi,
  "powerJobs",
  Effect.fnUntraced(function* (handlers) {
    const bulk = yield* BulkPower
    return handlers.handleAll({
      preview: ({ payload }) =>
        bulk.preview(toRequest(payload)).pipe(
          Effect.mapError(fromConductor),
          Effect.map((preview) => toPreview(payload, preview))
        ),
      start: ({ payload }) => bulk.start(toRequest(payload)).pipe(Effect.mapError(fromConductor), Effect.map(toJob)),
      list: () =>
        bulk.list.pipe(
          Effect.mapError(fromConductor),
          Effect.map((jobs) => ({ jobs: jobs.map(toJob) }))
        ),
      show: ({ params }) => bulk.show(params.id).pipe(Effect.mapError(fromBulk), Effect.map(toJob)),
      nodes: ({ params, query: { after, limit = JOB_NODES_PAGE, state } }) =>
        bulk
          .parts(params.id, {
            limit,
            ...(after === undefined ? {} : { after }),
            ...(state === undefined ? {} : { states: [state] })
          })
          .pipe(
            Effect.mapError(fromBulk),
            Effect.map((parts) => ({ nodes: parts.map(toNode) }))
          ),
      abort: ({ params }) => bulk.abort(params.id).pipe(Effect.mapError(fromBulk), Effect.map(toJob))
    })
  })
)

const fromBulk = (error: ConductorError | NoSuchJob): ConductorProblem | PowerJobNotFoundProblem =>
  error._tag === "NoSuchJob" ? new PowerJobNotFoundProblem({ detail: error.message }) : fromConductor(error)

const toRequest = ({
  action,
  fallback,
  nodes,
  pace,
  power_state,
  skip_maintenance = false,
  timeout_seconds,
  ...selection
}: PowerJobRequest): BulkRequest => ({
  action,
  selection: {
    ...selection,
    ...(nodes === undefined ? {} : { names: nodes }),
    ...(power_state === undefined ? {} : { power: power_state })
  },
  skipMaintenance: skip_maintenance,
  options: {
    fallback: fallback ?? null,
    timeoutSeconds: timeout_seconds ?? null,
    pace:
      pace === undefined ? null : { per: pace.per ?? "job", perSecond: pace.per_second ?? 0, atOnce: pace.at_once ?? 0 }
  }
})

const toPreview = (
  { action }: PowerJobRequest,
  { leastMillis, limits, parts, selection }: BulkPreview
): PowerJobPreview => {
  const refused = parts.filter(({ state }) => state === "refused")
  const begun = parts.filter(({ state }) => state === "waiting")
  return {
    action,
    selection,
    nodes: begun.length,
    first: begun.slice(0, JOB_NODES_PAGE).map(({ node }) => node),
    refused: refused.length,
    refusals: refused.slice(0, JOB_NODES_PAGE).map(({ detail, node }) => ({ node, detail })),
    limits: limits.map(({ atOnce, of, per, perSecond }) => ({ per, of, per_second: perSecond, at_once: atOnce })),
    least_seconds: leastMillis / 1000
  }
}

const toJob = ({ counts, job, remainingMillis }: JobView): PowerJob => {
  const { pace } = job.options
  return {
    id: job.id,
    action: job.action,
    selection: job.selection,
    actor: job.actor,
    state: job.state,
    nodes: job.nodes,
    counts,
    pace: pace === null ? null : { per: pace.per, per_second: pace.perSecond, at_once: pace.atOnce },
    timeout_seconds: job.options.timeoutSeconds,
    fallback: job.options.fallback,
    requested_at: DateTime.formatIso(job.requestedAt),
    ended_at: job.endedAt === null ? null : DateTime.formatIso(job.endedAt),
    remaining_seconds: remainingMillis === null ? null : Math.round(remainingMillis) / 1000
  }
}

const toNode = ({ begunAtMillis, detail, endedAtMillis, node, nodeId, position, state }: BulkPart): PowerJobNode => ({
  position,
  uuid: nodeId,
  node,
  state,
  detail,
  begun_at: begunAtMillis === null ? null : formatMillis(begunAtMillis),
  ended_at: endedAtMillis === null ? null : formatMillis(endedAtMillis)
})
