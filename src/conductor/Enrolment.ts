/**
 * Nodes coming, changing and going: validates what an operator sent and stores it. The contract only.
 * Validation never touches a BMC. Everything decoded here is untrusted.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { NodeId, NodeRecord } from "../domain/Node.ts"
import type { ConductorError } from "./ConductorError.ts"

/** What is wrong with one line of an import; `line` counts from 1, `field` is a path such as `driver_info.ipmi_port`. */
export interface LineError {
  readonly line: number
  readonly field: string | null
  readonly message: string
}

export interface ImportResult {
  readonly created: number
  readonly updated: number
  /** Not empty only with `partial`; without it any error means that nothing was imported. */
  readonly errors: ReadonlyArray<LineError>
}

/** One change of a node, as in RFC 6902; a path such as `/driver_info/ipmi_address`. */
export interface PatchOperation {
  readonly op: "add" | "replace" | "remove"
  readonly path: string
  readonly value?: unknown
}

export class Enrolment extends Context.Service<
  Enrolment,
  {
    /** `nodes`: one import object each (CONTRACTS import line). All or none, but for `partial`. */
    readonly importNodes: (
      nodes: ReadonlyArray<{ readonly line: number; readonly value: unknown }>,
      options: { readonly update: boolean; readonly partial: boolean }
    ) => Effect.Effect<ImportResult, ConductorError>
    readonly create: (value: unknown, options: { readonly provisionState: "enroll" | "available" }) => Effect.Effect<NodeRecord, ConductorError>
    /** Checks every operation before it stores one. */
    readonly patch: (ident: string, operations: ReadonlyArray<PatchOperation>) => Effect.Effect<NodeRecord, ConductorError>
    readonly setMaintenance: (ident: string, on: boolean, reason: string | null) => Effect.Effect<void, ConductorError>
    /** Lifts the quiet of a refused credential and asks the BMC again at once. */
    readonly retry: (ident: string) => Effect.Effect<void, ConductorError>
    readonly remove: (ident: string) => Effect.Effect<NodeId, ConductorError>
  }
>()("tutti/conductor/Enrolment") {}
