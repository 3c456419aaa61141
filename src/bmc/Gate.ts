/**
 * The gate before one BMC: a plain state machine that lets through one request at a time (more when the profile says
 * so), commands before reads, and lets all who want to read share one read. It asks its breaker and its credential
 * guard, and answers at once when they say no.
 *
 * A read of a healthy BMC costs no fiber, no timer, no look at the clock. Readers are called in the order in which the
 * answers came, and never from within another reader's call: what a reader starts while it is called waits for its end.
 */
import type { PowerState } from "../domain/PowerState.ts"
import type { FailureReason } from "../domain/Failure.ts"
import type { Bmc, PowerReader } from "./Bmc.ts"
import { BmcError } from "./BmcError.ts"
import type { BmcEndpoint, GovernorState } from "./BmcGovernor.ts"
import * as Breaker from "./Breaker.ts"
import * as CredentialGuard from "./CredentialGuard.ts"
import type { GovernorSettings } from "./GovernorSettings.ts"
import type { SessionBudget, SessionHolder } from "./SessionBudget.ts"

/** What all gates share: the clock, chance, the budget, and who is told what is to be done later. */
export interface GateHost {
  readonly settings: GovernorSettings
  readonly sessions: SessionBudget
  readonly counts: GateCounts
  /** Monotonic. */
  readonly nowMillis: () => number
  readonly random: () => number
  /** Calls `gate.due` at this time or a little later. */
  readonly wakeAt: (gate: Gate, atMillis: number) => void
  /** Runs `gate.bmc.disconnect` beside everything else. */
  readonly disconnect: (gate: Gate) => void
}

export interface GateCounts {
  open: number
  halfOpen: number
  quiet: number
  inFlight: number
  waiting: number
}

/** One power command: waits for its turn, then holds it until `finish`. */
export interface Ticket {
  readonly onTurn: () => void
  readonly onRefused: (error: BmcError) => void
  state: "new" | "waiting" | "turn" | "done"
}

/** How a request ended: with an answer, with a failure, or unknown, since the one who asked went away. */
export type Outcome = BmcError | "answered" | "unknown"

const nothing = () => {}

export class Gate implements PowerReader, SessionHolder {
  readonly endpoint: BmcEndpoint
  readonly bmc: Bmc
  used = false
  private readonly host: GateHost
  private breaker: Breaker.Breaker = Breaker.closed
  private guard: CredentialGuard.CredentialGuard = CredentialGuard.unrefused
  private lastFailure: FailureReason | null = null
  /** False: nothing stands in the way of a read, the hot path's only question. */
  private guarded = false
  /** What is answered at once, made once per change, since an error is dear. */
  private refusalOfBreaker: BmcError | undefined
  private refusalOfGuard: BmcError | undefined
  /** Of the read that waits or is in flight. */
  private readers: Array<PowerReader> = []
  /** Counts reads, so that a late withdrawal does not hit the next one. */
  private readNumber = 0
  private reading = false
  private withdrawRead: () => void = nothing
  private readonly tickets: Array<Ticket> = []
  private inFlight = 0
  private inFlightLimit: number
  private startedAtMillis = -Infinity
  private hasSession = false
  private pumping = false
  private detached = false
  private probing = false
  /** The time for which a wake-up was asked last; one is enough. */
  private wakeAtMillis = -Infinity
  private sweptRead = -1

  constructor(endpoint: BmcEndpoint, bmc: Bmc, host: GateHost) {
    this.endpoint = endpoint
    this.bmc = bmc
    this.host = host
    this.inFlightLimit = bmc.profile().maxInFlight ?? 1
  }

  /** Joins the read that waits or is in flight, or starts one. Returns a function that withdraws this reader. */
  read(reader: PowerReader): () => void {
    const refusal = this.refusalOfRead()
    if (refusal !== undefined) {
      reader.onFailure(refusal)
      return nothing
    }
    const readers = this.readers
    if (readers.length >= this.host.settings.sharingReaders) {
      reader.onFailure(this.withheld("Busy", "too many wait for one read of it"))
      return nothing
    }
    readers.push(reader)
    const readNumber = this.readNumber
    if (readers.length === 1) {
      this.host.counts.waiting++
      this.pump()
    }
    let live = true
    return () => {
      if (live) this.withdrawReader(reader, readNumber)
      live = false
    }
  }

  /** Queues a command before all reads. Sent even while the breaker is open, since a person asked. */
  enqueue(ticket: Ticket): void {
    if (this.detached) return this.refuse(ticket, this.gone())
    if (this.guard.quiet) return this.refuse(ticket, this.credentialRefusal())
    if (this.tickets.length >= this.host.settings.waitingCommands) {
      return this.refuse(ticket, this.withheld("Busy", "too many commands wait for it"))
    }
    ticket.state = "waiting"
    this.tickets.push(ticket)
    this.host.counts.waiting++
    this.pump()
  }

  /** The holder of the ticket is through with it, in whatever state it is. */
  finish(ticket: Ticket, outcome: Outcome): void {
    const state = ticket.state
    ticket.state = "done"
    if (state === "waiting") {
      this.tickets.splice(this.tickets.indexOf(ticket), 1)
      this.host.counts.waiting--
    } else if (state === "turn") {
      this.ended()
      this.learn(outcome)
      this.pump()
    }
  }

  onPower(power: PowerState): void {
    if (!this.reading) return
    const readers = this.endRead()
    if (this.breaker !== Breaker.closed || this.guard !== CredentialGuard.unrefused) this.learn("answered")
    this.deliver(readers, power, undefined)
  }

  onFailure(error: BmcError): void {
    if (!this.reading) return
    const readers = this.endRead()
    this.learn(error)
    this.deliver(readers, undefined, error)
  }

  /** Something this gate asked to be woken for. True: its BMC is to be probed, and `probed` called with the outcome. */
  due(nowMillis: number): boolean {
    if (this.detached) return false
    this.pump()
    if (this.probing || this.breaker._tag !== "Open" || nowMillis < this.breaker.probeAtMillis) return false
    this.probing = true
    return true
  }

  probed(answered: boolean): void {
    this.probing = false
    if (this.detached) return
    const { host } = this
    this.setBreaker(
      Breaker.afterProbe(this.breaker, answered, host.settings.breaker, host.nowMillis(), host.random())
    )
  }

  /** A person says "try again". */
  retry(): void {
    this.setGuard(CredentialGuard.unrefused)
    this.setBreaker(Breaker.afterRetry(this.breaker))
  }

  /** Called every `sweepMillis`: a read that was under way at the last sweep already has no end of its own. */
  sweep(): void {
    this.inFlightLimit = this.bmc.profile().maxInFlight ?? 1
    if (this.reading && this.sweptRead === this.readNumber) {
      this.withdrawRead()
      this.onFailure(
        new BmcError({ reason: "Unreachable", message: `no end of a read of ${this.address}`, withheld: false })
      )
    }
    this.sweptRead = this.readNumber
  }

  /** Forgets everything; who waits is told so. */
  detach(): void {
    if (this.detached) return
    this.setGuard(CredentialGuard.unrefused)
    this.setBreaker(Breaker.closed)
    this.detached = true
    this.host.sessions.release(this)
    this.guarded = true
    const error = this.gone()
    for (const ticket of this.tickets.splice(0)) {
      this.host.counts.waiting--
      this.refuse(ticket, error)
    }
    if (this.reading) {
      this.withdrawRead()
      this.deliver(this.endRead(), undefined, error)
    } else if (this.readers.length > 0) this.deliver(this.takeWaitingReaders(), undefined, error)
  }

  state(nowWallMillis: number): GovernorState {
    const { breaker, guard } = this
    const profile = this.bmc.profile()
    return {
      breaker: breaker._tag === "Closed" ? "closed" : breaker._tag === "Open" ? "open" : "half-open",
      nextProbeAtMillis:
        breaker._tag === "Open" ? nowWallMillis + Math.max(0, breaker.probeAtMillis - this.host.nowMillis()) : null,
      consecutiveFailures: breaker.failures,
      lastFailure: this.lastFailure,
      authenticationFailures: guard.refusals,
      quiet: guard.quiet,
      inFlight: this.inFlight,
      waiting: this.tickets.length + (this.readers.length > 0 && !this.reading ? 1 : 0),
      cipherSuite: profile.cipherSuite,
      roundTripMillis: profile.roundTripMillis
    }
  }

  get idle(): boolean {
    return this.inFlight === 0
  }

  /** True while an answer of the BMC is not to be expected. */
  get isOpen(): boolean {
    return this.breaker._tag === "Open"
  }

  evicted(): void {
    this.hasSession = false
    this.host.disconnect(this)
  }

  granted(): void {
    this.hasSession = true
    this.pump()
  }

  /** Starts what may be started. A call from within a start or a reader does nothing: the loop outside goes on. */
  private pump(): void {
    if (this.pumping || this.detached) return
    this.pumping = true
    try {
      while (this.inFlight < this.inFlightLimit && this.startNext());
    } finally {
      this.pumping = false
    }
    if (this.inFlight === 0 && this.hasSession) this.host.sessions.becameIdle(this)
  }

  /** False when nothing is left to start, or not yet. */
  private startNext(): boolean {
    const ticket = this.tickets[0]
    if (ticket !== undefined) {
      if (this.guard.quiet) {
        this.tickets.shift()
        this.host.counts.waiting--
        this.refuse(ticket, this.credentialRefusal())
        return true
      }
      if (!this.mayStart()) return false
      this.tickets.shift()
      ticket.state = "turn"
      this.started()
      ticket.onTurn()
      return true
    }
    if (this.reading || this.readers.length === 0) return false
    const refusal = this.refusalOfRead()
    if (refusal !== undefined) {
      this.deliver(this.takeWaitingReaders(), undefined, refusal)
      return true
    }
    if (!this.mayStart()) return false
    this.reading = true
    this.started()
    const readNumber = this.readNumber
    const withdraw = this.bmc.readPower(this)
    // an answer that came at once has ended this read already
    if (this.readNumber === readNumber) this.withdrawRead = withdraw
    return true
  }

  private mayStart(): boolean {
    const { minimumIntervalMillis } = this.host.settings
    if (minimumIntervalMillis > 0) {
      const nowMillis = this.host.nowMillis()
      const atMillis = this.startedAtMillis + minimumIntervalMillis
      if (nowMillis < atMillis) {
        if (this.wakeAtMillis !== atMillis) this.host.wakeAt(this, atMillis)
        this.wakeAtMillis = atMillis
        return false
      }
    }
    if (this.hasSession || !this.bmc.holdsSession) return true
    this.hasSession = this.host.sessions.claim(this)
    return this.hasSession
  }

  private started(): void {
    const { counts, settings } = this.host
    if (settings.minimumIntervalMillis > 0) this.startedAtMillis = this.host.nowMillis()
    this.used = true
    counts.waiting--
    if (this.inFlight++ === 0) counts.inFlight++
  }

  private ended(): void {
    if (--this.inFlight === 0) this.host.counts.inFlight--
  }

  private endRead(): Array<PowerReader> {
    this.reading = false
    this.withdrawRead = nothing
    this.ended()
    return this.takeReaders()
  }

  private takeWaitingReaders(): Array<PowerReader> {
    this.host.counts.waiting--
    return this.takeReaders()
  }

  private takeReaders(): Array<PowerReader> {
    const readers = this.readers
    this.readers = []
    this.readNumber++
    return readers
  }

  /** Calls the readers, then goes on, unless a loop outside will. */
  private deliver(readers: ReadonlyArray<PowerReader>, power: PowerState | undefined, error: BmcError | undefined): void {
    const outer = this.pumping
    this.pumping = true
    try {
      for (const reader of readers) {
        if (power !== undefined) reader.onPower(power)
        else if (error !== undefined) reader.onFailure(error)
      }
    } finally {
      this.pumping = outer
    }
    if (!outer) this.pump()
  }

  /** A read in flight goes on without readers: its answer still tells how the BMC is. */
  private withdrawReader(reader: PowerReader, readNumber: number): void {
    if (readNumber !== this.readNumber) return
    const at = this.readers.indexOf(reader)
    if (at === -1) return
    this.readers.splice(at, 1)
    if (this.readers.length === 0 && !this.reading) this.takeWaitingReaders()
  }

  private refuse(ticket: Ticket, error: BmcError): void {
    ticket.state = "done"
    ticket.onRefused(error)
  }

  private refusalOfRead(): BmcError | undefined {
    if (!this.guarded) return undefined
    if (this.detached) return this.gone()
    if (this.guard !== CredentialGuard.unrefused && !CredentialGuard.admitsRead(this.guard, this.host.nowMillis())) {
      return this.credentialRefusal()
    }
    if (this.breaker._tag !== "Open") return undefined
    return (this.refusalOfBreaker ??= this.withheld(
      "Unreachable",
      `it did not answer ${this.breaker.failures} times, and is probed until it does`
    ))
  }

  private learn(outcome: Outcome): void {
    if (outcome === "unknown" || this.detached) return
    if (outcome === "answered") {
      this.lastFailure = null
      this.setGuard(CredentialGuard.unrefused)
      this.setBreaker(Breaker.closed)
      return
    }
    // the client was closed, or refused to send: nothing was learned of the BMC
    if (outcome.withheld) return
    this.lastFailure = outcome.reason
    const { host } = this
    if (outcome.reason === "Unreachable") {
      this.setBreaker(Breaker.afterNoAnswer(this.breaker, host.settings.breaker, host.nowMillis(), host.random()))
      return
    }
    this.setBreaker(Breaker.closed)
    if (outcome.reason === "AuthenticationFailed") {
      this.setGuard(CredentialGuard.afterRefusal(this.guard, host.settings.guard, host.nowMillis()))
    }
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
      this.host.wakeAt(this, breaker.probeAtMillis)
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
  }

  private updateGuarded(): void {
    this.guarded = this.breaker._tag === "Open" || this.guard !== CredentialGuard.unrefused
  }

  private credentialRefusal(): BmcError {
    const { quiet, refusals } = this.guard
    const times = refusals === 1 ? "once" : `${refusals} times`
    return (this.refusalOfGuard ??= this.withheld(
      "AuthenticationFailed",
      quiet
        ? `it refused this credential ${times}; set another one, or ask to try again`
        : `it refused this credential ${times}; it is tried again a little later`
    ))
  }

  private gone(): BmcError {
    return this.withheld("Unreachable", "it was removed, or its address or credential changed")
  }

  private withheld(reason: FailureReason, why: string): BmcError {
    return new BmcError({ reason, message: `${this.address} was not asked: ${why}`, withheld: true })
  }

  private get address(): string {
    return `${this.endpoint.host}:${this.endpoint.port}`
  }
}
