/** What a move to another provision state changes of the node, and how the journal tells it. Pure. */
import type * as DateTime from "effect/DateTime"
import type { Node, ProvisionState } from "../domain/Node.ts"
import { next, targetAfter } from "../domain/Provision.ts"
import type { NodeChanges } from "../store/NodeStore.ts"
import type { JournalFact } from "./Journal.ts"
import type { WorkEnd } from "./ProvisionWork.ts"

export interface Move {
  readonly changes: NodeChanges
  readonly fact: Omit<JournalFact, "nodeId" | "actor">
}

/** Throws when the table has no such move: who asks for one has looked before. */
export const changesOf = (node: Node, { changes, error, event, reason }: WorkEnd, now: DateTime.Utc): Move => {
  const to = next(node.provisionState, event)
  if (to === null) throw new Error(`no move leads out of ${node.provisionState} by ${event}`)
  return {
    changes: {
      ...changes,
      ...inspectionTimes(node.provisionState, to, now),
      provisionState: to,
      targetProvisionState: targetAfter(node, event, to),
      provisionUpdatedAt: now,
      lastError: error
    },
    fact: {
      kind: "ProvisionChanged",
      severity: error === null ? "INFO" : event === "wait" || event === "abort" ? "WARNING" : "ERROR",
      from: node.provisionState,
      to,
      reason: error ?? reason ?? null
    }
  }
}

/** Ironic's: the start is kept as long as the inspection lasts, the end from then on. */
const inspectionTimes = (from: ProvisionState, to: ProvisionState, now: DateTime.Utc): NodeChanges => {
  if (to === "inspecting") return { inspectionStartedAt: now, inspectionFinishedAt: null }
  if (from !== "inspecting" && from !== "inspect wait") return {}
  if (to === "inspect wait") return {}
  return { inspectionStartedAt: null, inspectionFinishedAt: to === "manageable" ? now : null }
}
