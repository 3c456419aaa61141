/** The sentences that `last_error` and the journal show about provision states: what was done, what is so, what to do. */
import type { FailureReason } from "./Failure.ts"
import type { ProvisionState } from "./Node.ts"
import { bmcFailed } from "./PowerMessages.ts"
import type { ProvisionVerb } from "./Provision.ts"

/** What is under way in a transient state, or waits in a wait state. */
const doings: Readonly<Partial<Record<ProvisionState, string>>> = {
  verifying: "verification",
  inspecting: "inspection",
  "inspect wait": "inspection",
  adopting: "adoption",
  cleaning: "cleaning",
  "clean wait": "cleaning",
  deploying: "deployment",
  "deploy wait": "deployment",
  deleting: "tear-down"
}

const doing = (state: ProvisionState): string => `The ${doings[state] ?? state}`

export const workFailed = (state: ProvisionState, message: string): string => `${doing(state)} failed. ${message}`

export const askingFailed = (state: ProvisionState, reason: FailureReason, message: string): string =>
  workFailed(state, bmcFailed(reason, message))

export const inspectionWaits = (reason: FailureReason, message: string): string =>
  `The inspection waits, and is tried again. ${bmcFailed(reason, message)}`

export const invalidDriverInfo = (detail: string): string => `driver_info is not valid: ${detail}.`

/** `why` is what `last_error` said meanwhile. */
export const timedOut = (state: ProvisionState, seconds: number, why: string | null): string =>
  `${doing(state)} waited for longer than its time-out of ${seconds} s.${why === null ? "" : ` ${why}`}`

export const aborted = (state: ProvisionState, actor: string): string => `${doing(state)} was aborted by ${actor}.`

/** `since`: ISO 8601, when the state was entered; null where that is not known. */
export const cutOff = (state: ProvisionState, since: string | null): string =>
  `${doing(state)}${since === null ? "" : ` that began at ${since}`} was cut off when the conductor that did it ended. ` +
  "It is not taken up again; ask for it anew."

export const stoppedMeanwhile = (state: ProvisionState): string =>
  `${doing(state)} was cut off when the conductor stopped. It is not taken up again; ask for it anew.`

export const lockLost = (state: ProvisionState): string =>
  `${doing(state)} was cut off: the node's lock was lost, since the database was away for too long or somebody broke it. ` +
  "It is not taken up again; ask for it anew."

/** The journal's, of what a person asked for. */
export const askedFor = (verb: ProvisionVerb): string => `${verb} was asked for.`
