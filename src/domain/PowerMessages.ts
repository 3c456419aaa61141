/** The sentences that `last_error` and the journal show about power: they name the operation, what is so, and what to do. */
import type { FailureReason } from "./Failure.ts"
import type { PowerAction, PowerState } from "./PowerState.ts"

/** What an operator can do about a BMC that fails in this way. */
const advice: Readonly<Record<FailureReason, string>> = {
  Unreachable: "Check the BMC's address, its network and its power.",
  AuthenticationFailed:
    "The BMC is not asked again until the credential changes (tutti node set) or somebody asks for it (tutti node retry).",
  Busy: "The BMC answers, and says that it is busy; it may need a reset.",
  SessionsExhausted: "All sessions of the BMC are taken; end others, or reset the BMC.",
  Protocol: "The BMC's answers can't be used; check its firmware.",
  Unsupported: "Check the node's driver and driver_info."
}

export const bmcFailed = (reason: FailureReason, message: string): string =>
  `The BMC could not be read (${reason}): ${sentence(message)} ${advice[reason]}`

export const credentialRefused = (message: string): string =>
  `The BMC refused the credential: ${sentence(message)} It is tried a few times more, ever further apart.`

export const disobedient = (attempts: number, desired: PowerState, actual: PowerState): string =>
  `The machine is in '${actual}' and not in '${desired}' as recorded, after ${attempts} attempts to bring it back. ` +
  "Its record follows it now; find out who or what switches it."

export const corrected = (desired: PowerState, actual: PowerState): string =>
  `The machine was in '${actual}' and not in '${desired}' as recorded; it was switched back.`

export const followed = (desired: PowerState, actual: PowerState): string =>
  `The machine was in '${actual}' and not in '${desired}' as recorded; the record follows it.`

export const correctionWithheld = (desired: PowerState, actual: PowerState): string =>
  `The machine is in '${actual}' and not in '${desired}' as recorded; it would have been switched back, and is only observed.`

export const accepted = (desired: PowerState, actual: PowerState): string =>
  `The machine came out of an outage of many in '${actual}' and not in '${desired}' as recorded; the record follows it, ` +
  "and nothing is switched."

export const notCorrected = (desired: PowerState, message: string): string =>
  `The machine could not be switched back to '${desired}': ${sentence(message)}`

export const actionFailed = (action: PowerAction, message: string): string => `${action} failed: ${sentence(message)}`

/** `lostAnswer`: what became of the command's own answer, where none came; otherwise the BMC took the command. */
export const notSeen = (
  state: PowerState,
  seconds: number,
  last: { readonly seen: PowerState | null; readonly error: string | null },
  lostAnswer: string | null
): string =>
  (lostAnswer === null ? "the BMC took the command, but " : `${mayHaveActed(lostAnswer)} `) +
  `'${state}' was not seen within ${seconds} s; ` +
  (last.seen === null ? "no read was answered" : `it was last seen in '${last.seen}'`) +
  (last.error === null ? "" : ` (${last.error})`)

export const mayHaveActed = (message: string): string => `${sentence(message)} The BMC may still have acted on it.`

/** A soft power off that the operating system did not follow, where whoever asked wanted a hard one then. */
export const forcedNow = (action: PowerAction, message: string): string =>
  `${action}: ${sentence(message)} It is switched off hard now, as was asked for.`

/** An action that this process gave up because it had to stop. */
export const stoppedMeanwhile = (action: PowerAction): string =>
  `${action} was under way when the conductor stopped; whether the machine followed is not known.`

/** An action whose conductor could not renew the node's lock, and so may not go on. */
export const lockLost = (action: PowerAction): string =>
  `${action} was cut off: the node's lock could not be renewed in the database. What became of the machine is looked at ` +
  "once the database is back."

/** What had become of who carried an action out. */
export const conductorEnded = "the conductor ended"
export const lockEnded = "its conductor ended or lost the node's lock"

/** An action that was left behind when this `happened`, and what the machine shows now. */
export const leftBehind = (
  action: PowerAction,
  requestedAt: string,
  now: PowerState | null,
  error: string | null,
  happened = conductorEnded
): string =>
  `${action}, asked for at ${requestedAt}, was under way when ${happened}. It is not sent again, and whether it ` +
  `happened is not known; ` +
  (now === null
    ? `the BMC could not be read since${error === null ? "" : ` (${error})`}.`
    : `the machine is in '${now}' now.`)

export const confirmedLater = (action: PowerAction, happened = conductorEnded): string =>
  `${action} was under way when ${happened}; a read confirms it now.`

const sentence = (message: string): string => (/[.!?]$/.test(message) ? message : `${message}.`)
