/** What a decision of power sync writes: the change of the node's record, and the facts for the journal. Pure. */
import type * as DateTime from "effect/DateTime"
import type { Node } from "../domain/Node.ts"
import { accepted, bmcFailed, credentialRefused, disobedient, followed } from "../domain/PowerMessages.ts"
import type { PowerAnswer, SyncDecision } from "../domain/PowerSync.ts"
import type { NodeChanges } from "../store/NodeStore.ts"
import type { JournalFact } from "./Journal.ts"

export interface Consequence {
  readonly changes: NodeChanges
  readonly facts: ReadonlyArray<Omit<JournalFact, "nodeId" | "actor">>
}

/** Null when the decision writes nothing by itself. */
export const consequenceOf = (
  decision: SyncDecision,
  answer: PowerAnswer,
  node: Node,
  now: DateTime.Utc
): Consequence | null => {
  switch (decision._tag) {
    case "Adopt":
      return {
        changes: { desiredPower: decision.power, lastError: null },
        facts: [{ kind: "PowerObserved", from: null, to: decision.power, reason: "First observation." }]
      }
    case "Accept":
    case "Follow": {
      const from = node.desiredPower
      const why = decision._tag === "Accept" ? accepted : followed
      const reason = from === null ? null : why(from, decision.power)
      return {
        changes: { desiredPower: decision.power, lastError: null },
        facts: [{ kind: "PowerCorrected", severity: "WARNING", from, to: decision.power, reason }]
      }
    }
    case "ClearError":
      return { changes: { lastError: null }, facts: [] }
    case "Doubt":
      return answer._tag === "Failed" ? { changes: { lastError: credentialRefused(answer.message) }, facts: [] } : null
    case "Recover":
      return {
        changes: { fault: null, faultReason: null, faultAt: null, lastError: null, desiredPower: decision.power },
        facts: [
          { kind: "FaultCleared", from: node.faultReason ?? node.fault, to: decision.power, reason: "The BMC answers." }
        ]
      }
    case "GiveUp":
      return giveUp(decision, answer, node, now)
    case "Settled":
    case "LeaveAlone":
    case "CountFailure":
    case "Correct":
    case "Withhold":
      return null
  }
}

const giveUp = (
  { failures, power, reason }: Extract<SyncDecision, { readonly _tag: "GiveUp" }>,
  answer: PowerAnswer,
  node: Node,
  faultAt: DateTime.Utc
): Consequence => {
  const lastError =
    answer._tag === "Failed"
      ? bmcFailed(answer.reason, answer.message)
      : disobedient(failures - 1, node.desiredPower ?? answer.power, answer.power)
  const rejected =
    reason === "AuthenticationFailed"
      ? [{ kind: "CredentialRejected", severity: "ERROR", reason: lastError } as const]
      : []
  return {
    changes: { desiredPower: power, fault: "power failure", faultReason: reason, faultAt, lastError },
    facts: [
      ...rejected,
      { kind: "FaultRaised", severity: "ERROR", from: node.desiredPower, to: reason ?? power, reason: lastError }
    ]
  }
}
