/** The one place where what the conductor answers becomes a problem of Tutti's own API. */
import * as Effect from "effect/Effect"
import { layerSchemaErrorTransform, ProblemDetails } from "effect/http-api/HttpApiMiddleware"
import { type HttpApiSchemaError, InternalServerErrorProblem } from "effect/http-api/HttpApiError"
import type * as Layer from "effect/Layer"
import * as SchemaIssue from "effect/SchemaIssue"
import {
  BadRequestProblem,
  ConflictProblem,
  NodeLockedProblem,
  NodeNotFoundProblem,
  NodeProtectedProblem,
  NoFreeWorkerProblem,
  StoreUnavailableProblem,
  TaskNotFoundProblem
} from "../api/Problems.ts"
import type { ConductorError } from "../conductor/ConductorError.ts"
import type { PeriodicsError } from "../periodics/PeriodicsError.ts"
import type { StoreError } from "../store/StoreError.ts"

export type ConductorProblem =
  | BadRequestProblem
  | ConflictProblem
  | NodeLockedProblem
  | NodeNotFoundProblem
  | NodeProtectedProblem
  | NoFreeWorkerProblem
  | StoreUnavailableProblem

export const fromConductor = ({ reason }: ConductorError): ConductorProblem => {
  switch (reason._tag) {
    case "NoSuchNode":
      return new NodeNotFoundProblem({ detail: reason.message })
    case "NodeLocked":
      return new NodeLockedProblem({ detail: reason.message, holder: reason.holder, purpose: reason.purpose })
    case "NodeProtected":
      return new NodeProtectedProblem({ detail: reason.message })
    case "InvalidRequest":
      return new BadRequestProblem({ detail: reason.message })
    case "Conflict":
      return new ConflictProblem({ detail: reason.message })
    case "NoFreeWorker":
      return new NoFreeWorkerProblem({ detail: reason.message })
    case "StoreUnavailable":
      return new StoreUnavailableProblem({ detail: reason.message })
  }
}

export const fromPeriodics = ({ reason }: PeriodicsError): TaskNotFoundProblem | BadRequestProblem =>
  reason._tag === "TaskNotFound"
    ? new TaskNotFoundProblem({ detail: reason.message })
    : new BadRequestProblem({ detail: reason.message })

/** For reads: what is not the database being away is a fault of ours. */
export const orStoreUnavailable = <A, R>(
  effect: Effect.Effect<A, StoreError, R>
): Effect.Effect<A, StoreUnavailableProblem, R> =>
  Effect.catch(effect, (error) =>
    error.reason._tag === "Unavailable"
      ? Effect.fail(new StoreUnavailableProblem({ detail: error.message }))
      : Effect.die(error)
  )

const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    if (issue._tag === "UnexpectedKey") return "is not known here"
    if (issue._tag === "MissingKey") return "is required"
    return SchemaIssue.defaultLeafHook(issue)
  }
})

/**
 * A request that does not fit the contract: 400, `detail` names each argument and what it should be. An answer of ours
 * that does not is a bug: logged, and 500 without a word about it.
 */
export const layerRequestProblems: Layer.Layer<ProblemDetails> = layerSchemaErrorTransform(
  ProblemDetails,
  (error: HttpApiSchemaError) => {
    if (error.kind === "Body" || error.kind === "ResponseHeaders") {
      return Effect.andThen(
        Effect.logError("An answer does not fit the API's contract", error.cause),
        Effect.fail(new InternalServerErrorProblem())
      )
    }
    const slot = error.kind === "Payload" ? "body" : error.kind.toLowerCase()
    const errors = formatIssues(error.cause.issue).issues.map((issue) => ({
      path: [slot, ...(issue.path ?? []).map(toPathSegment)],
      message: issue.message
    }))
    const detail = errors.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ")
    return Effect.fail(new BadRequestProblem({ detail, errors }))
  }
)

const toPathSegment = (segment: PropertyKey | { readonly key: PropertyKey }): string | number => {
  const key = typeof segment === "object" ? segment.key : segment
  return typeof key === "number" ? key : String(key)
}
