/**
 * Keeps a refused credential from being hammered at a BMC, which locks accounts: a few spaced tries, then quiet.
 * Pure. One guard is for one credential version; a new version gets a new guard.
 * One refusal is no verdict (a BMC that starts refuses everybody for a while); being quiet is.
 */
import type { GuardSettings } from "./GovernorSettings.ts"

export interface CredentialGuard {
  /** Refusals since the last login that worked. */
  readonly refusals: number
  /** Monotonic clock; no read is sent before. */
  readonly nextTryAtMillis: number
  /** Sure: nothing is sent until the credential changes or a person asks. */
  readonly quiet: boolean
}

export const unrefused: CredentialGuard = { refusals: 0, nextTryAtMillis: 0, quiet: false }

export const afterRefusal = (guard: CredentialGuard, settings: GuardSettings, nowMillis: number): CredentialGuard => ({
  refusals: guard.refusals + 1,
  nextTryAtMillis: nowMillis + settings.spacingMillis * 2 ** guard.refusals,
  quiet: guard.refusals + 1 >= settings.tries
})

/** What an earlier process had come to: with tries left, the next one is as far away as if the last had just been. */
export const remembered = (refusals: number, settings: GuardSettings, nowMillis: number): CredentialGuard =>
  refusals === 0 ? unrefused : afterRefusal({ ...unrefused, refusals: refusals - 1 }, settings, nowMillis)

export const admitsRead = (guard: CredentialGuard, nowMillis: number): boolean =>
  !guard.quiet && nowMillis >= guard.nextTryAtMillis
