/** The journal as Tutti's own API shows it. Pure. */
import * as DateTime from "effect/DateTime"
import type { JournalEvent } from "../api/ServiceApi.ts"
import type { JournalEntry } from "../domain/JournalEntry.ts"
import type { NodeId, NodeRecord } from "../domain/Node.ts"

/** `get` gives the node its present name; a node that is gone has none. */
export const toJournalEvent = (entry: JournalEntry, get: (id: NodeId) => NodeRecord | undefined): JournalEvent => ({
  node_uuid: entry.nodeId,
  node_name: (entry.nodeId === null ? undefined : get(entry.nodeId)?.node.name) ?? null,
  at: DateTime.formatIso(entry.at),
  kind: entry.kind,
  severity: entry.severity,
  actor: entry.actor,
  from: entry.from,
  to: entry.to,
  reason: entry.reason
})
