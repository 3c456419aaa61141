/**
 * The journal: what changed, from what to what, who or what did it, and why. Past tense; never edited.
 */
import * as Schema from "effect/Schema"
import { NodeId } from "./Node.ts"

export const JournalKind = Schema.Literals([
  "NodeEnrolled",
  "NodeChanged",
  "NodeDeleted",
  "ProvisionChanged",
  "NodeInspected",
  "PowerObserved",
  "PowerCorrected",
  "PowerRequested",
  "PowerChanged",
  "PowerFailed",
  "PowerAborted",
  /** The BMC took a diagnostic interrupt for its machine; the power is as it was. */
  "NmiSent",
  /** Observe-only: what would have been done. */
  "PowerWithheld",
  "BulkPowerStarted",
  "BulkPowerEnded",
  "MaintenanceSet",
  "MaintenanceCleared",
  "FaultRaised",
  "FaultCleared",
  /** `last_error` was set, and was cleared. */
  "ErrorOpened",
  "ErrorClosed",
  "CredentialRejected",
  "CredentialAccepted",
  "LockLost",
  "LockBroken",
  "IncidentOpened",
  "IncidentClosed",
  "SelEvent",
  "SelCleared",
  "TaskMissed",
  "TaskResumed",
  "SettingChanged",
  "ConductorStarted",
  "ConductorStopped",
  "ConductorLost",
  "ConductorForgotten"
])
export type JournalKind = typeof JournalKind.Type

export class JournalEntry extends Schema.Class<JournalEntry>("JournalEntry")({
  /** Null for what concerns the conductor as a whole. */
  nodeId: Schema.NullOr(NodeId),
  at: Schema.DateTimeUtc,
  kind: JournalKind,
  severity: Schema.Literals(["INFO", "WARNING", "ERROR"]),
  /** `operator`, or the name of the task that did it. */
  actor: Schema.String,
  from: Schema.NullOr(Schema.String),
  to: Schema.NullOr(Schema.String),
  /** One sentence for people. */
  reason: Schema.NullOr(Schema.String)
}) {}
