/**
 * The gate before one BMC: a plain state machine that lets through one request at a time (more when the profile says
 * so): what a person asked before reads, reads before background requests; and lets all who want to read share one read.
 * It asks the BMC's `Health` first, and answers at once when that says no.
 *
 * A read of a healthy BMC costs no fiber, no timer, no look at the clock. Readers are called in the order in which the
 * answers came, and never from within another reader's call: what a reader starts while it is called waits for its end.
 */
import type { BmcProfile } from "../domain/BmcProfile.ts"
import type { PowerState } from "../domain/PowerState.ts"
import type { Bmc, PowerReader } from "./Bmc.ts"
import type { BmcError } from "./BmcError.ts"
import { endless, gone, notAsked } from "./BmcErrors.ts"
import type { BmcEndpoint, GovernorState } from "./BmcGovernor.ts"
import type { GateHost } from "./GateHost.ts"
import { Health, type Outcome } from "./Health.ts"
import { quirksOf } from "../ipmi/quirks/Quirks.ts"
import { withRefusals } from "./ProfileKeeper.ts"
import type { SessionHolder } from "./SessionBudget.ts"
import type { Ticket, Turns } from "./Turns.ts"

const nothing = () => {}

export class Gate implements PowerReader, SessionHolder, Turns {
  readonly endpoint: BmcEndpoint
  readonly bmc: Bmc
  used = false
  private readonly host: GateHost
  private readonly health: Health
  /** Of the read that waits or is in flight. */
  private readers: Array<PowerReader> = []
  /** Counts reads, so that a late withdrawal does not hit the next one. */
  private readNumber = 0
  private reading = false
  private withdrawRead: () => void = nothing
  /** What persons asked, and what the background asks. */
  private readonly tickets: Array<Ticket> = []
  private readonly backgroundTickets: Array<Ticket> = []
  private inFlight = 0
  private inFlightLimit: number
  private startedAtMillis = -Infinity
  private hasSession = false
  private pumping = false
  private detached = false
  /** The time for which a wake-up was asked last; one is enough. */
  private wakeAtMillis = -Infinity
  private sweptRead = -1

  constructor(endpoint: BmcEndpoint, bmc: Bmc, host: GateHost) {
    this.endpoint = endpoint
    this.bmc = bmc
    this.host = host
    const { maxInFlight, refused } = bmc.profile()
    const refusals = refused?.credentialVersion === endpoint.credentialVersion ? refused.times : 0
    this.health = new Health(endpoint, host, refusals, {
      wakeAt: (atMillis) => host.wakeAt(this, atMillis),
      onRefusals: () => void (this.detached || host.remember(this))
    })
    this.inFlightLimit = maxInFlight ?? 1
  }

  /** Joins the read that waits or is in flight, or starts one. Returns a function that withdraws this reader. */
  read(reader: PowerReader): () => void {
    const refusal = this.detached ? gone(this.endpoint) : this.health.refusalOfRead()
    if (refusal !== undefined) {
      reader.onFailure(refusal)
      return nothing
    }
    const readers = this.readers
    if (readers.length >= this.host.settings.sharingReaders) {
      reader.onFailure(notAsked(this.endpoint, "Busy", "too many wait for one read of it"))
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

  enqueue(ticket: Ticket): void {
    const queue = this.queueOf(ticket)
    const refusal = this.detached ? gone(this.endpoint) : this.refusalOf(ticket)
    if (refusal !== undefined) return this.refuse(ticket, refusal)
    if (queue.length >= this.host.settings.waitingCommands) {
      return this.refuse(ticket, notAsked(this.endpoint, "Busy", "too many requests wait for it"))
    }
    ticket.state = "waiting"
    queue.push(ticket)
    this.host.counts.waiting++
    this.pump()
  }

  finish(ticket: Ticket, outcome: Outcome): void {
    const state = ticket.state
    ticket.state = "done"
    if (state === "waiting") {
      const queue = this.queueOf(ticket)
      queue.splice(queue.indexOf(ticket), 1)
      this.host.counts.waiting--
    } else if (state === "turn") {
      this.ended()
      if (!this.detached) this.health.learn(outcome)
      this.pump()
    }
  }

  onPower(power: PowerState): void {
    if (!this.reading) return
    const readers = this.endRead()
    this.health.answered()
    this.deliver(readers, power, undefined)
  }

  onFailure(error: BmcError): void {
    if (!this.reading) return
    const readers = this.endRead()
    this.health.learn(error)
    this.deliver(readers, undefined, error)
  }

  /** Something this gate asked to be woken for. True: its BMC is to be probed, and `probed` called with the outcome. */
  due(nowMillis: number): boolean {
    this.pump()
    return this.health.probeDue(nowMillis)
  }

  probed(answered: boolean): void {
    this.health.probed(answered)
  }

  /** A person says "try again". */
  retry(): void {
    this.health.retry()
  }

  /** Called every `sweepMillis`: a read that was under way at the last sweep already has no end of its own. */
  sweep(): void {
    this.inFlightLimit = this.bmc.profile().maxInFlight ?? 1
    if (this.reading && this.sweptRead === this.readNumber) {
      this.withdrawRead()
      this.onFailure(endless(this.endpoint))
    }
    this.sweptRead = this.readNumber
  }

  /** Forgets everything; who waits is told so. */
  detach(): void {
    if (this.detached) return
    this.detached = true
    this.health.forget()
    this.host.sessions.release(this)
    const error = gone(this.endpoint)
    for (const ticket of [...this.tickets.splice(0), ...this.backgroundTickets.splice(0)]) {
      this.host.counts.waiting--
      this.refuse(ticket, error)
    }
    if (this.reading) {
      this.withdrawRead()
      this.deliver(this.endRead(), undefined, error)
    } else if (this.readers.length > 0) this.deliver(this.takeWaitingReaders(), undefined, error)
  }

  state(nowWallMillis: number): GovernorState {
    const profile = this.bmc.profile()
    return {
      ...this.health.state(nowWallMillis),
      inFlight: this.inFlight,
      waiting: this.tickets.length + this.backgroundTickets.length + (this.readers.length > 0 && !this.reading ? 1 : 0),
      cipherSuite: profile.cipherSuite,
      quirks: quirksOf(profile),
      roundTripMillis: profile.roundTripMillis
    }
  }

  /** What was learned of it, to be kept. */
  learned(): BmcProfile {
    return withRefusals(this.bmc.profile(), this.endpoint.credentialVersion, this.health.refusals)
  }

  get idle(): boolean {
    return this.inFlight === 0
  }

  /** True while an answer of the BMC is not to be expected. */
  get isOpen(): boolean {
    return this.health.isOpen
  }

  /** False between giving a session back and claiming one anew. */
  get holdsSession(): boolean {
    return this.hasSession
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
    if (this.tickets.length > 0) return this.startTicket(this.tickets)
    if (!this.reading && this.readers.length > 0) return this.startRead()
    return this.backgroundTickets.length > 0 && this.startTicket(this.backgroundTickets)
  }

  private startTicket(queue: Array<Ticket>): boolean {
    const ticket = queue[0]
    if (ticket === undefined) return false
    const refusal = this.refusalOf(ticket)
    if (refusal === undefined && !this.mayStart()) return false
    queue.shift()
    if (refusal !== undefined) {
      this.host.counts.waiting--
      this.refuse(ticket, refusal)
      return true
    }
    ticket.state = "turn"
    this.started()
    ticket.onTurn()
    return true
  }

  private startRead(): boolean {
    const refusal = this.health.refusalOfRead()
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

  private queueOf({ priority }: Ticket): Array<Ticket> {
    return priority === "user" ? this.tickets : this.backgroundTickets
  }

  private refusalOf({ priority }: Ticket): BmcError | undefined {
    return priority === "user" ? this.health.refusalOfCommand() : this.health.refusalOfRead()
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
  private deliver(
    readers: ReadonlyArray<PowerReader>,
    power: PowerState | undefined,
    error: BmcError | undefined
  ): void {
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
}
