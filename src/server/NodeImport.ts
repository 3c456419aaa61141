/** `POST /v1/tutti/nodes/import`: from the request's body to what the conductor made of it. */
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import {
  BadRequestProblem,
  ImportConflictProblem,
  ImportRejectedProblem,
  PayloadTooLargeProblem,
  type StoreUnavailableProblem
} from "../api/Problems.ts"
import type { ConductorError } from "../conductor/ConductorError.ts"
import { Enrolment, type ImportResult, type LineError } from "../conductor/Enrolment.ts"
import { parseImport } from "./ImportText.ts"
import { fromConductor } from "./Problem.ts"
import { readText } from "./RequestBody.ts"

/** Some 200,000 nodes of 300 bytes; the text and its objects are held in memory at once. */
export const MAX_IMPORT_SIZE = ByteSize.mebibytes(64)

/** A file of the wrong kind is wrong in every line; more than these help nobody. */
const MAX_REPORTED_ERRORS = 1000

export type ImportProblem =
  | BadRequestProblem
  | ImportConflictProblem
  | ImportRejectedProblem
  | PayloadTooLargeProblem
  | StoreUnavailableProblem

export const importNodes = Effect.fn("importNodes")(function* (
  request: HttpServerRequest,
  options: { readonly update: boolean; readonly partial: boolean }
): Effect.fn.Return<ImportResult, ImportProblem, Enrolment> {
  const enrolment = yield* Enrolment
  const text = yield* Effect.mapError(readText(request, MAX_IMPORT_SIZE), (failure) =>
    failure === "too-large"
      ? new PayloadTooLargeProblem({ detail: "An import may have 64 MiB; send it in parts." })
      : new BadRequestProblem({ detail: "The body broke off." })
  )
  const { nodes, errors } = parseImport(text)
  if (errors.length > 0 && !options.partial) return yield* rejected(errors)
  if (nodes.length === 0) {
    return yield* errors.length > 0
      ? rejected(errors)
      : new BadRequestProblem({ detail: "The body holds no node: send a JSON array, or a JSON object on each line." })
  }
  const result = yield* Effect.mapError(enrolment.importNodes(nodes, options), fromImport)
  const all = [...errors, ...result.errors].toSorted((a, b) => a.line - b.line)
  const refused = new Set(result.errors.map(({ line }) => line)).size
  if (all.length > 0 && (!options.partial || refused === nodes.length)) return yield* rejected(all)
  return { ...result, errors: all.slice(0, MAX_REPORTED_ERRORS) }
})

const rejected = (errors: ReadonlyArray<LineError>): ImportRejectedProblem => {
  const [first] = errors
  const more = errors.length === 1 ? "" : ` (and ${errors.length - 1} more)`
  const where = first === undefined ? "" : `Line ${first.line}${first.field === null ? "" : `, ${first.field}`}: `
  return new ImportRejectedProblem({
    detail: `${where}${first?.message ?? ""}${more}`,
    errors: errors.slice(0, MAX_REPORTED_ERRORS)
  })
}

const fromImport = (error: ConductorError): ImportProblem => {
  const problem = fromConductor(error)
  switch (problem._tag) {
    case "ConflictProblem":
      return new ImportConflictProblem({
        detail: problem.detail,
        errors: (error.reason._tag === "Conflict" ? (error.reason.errors ?? []) : []).slice(0, MAX_REPORTED_ERRORS)
      })
    case "BadRequestProblem":
    case "StoreUnavailableProblem":
      return problem
    default:
      return new BadRequestProblem({ detail: error.message })
  }
}
