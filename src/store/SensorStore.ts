/** The latest values of all nodes' sensors. The contract only; no history is kept. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { CompactValues } from "../domain/CompactValues.ts"
import type { NodeId } from "../domain/Node.ts"
import type { SensorDefinition } from "../domain/SensorData.ts"
import type { StoreError } from "./StoreError.ts"

export type SensorSheet = ReadonlyArray<SensorDefinition>

export interface NodeValues {
  readonly nodeId: NodeId
  /** Wall clock, ms. */
  readonly readAtMillis: number
  readonly sheetId: string
  /** In the order of the sheet. */
  readonly values: CompactValues
}

export interface NewNodeValues extends NodeValues {
  /** Null: it is stored already. */
  readonly sheet: SensorSheet | null
}

export interface SensorSummary {
  /** Nodes with values, and of these those read since a given time. */
  readonly nodes: number
  readonly fresh: number
  /** Null when there is no node with values. */
  readonly oldestReadAtMillis: number | null
}

export class SensorStore extends Context.Service<
  SensorStore,
  {
    /**
     * All in one transaction, each node at most once in it. Returns the nodes whose values are stored now: left out is one that
     * was deleted, one whose sheet is not stored, and one of which newer values are there.
     */
    readonly record: (batch: ReadonlyArray<NewNodeValues>) => Effect.Effect<ReadonlySet<NodeId>, StoreError>
    readonly get: (
      nodeId: NodeId
    ) => Effect.Effect<Option.Option<NodeValues & { readonly sheet: SensorSheet }>, StoreError>
    /** A page in the order of ids; values that can't be understood are left out. */
    readonly list: (query: {
      readonly after: NodeId | null
      readonly limit: number
    }) => Effect.Effect<ReadonlyArray<NodeValues>, StoreError>
    /** Those of them that are stored. */
    readonly sheets: (ids: ReadonlyArray<string>) => Effect.Effect<ReadonlyMap<string, SensorSheet>, StoreError>
    readonly summary: (freshSinceMillis: number) => Effect.Effect<SensorSummary, StoreError>
    /** Deletes the sheets that no node's values need any more; returns how many went. */
    readonly forgetSheets: Effect.Effect<number, StoreError>
  }
>()("tutti/store/SensorStore") {}
