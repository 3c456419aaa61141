/**
 * What the journal tells of a change of a node whoever made it: that its `last_error` opened or closed, and that a
 * credential which was refused is accepted. Pure; what only the one who acts can know, that one tells.
 */
import type { Node } from "../domain/Node.ts"
import type { JournalFact } from "./Journal.ts"

/** What was told of a node so far. */
export type Told = Pick<Node, "lastError" | "faultReason">

export const factsOfChange = (before: Told, after: Node, actor: string): ReadonlyArray<JournalFact> => {
  const fact = { nodeId: after.id, actor }
  const facts: Array<JournalFact> = []
  if (before.lastError !== after.lastError) {
    if (before.lastError !== null) facts.push({ ...fact, kind: "ErrorClosed", reason: before.lastError })
    if (after.lastError !== null) {
      facts.push({ ...fact, kind: "ErrorOpened", severity: "ERROR", reason: after.lastError })
    }
  }
  // Only a read that the BMC answered ends a fault.
  if (before.faultReason === "AuthenticationFailed" && after.fault === null) {
    facts.push({ ...fact, kind: "CredentialAccepted", reason: "The BMC takes the credential again." })
  }
  return facts
}
