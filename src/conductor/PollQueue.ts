/**
 * Which BMC is to be read next: the due times of a pass, what is due, and the window of reads in flight.
 *
 * Plain data with the time passed in; it reads nothing itself. A node is in it at most once as due or being read.
 * Failing nodes go first among those that are due together, but while others wait they get half of the window at most:
 * a dead BMC answers nothing for many seconds, and a thousand of them must not stand before the healthy. For the same
 * reason a read that has waited for a second gives its place back (it is *parked*: it costs a timer and no work).
 */
import type { NodeId } from "../domain/Node.ts"
import type { PowerState } from "../domain/PowerState.ts"
import { Fifo } from "./Fifo.ts"

/** A healthy BMC answers in milliseconds; what has not after this long is waiting for a timeout. */
export const parkAfterMillis = 1000
/** Parked reads; each holds some 500 bytes and a deadline. Beyond it, reads keep their place in the window. */
export const mostParked = 10_000

/** One pass over the fleet. */
export interface Pass {
  readonly number: number
  readonly startedAtMillis: number
  /** Reads that are still to be made or answered. */
  outstanding: number
  /** Nodes left out, since they were still due or being read from before. */
  skipped: number
}

/** A node's place in the queue. */
export class Slot {
  readonly nodeId: NodeId
  /** Where in a spacing its reads lie, 0 to 1: the same in every pass, so that reads of one node are a spacing apart. */
  readonly phase: number
  state: "idle" | "due" | "reading" = "idle"
  /** The pass that this read belongs to; null for one in between. */
  pass: Pass | null = null
  /** The pass in which it is still to become due. */
  scheduledIn: Pass | null = null
  failing = false
  parked = false
  /** To be read once more after the present read: something changed while it was under way. */
  again = false
  gone = false
  /** The state to which the machine would be switched if it were not only observed. */
  withheld: PowerState | null = null
  startedAtMillis = 0
  withdraw: () => void = nothing

  constructor(nodeId: NodeId) {
    this.nodeId = nodeId
    this.phase = hash(nodeId) / 2 ** 32
  }
}

/** `kept`: of a pass that another one cut short. */
interface Turn {
  readonly slot: Slot
  readonly dueAtMillis: number
  readonly kept: boolean
}

export class PollQueue {
  private readonly slots = new Map<NodeId, Slot>()
  private readonly dueFailing = new Fifo<Slot>()
  private readonly dueHealthy = new Fifo<Slot>()
  /** Reads by their start, to find those that have waited long. */
  private readonly started = new Fifo<{ readonly slot: Slot; readonly startedAtMillis: number }>()
  private scheduled: Array<Turn> = []
  private nextScheduled = 0
  private unsorted = false
  private current: { readonly pass: Pass; readonly spreadMillis: number } | null = null
  private passes = 0
  private readonly window: () => number
  private active = 0
  private activeFailing = 0
  private parkedReads = 0

  /** `window`: how many reads count at once, asked whenever one is to be started. */
  constructor(window: () => number) {
    this.window = window
  }

  slot(nodeId: NodeId): Slot {
    let slot = this.slots.get(nodeId)
    if (slot === undefined) this.slots.set(nodeId, (slot = new Slot(nodeId)))
    return slot
  }

  /**
   * Hands a pass's nodes over; `spreadMillis` 0 makes all of them due now. A node that is just due or being read has its turn
   * all the same: left out, those whose turn is at the very end of a spacing would be two or three spacings old. For the
   * same reason a turn of the pass before that is still ahead is kept, where this pass has its own later: somebody ran
   * the task by hand, or it ran a little late before.
   */
  startPass(nodeIds: Iterable<NodeId>, nowMillis: number, spreadMillis: number): Pass {
    this.becomeDue(nowMillis)
    const pass: Pass = { number: ++this.passes, startedAtMillis: nowMillis, outstanding: 0, skipped: 0 }
    const ahead = new Map<Slot, number>()
    // By time: of each node the earliest, so that passes in quick succession leave no more than one turn each.
    for (const { dueAtMillis, slot } of this.scheduled.slice(this.nextScheduled)) {
      if (!ahead.has(slot)) ahead.set(slot, dueAtMillis)
    }
    const scheduled: Array<Turn> = []
    for (const nodeId of nodeIds) {
      const slot = this.slot(nodeId)
      if (slot.scheduledIn !== null) {
        slot.scheduledIn.outstanding--
        slot.scheduledIn = null
      }
      pass.outstanding++
      slot.scheduledIn = pass
      const dueAtMillis = nowMillis + slot.phase * spreadMillis
      scheduled.push({ slot, dueAtMillis, kept: false })
      const before = ahead.get(slot)
      if (before !== undefined && before < dueAtMillis) scheduled.push({ slot, dueAtMillis: before, kept: true })
    }
    this.scheduled = scheduled
    this.nextScheduled = 0
    this.unsorted = spreadMillis > 0
    this.current = { pass, spreadMillis }
    this.becomeDue(nowMillis)
    return pass
  }

  /** Makes a node due at once; while it is being read, once more afterwards. Its turn in the present pass stays. */
  dueNow(nodeId: NodeId, failing: boolean, nowMillis: number): void {
    const slot = this.slot(nodeId)
    if (slot.state === "reading") slot.again = true
    else if (slot.state === "idle") this.makeDue(slot, null, failing)
    this.joinPass(slot, nowMillis)
  }

  /** A node that came during a pass has its turn in it, if that is still ahead: else its first age would be two spacings. */
  private joinPass(slot: Slot, nowMillis: number): void {
    if (this.current === null || slot.scheduledIn !== null) return
    const { pass, spreadMillis } = this.current
    const dueAtMillis = pass.startedAtMillis + slot.phase * spreadMillis
    if (dueAtMillis <= nowMillis) return
    slot.scheduledIn = pass
    pass.outstanding++
    this.scheduled.push({ slot, dueAtMillis, kept: false })
    this.unsorted = true
  }

  /** Forgets a node, and withdraws the read that is under way. */
  forget(nodeId: NodeId): void {
    const slot = this.slots.get(nodeId)
    if (slot === undefined) return
    this.slots.delete(nodeId)
    slot.gone = true
    for (const pass of [slot.scheduledIn, slot.pass]) if (pass !== null) pass.outstanding--
    slot.scheduledIn = null
    slot.pass = null
    if (slot.state !== "reading") return
    this.leaveWindow(slot)
    slot.withdraw()
  }

  /** The next node to read, marked as being read; undefined when none is due or the window is full. */
  next(nowMillis: number): Slot | undefined {
    this.becomeDue(nowMillis)
    this.park(nowMillis)
    for (;;) {
      const slot = this.takeDue()
      if (slot === undefined || !slot.gone) {
        if (slot !== undefined) this.enterWindow(slot, nowMillis)
        return slot
      }
    }
  }

  /** The read was answered. */
  done(slot: Slot): void {
    this.leaveWindow(slot)
    slot.state = "idle"
    slot.withdraw = nothing
    if (slot.pass !== null) slot.pass.outstanding--
    slot.pass = null
    if (!slot.again) return
    slot.again = false
    this.makeDue(slot, null, slot.failing)
  }

  /** When the node's turn is: now, at a time of the present pass, or in the next one at this part of the spacing. */
  turn(nodeId: NodeId): { readonly now: boolean; readonly dueAtMillis: number | null; readonly phase: number } {
    const { phase, scheduledIn, state } = this.slot(nodeId)
    const spreadMillis = this.current?.spreadMillis ?? 0
    const dueAtMillis = scheduledIn === null ? null : scheduledIn.startedAtMillis + phase * spreadMillis
    return { now: state !== "idle", dueAtMillis, phase }
  }

  /** How long nothing becomes due: 0 where something is, infinite where nothing is planned. */
  restMillis(nowMillis: number): number {
    if (this.unsorted || this.dueFailing.length > 0 || this.dueHealthy.length > 0) return 0
    const next = this.scheduled[this.nextScheduled]
    return next === undefined ? Infinity : Math.max(0, next.dueAtMillis - nowMillis)
  }

  counts(): { readonly due: number; readonly reading: number; readonly parked: number } {
    return {
      due: this.dueFailing.length + this.dueHealthy.length,
      reading: this.active + this.parkedReads,
      parked: this.parkedReads
    }
  }

  /** Moves what is due by now from the schedule to the queues. */
  private becomeDue(nowMillis: number): void {
    if (this.unsorted) {
      this.scheduled = this.scheduled.slice(this.nextScheduled).sort((a, b) => a.dueAtMillis - b.dueAtMillis)
      this.nextScheduled = 0
      this.unsorted = false
    }
    for (; ; this.nextScheduled++) {
      const entry = this.scheduled[this.nextScheduled]
      if (entry === undefined || entry.dueAtMillis > nowMillis) return
      const { kept, slot } = entry
      if (kept) {
        if (slot.state === "idle" && !slot.gone) this.makeDue(slot, null, slot.failing)
        continue
      }
      const pass = slot.scheduledIn
      if (pass === null) continue
      slot.scheduledIn = null
      if (slot.state === "idle") this.makeDue(slot, pass, slot.failing)
      else if (slot.state === "due" && slot.pass === null) slot.pass = pass
      else {
        pass.outstanding--
        pass.skipped++
      }
    }
  }

  private makeDue(slot: Slot, pass: Pass | null, failing: boolean): void {
    slot.state = "due"
    slot.pass = pass
    slot.failing = failing
    if (failing) this.dueFailing.push(slot)
    else this.dueHealthy.push(slot)
  }

  private takeDue(): Slot | undefined {
    const window = this.window()
    if (this.active >= window) return undefined
    const failingHaveRoom = this.activeFailing < window / 2 || this.dueHealthy.length === 0
    return (failingHaveRoom ? this.dueFailing.shift() : undefined) ?? this.dueHealthy.shift()
  }

  private enterWindow(slot: Slot, nowMillis: number): void {
    slot.state = "reading"
    slot.parked = false
    slot.startedAtMillis = nowMillis
    this.active++
    if (slot.failing) this.activeFailing++
    this.started.push({ slot, startedAtMillis: nowMillis })
  }

  private leaveWindow(slot: Slot): void {
    if (slot.parked) this.parkedReads--
    else this.leaveActive(slot)
  }

  private leaveActive(slot: Slot): void {
    this.active--
    if (slot.failing) this.activeFailing--
  }

  private park(nowMillis: number): void {
    for (;;) {
      const oldest = this.started.peek()
      if (oldest === undefined) return
      const { slot, startedAtMillis } = oldest
      const answered = slot.state !== "reading" || slot.startedAtMillis !== startedAtMillis || slot.gone
      if (!answered) {
        if (startedAtMillis + parkAfterMillis > nowMillis || this.parkedReads >= mostParked) return
        slot.parked = true
        this.leaveActive(slot)
        this.parkedReads++
      }
      this.started.shift()
    }
  }
}

/**
 * FNV-1a over the characters, and MurmurHash3's finish, without which ids that differ in their last digits only would
 * lie close together. Stays the same for ever.
 */
export const hash = (text: string): number => {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}

const nothing = () => {}
