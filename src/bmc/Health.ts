/**
 * What is known of one BMC's will and ability to answer: its breaker, its credential guard, and what to say at once
 * instead of asking it. A plain state machine; the gate tells it how requests ended and asks it before the next one.
 *
 * The hot path's two questions, `refusalOfRead` and `answered`, cost a comparison each while all is well.
 */
import type { FailureReason } from "../domain/Failure.ts"
import type { BmcError } from "./BmcError.ts"
import { notAsked } from "./BmcErrors.ts"
import type { BmcEndpoint, GovernorState } from "./BmcGovernor.ts"
import * as Breaker from "./Breaker.ts"
import * as CredentialGuard from "./CredentialGuard.ts"
import type { GovernorSettings } from "./GovernorSettings.ts"

export interface HealthHost {
  readonly settings: GovernorSettings
  readonly counts: HealthCounts
  /** Monotonic. */
  readonly nowMillis: () => number
  readonly random: () => number
}

/** Shared by all BMCs; each keeps its own part right. */
export interface HealthCounts {
  open: number
  halfOpen: number
  quiet: number
}

/** How a request ended: with an answer, with a failure, or unknown, since the one who asked went away. */
export type Outcome = BmcError | "answered" | "unknown"

export class Health {
  private readonly endpoint: BmcEndpoint
  private readonly host: HealthHost
  private readonly wakeAt: (atMillis: number) => void
  private readonly onRefusals: () => void = () => {}
  private breaker: Breaker.Breaker = Breaker.closed
  private guard: CredentialGuard.CredentialGuard = CredentialGuard.unrefused
  private lastFailure: FailureReason | null = null
  private probing = false
  /** False: nothing stands in the way of a read. */
  private guarded = false
  /** Answered at once, and made once per change, since an error is dear. */
  private refusalOfBreaker: BmcError | undefined
  private refusalOfGuard: BmcError | undefined

  /**
   * `refusals`: of this credential, before this process. `wakeAt` asks for a call of `probeDue` at this time or a little
   * later; `onRefusals` is told that their number changed.
   */
  constructor(
    endpoint: BmcEndpoint,
    host: HealthHost,
    refusals: number,
    calls: { readonly wakeAt: (atMillis: number) => void; readonly onRefusals: () => void }
  ) {
    this.endpoint = endpoint
    this.host = host
    this.wakeAt = calls.wakeAt
    this.setGuard(CredentialGuard.remembered(refusals, host.settings.guard, host.nowMillis()))
    this.onRefusals = calls.onRefusals
  }

  /** Why the BMC is not to be read now; undefined: it may be. */
  refusalOfRead(): BmcError | undefined {
    if (!this.guarded) return undefined
    if (this.guard !== CredentialGuard.unrefused && !CredentialGuard.admitsRead(this.guard, this.host.nowMillis())) {
      return this.credentialRefusal()
    }
    if (this.breaker._tag !== "Open") return undefined
    const { failures } = this.breaker
    return (this.refusalOfBreaker ??= notAsked(
      this.endpoint,
      "Unreachable",
      `it did not answer ${failures} times, and is probed until it does`
    ))
  }

  /** A person's command goes through an open breaker, and between the tries of a credential. */
  refusalOfCommand(): BmcError | undefined {
    return this.guard.quiet ? this.credentialRefusal() : undefined
  }

  answered(): void {
    if (this.breaker === Breaker.closed && this.guard === CredentialGuard.unrefused) return
    this.lastFailure = null
    this.setGuard(CredentialGuard.unrefused)
    this.setBreaker(Breaker.closed)
  }

  learn(outcome: Outcome): void {
    if (outcome === "unknown") return
    if (outcome === "answered") return this.answered()
    // the client was closed, or refused to send: nothing was learned of the BMC
    if (outcome.withheld) return
    this.lastFailure = outcome.reason
    const { host } = this
    if (outcome.reason === "Unreachable") {
      const { breaker } = host.settings
      this.setBreaker(Breaker.afterNoAnswer(this.breaker, breaker, host.nowMillis(), host.random()))
      return
    }
    this.setBreaker(Breaker.closed)
    if (outcome.reason === "AuthenticationFailed") {
      this.setGuard(CredentialGuard.afterRefusal(this.guard, host.settings.guard, host.nowMillis()))
    }
  }

  /** True: probe the BMC now, and tell `probed` the outcome. */
  probeDue(nowMillis: number): boolean {
    if (this.probing || this.breaker._tag !== "Open" || nowMillis < this.breaker.probeAtMillis) return false
    this.probing = true
    return true
  }

  probed(answered: boolean): void {
    this.probing = false
    const { host } = this
    this.setBreaker(Breaker.afterProbe(this.breaker, answered, host.settings.breaker, host.nowMillis(), host.random()))
  }

  /** A person says "try again". */
  retry(): void {
    this.setGuard(CredentialGuard.unrefused)
    this.setBreaker(Breaker.afterRetry(this.breaker))
  }

  /** As if nothing had been learned: leaves the counts and asks for no more probes. */
  forget(): void {
    this.setGuard(CredentialGuard.unrefused)
    this.setBreaker(Breaker.closed)
  }

  /** Of the present credential, since a login with it worked. */
  get refusals(): number {
    return this.guard.refusals
  }

  get isOpen(): boolean {
    return this.breaker._tag === "Open"
  }

  state(nowWallMillis: number) {
    const { breaker, guard } = this
    return {
      breaker: breaker._tag === "Closed" ? "closed" : breaker._tag === "Open" ? "open" : "half-open",
      nextProbeAtMillis:
        breaker._tag === "Open" ? nowWallMillis + Math.max(0, breaker.probeAtMillis - this.host.nowMillis()) : null,
      consecutiveFailures: breaker.failures,
      lastFailure: this.lastFailure,
      authenticationFailures: guard.refusals,
      quiet: guard.quiet
    } satisfies Partial<GovernorState>
  }

  private setBreaker(breaker: Breaker.Breaker): void {
    const before = this.breaker
    if (breaker === before) return
    this.breaker = breaker
    const { counts } = this.host
    if (before._tag === "Open") counts.open--
    else if (before._tag === "HalfOpen") counts.halfOpen--
    if (breaker._tag === "Open") {
      counts.open++
      this.wakeAt(breaker.probeAtMillis)
    } else if (breaker._tag === "HalfOpen") counts.halfOpen++
    this.refusalOfBreaker = undefined
    this.updateGuarded()
  }

  private setGuard(guard: CredentialGuard.CredentialGuard): void {
    const before = this.guard
    if (guard === before) return
    this.guard = guard
    if (guard.quiet !== before.quiet) this.host.counts.quiet += guard.quiet ? 1 : -1
    this.refusalOfGuard = undefined
    this.updateGuarded()
    this.onRefusals()
  }

  private updateGuarded(): void {
    this.guarded = this.breaker._tag === "Open" || this.guard !== CredentialGuard.unrefused
  }

  private credentialRefusal(): BmcError {
    const { quiet, refusals } = this.guard
    const times = refusals === 1 ? "once" : `${refusals} times`
    return (this.refusalOfGuard ??= notAsked(
      this.endpoint,
      "AuthenticationFailed",
      quiet
        ? `it refused this credential ${times}; set another one, or ask to try again`
        : `it refused this credential ${times}; it is tried again a little later`
    ))
  }
}
