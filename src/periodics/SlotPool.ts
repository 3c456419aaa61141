/**
 * The slots of a worker pool: who works, who waits, who is parked. Plain and synchronous: no clock, no fibers.
 *
 * Invariants: at most `size` slots work, and at most `size - reserved` of them for background work; a run that is parked
 * takes no step before it works again.
 */
import type * as Scheduler from "effect/Scheduler"
import { FairQueue } from "./FairQueue.ts"
import { type Priority, Slot, type SlotOwner } from "./Slot.ts"

export type { Priority } from "./Slot.ts"

export interface SlotPoolLimits {
  readonly size: number
  /** Of `size`. */
  readonly reserved: number
  /** Waiting runs, for each priority. */
  readonly queueLimit: number
  readonly maxParked: number
}

/** Called when a number changes that metrics show. */
export interface SlotPoolObserver {
  readonly onRefused: () => void
  readonly onParked: (parked: number) => void
  readonly onWaiting: (waiting: number) => void
  /** The first slot is taken of a pool in which none was. */
  readonly onBusy: () => void
}

/** Looks in a row, a quarter of the parking delay apart, that find no step taken before a run counts as waiting. */
export const LOOKS_TO_PARK = 4

/** Runs of one priority that want a slot: those that come back from parking, and those that start. */
class Claims {
  readonly starting = new FairQueue<Slot>()
  readonly returning = new FairQueue<Slot>()
  working = 0
  private returnedLast = false
  readonly limit: number

  constructor(limit: number) {
    this.limit = limit
  }

  get hasRoom(): boolean {
    return this.working < this.limit
  }

  get isEmpty(): boolean {
    return this.starting.length === 0 && this.returning.length === 0
  }

  /** Starts and returns take turns, so that neither starves the other. */
  next(): Slot | undefined {
    if (!this.hasRoom) return undefined
    const [first, second] = this.returnedLast ? [this.starting, this.returning] : [this.returning, this.starting]
    const slot = first.shift() ?? second.shift()
    if (slot !== undefined) this.returnedLast = slot.state === "returning"
    return slot
  }
}

export class SlotPool {
  readonly limits: SlotPoolLimits
  private readonly observer: SlotPoolObserver
  private readonly claims: { readonly [P in Priority]: Claims }
  private readonly working = new Set<Slot>()
  private parkedCount = 0
  private refusedCount = 0
  private pumping = false

  constructor(limits: SlotPoolLimits, observer: SlotPoolObserver) {
    this.limits = limits
    this.observer = observer
    this.claims = { background: new Claims(limits.size - limits.reserved), reserved: new Claims(limits.size) }
  }

  get workingCount(): number {
    return this.working.size
  }
  get waiting(): number {
    return this.claims.background.starting.length + this.claims.reserved.starting.length
  }
  get parked(): number {
    return this.parkedCount
  }
  get refused(): number {
    return this.refusedCount
  }

  /** A slot for one run, not asked for yet. `base` runs what the slot lets run. */
  make(submitter: string, base: Scheduler.Scheduler, owner: SlotOwner): Slot {
    return new Slot(submitter, base, owner, this)
  }

  /**
   * Asks for a slot; `owner.onGranted` is called at once or later. False when the queue has no place for this submitter: one may
   * have as many waiting as there are places left, so that none can fill it.
   */
  request(slot: Slot, priority: Priority): boolean {
    const claims = this.claims[priority]
    slot.priority = priority
    if (!this.pumping && claims.isEmpty && claims.hasRoom && this.working.size < this.limits.size) {
      this.grant(slot)
      return true
    }
    const queue = claims.starting
    if (queue.lengthOf(slot.submitter) >= this.limits.queueLimit - queue.length) {
      this.refusedCount++
      this.observer.onRefused()
      return false
    }
    slot.state = "waiting"
    queue.push(slot)
    this.observer.onWaiting(this.waiting)
    this.pump()
    return true
  }

  /** Ends a run, or withdraws one that waits: whatever the slot held goes to others. */
  release(slot: Slot): void {
    const { state, priority } = slot
    slot.state = "free"
    if (state === "working") {
      this.working.delete(slot)
      this.claims[priority].working--
    } else if (state === "waiting") {
      this.claims[priority].starting.delete(slot)
      this.observer.onWaiting(this.waiting)
    } else if (state === "parked" || state === "returning") {
      this.claims[priority].returning.delete(slot)
      this.setParked(this.parkedCount - 1)
    }
    slot.letGo()
    if (state === "working") this.pump()
  }

  /** A parked run has work again: it gets a slot now or in its turn. */
  comeBack(slot: Slot): void {
    if (slot.state !== "parked") return
    slot.state = "returning"
    this.claims[slot.priority].returning.push(slot)
    this.pump()
  }

  /**
   * Parks the runs of which no fiber took a step during the last `LOOKS_TO_PARK` looks. Called a quarter of the parking
   * delay apart; counting looks instead of time keeps a blocked event loop from looking like waiting. At the limit of
   * parked runs, one may still take the place of one that comes back, which may hold the very thing it waits for.
   */
  look(): void {
    const idle: Array<Slot> = []
    for (const slot of this.working) {
      if (slot.stepped) {
        slot.stepped = false
        slot.idleLooks = 0
      } else if (++slot.idleLooks >= LOOKS_TO_PARK) idle.push(slot)
    }
    for (const slot of idle) {
      if (this.parkedCount < this.limits.maxParked || this.claims[slot.priority].returning.length > 0) this.park(slot)
    }
  }

  private park(slot: Slot): void {
    slot.state = "parked"
    this.working.delete(slot)
    this.claims[slot.priority].working--
    this.setParked(this.parkedCount + 1)
    slot.owner.onMoved?.()
    this.pump()
  }

  /** Grants what can be granted. What is granted may end at once and come here again: that is left to the outer call. */
  private pump(): void {
    if (this.pumping) return
    this.pumping = true
    try {
      while (this.working.size < this.limits.size) {
        const slot = this.claims.reserved.next() ?? this.claims.background.next()
        if (slot === undefined) break
        this.grant(slot)
      }
    } finally {
      this.pumping = false
    }
  }

  private grant(slot: Slot): void {
    const returning = slot.state === "returning"
    const waited = slot.state === "waiting"
    slot.state = "working"
    slot.stepped = true
    slot.idleLooks = 0
    this.claims[slot.priority].working++
    this.working.add(slot)
    if (this.working.size === 1) this.observer.onBusy()
    if (returning) {
      this.setParked(this.parkedCount - 1)
      slot.letGo()
      slot.owner.onMoved?.()
    } else {
      if (waited) this.observer.onWaiting(this.waiting)
      slot.owner.onGranted()
    }
  }

  private setParked(parked: number): void {
    this.parkedCount = parked
    this.observer.onParked(parked)
  }
}
