/**
 * Nodes coming, changing and going: validates what an operator sent and stores it.
 * Validation never touches a BMC. Everything decoded here is untrusted.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { NodeId, NodeRecord } from "../domain/Node.ts"
import type { PatchOperation } from "../domain/Patch.ts"
import type { TraitChange } from "../domain/Traits.ts"
import type { ConductorError } from "./ConductorError.ts"

export type { PatchOperation } from "../domain/Patch.ts"

/** What is wrong with one line of an import; `line` counts from 1, `field` is a path such as `driver_info.ipmi_port`. */
export interface LineError {
  readonly line: number
  readonly field: string | null
  readonly message: string
}

export interface ImportResult {
  readonly created: number
  readonly updated: number
  /** Without `partial`, any error means that nothing was imported. With it, the lines that were left out. */
  readonly errors: ReadonlyArray<LineError>
}

export class Enrolment extends Context.Service<
  Enrolment,
  {
    /**
     * `nodes`: one import object each. All or none, but for `partial`. With `update`, a node with the same uuid or name
     * gets what the line says, and keeps what it leaves out; `updated` counts those that it really changed. A chassis that a
     * line names and that isn't there is made. Nodes come out `available`, and are polled at once.
     * Fails with `Conflict` when nothing is wrong but names or uuids that are taken.
     */
    readonly importNodes: (
      nodes: ReadonlyArray<{ readonly line: number; readonly value: unknown }>,
      options: { readonly update: boolean; readonly partial: boolean }
    ) => Effect.Effect<ImportResult, ConductorError>
    /** In `enroll`, required keys of `driver_info` may still be missing; the BMC is asked once they are there. */
    readonly create: (
      value: unknown,
      options: { readonly provisionState: "enroll" | "available" }
    ) => Effect.Effect<NodeRecord, ConductorError>
    /** Checks every operation before it stores one. Fails with `NodeLocked` while an action is under way. */
    readonly patch: (
      ident: string,
      operations: ReadonlyArray<PatchOperation>
    ) => Effect.Effect<NodeRecord, ConductorError>
    /** Fails as `patch` does. Removing what is not there changes nothing. */
    readonly changeTraits: (ident: string, change: TraitChange) => Effect.Effect<NodeRecord, ConductorError>
    /** The operator's maintenance only: a fault stays until the BMC answers. */
    readonly setMaintenance: (ident: string, on: boolean, reason: string | null) => Effect.Effect<void, ConductorError>
    /** Lifts the quiet of a refused credential and asks the BMC again at once. */
    readonly retry: (ident: string) => Effect.Effect<void, ConductorError>
    /**
     * Forgets the node, its observation, its ports and its journal. Fails with `NodeProtected`, and with `NodeLocked` while an action is under way. */
    readonly remove: (ident: string) => Effect.Effect<NodeId, ConductorError>
  }
>()("tutti/conductor/Enrolment") {}
