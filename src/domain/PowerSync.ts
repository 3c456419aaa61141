/**
 * What follows from one read of a node's power: the decision of power sync, as a function of values.
 *
 * The observed state is recorded whatever is decided here; this is about acting on it. `failures` is the count of
 * passes in a row that did not end well: the BMC did not answer, or the machine was in another state than recorded. It
 * stays as it is while the node is left alone, and never grows beyond one more than the retries, so that a dead BMC
 * costs no writes.
 *
 * Semantics: Ironic's `do_sync_power_state`. Deviates from it on purpose: a credential that the BMC surely refuses is a
 * fault at once, and none before that is sure, however many passes it takes, but `last_error` says so from the first; a BMC that answers again ends its fault at once; and `last_error` stays readable for a minute before a
 * good read clears it, since a sync every 30 s would else take it from under the eyes of whoever polls for it. In an
 * incident (`Incidents`) nothing is given up and nothing is switched: counts stand still, and the record follows a
 * machine that comes back in another state, since a rack that had no power must not be switched on by a herd of commands.
 */
import * as DateTime from "effect/DateTime"
import type { FailureReason } from "./Failure.ts"
import type { Node, ProvisionState } from "./Node.ts"
import type { PowerState } from "./PowerState.ts"

export type PowerAnswer =
  | { readonly _tag: "Read"; readonly power: PowerState }
  | {
      readonly _tag: "Failed"
      readonly reason: FailureReason
      readonly message: string
      /** True once the credential is given up on, after a few spaced tries. */
      readonly quiet: boolean
    }

export interface SyncRules {
  /** `power_state_sync_max_retries`: the fault comes with the next one after these. */
  readonly maxRetries: number
  /** `force_power_state_during_sync` */
  readonly force: boolean
  /** No machine is switched: what would have been done is only told. */
  readonly observeOnly: boolean
}

export interface SyncSituation {
  readonly node: Node
  /** The count before this answer. */
  readonly failures: number
  readonly locked: boolean
  /** It is in an open incident; for a good read, also that it failed in one that has closed since. */
  readonly incident: boolean
  /** False when `driver_info` does not lead to a BMC. */
  readonly reachable: boolean
  readonly nowMillis: number
}

export type SyncDecision = { readonly failures: number } & (
  | {
      readonly _tag:
        | "Settled"
        /** Not to be acted on: in maintenance, being enrolled, or somebody is at work. */
        | "LeaveAlone"
        /** The machine is as recorded: an old `last_error` has served its time. */
        | "ClearError"
        /** One more failed pass, not yet too many. */
        | "CountFailure"
        /** The first refusal of a credential: not yet sure, and worth telling. */
        | "Doubt"
    }
  /** The first observation: recorded, never acted on. */
  | { readonly _tag: "Adopt"; readonly power: PowerState }
  /** The machine is to be brought back to its recorded state. */
  | { readonly _tag: "Correct"; readonly power: PowerState }
  /** It would be brought back, and is only to be observed. */
  | { readonly _tag: "Withhold"; readonly power: PowerState }
  /** The machine changed, and the record follows it. */
  | { readonly _tag: "Follow"; readonly power: PowerState }
  /** The machine changed in an outage of many: the record follows it, whatever the rules. */
  | { readonly _tag: "Accept"; readonly power: PowerState }
  /** Enough: a fault. `reason` is null when the BMC answers and the machine does not obey. */
  | { readonly _tag: "GiveUp"; readonly power: PowerState | null; readonly reason: FailureReason | null }
  /** The BMC answers again: the fault ends, and the record starts from what is seen. */
  | { readonly _tag: "Recover"; readonly power: PowerState }
)

/** How long an error can be read before a good pass clears it, in milliseconds. */
export const errorVisibleMillis = 60_000

export const decide = (answer: PowerAnswer, situation: SyncSituation, rules: SyncRules): SyncDecision => {
  const { failures, node } = situation
  if (answer._tag === "Read" && node.fault !== null && canRecover(situation)) {
    return { _tag: "Recover", power: answer.power, failures: 0 }
  }
  if (isLeftAlone(situation)) return { _tag: "LeaveAlone", failures }
  const count = Math.min(failures, rules.maxRetries) + 1
  if (answer._tag === "Failed") return afterFailure(answer, situation, rules, count)
  if (node.desiredPower === null) return { _tag: "Adopt", power: answer.power, failures: 0 }
  if (answer.power === node.desiredPower) {
    const isOver = node.lastError !== null && !explained.has(node.provisionState) && hasBeenVisible(situation)
    return { _tag: isOver ? "ClearError" : "Settled", failures: 0 }
  }
  if (situation.incident) return { _tag: "Accept", power: answer.power, failures }
  const force = rules.force && !node.disablePowerOff
  if (force && rules.observeOnly) return { _tag: "Withhold", power: node.desiredPower, failures }
  if (count > rules.maxRetries) return { _tag: "GiveUp", power: answer.power, reason: null, failures: count }
  return force
    ? { _tag: "Correct", power: node.desiredPower, failures: count }
    : { _tag: "Follow", power: answer.power, failures: count }
}

const afterFailure = (
  { quiet, reason }: Extract<PowerAnswer, { readonly _tag: "Failed" }>,
  { failures, incident, node, reachable }: SyncSituation,
  { maxRetries }: SyncRules,
  count: number
): SyncDecision => {
  if (node.desiredPower === null && !reachable) return { _tag: "Settled", failures: 0 }
  // Held, and never at nothing: a conductor that starts anew finds the incident by these counts.
  if (incident) return { _tag: "CountFailure", failures: Math.max(failures, 1) }
  if (reason === "AuthenticationFailed" && !quiet) {
    return { _tag: failures === 0 ? "Doubt" : "CountFailure", failures: Math.min(count, Math.max(maxRetries, 1)) }
  }
  return reason === "AuthenticationFailed" || count > maxRetries
    ? { _tag: "GiveUp", power: null, reason, failures: count }
    : { _tag: "CountFailure", failures: count }
}

/** In these, whoever moves the node switches its power, or nobody vouches for its BMC yet. */
export const notActedOn: ReadonlySet<ProvisionState> = new Set(["enroll", "deploy wait", "clean wait", "adopt failed"])

/** In these, `last_error` says why the node is there: a good read of its power answers nothing of that. */
const explained: ReadonlySet<ProvisionState> = new Set([
  "inspect wait",
  "inspect failed",
  "clean failed",
  "deploy failed",
  "error"
])

/** Ironic's list of nodes that power sync skips. */
const isLeftAlone = ({ locked, node }: SyncSituation): boolean =>
  node.operatorMaintenance ||
  node.fault !== null ||
  notActedOn.has(node.provisionState) ||
  node.pendingPower !== null ||
  locked

/** A machine that did not obey is not believed again by the next read: that is for the slower recovery task. */
const canRecover = ({ locked, node }: SyncSituation): boolean =>
  node.faultReason !== null && node.provisionState !== "enroll" && node.pendingPower === null && !locked

const hasBeenVisible = ({ node, nowMillis }: SyncSituation): boolean =>
  nowMillis - DateTime.toEpochMillis(node.updatedAt ?? node.createdAt) >= errorVisibleMillis
