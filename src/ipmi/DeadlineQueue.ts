/**
 * One coarse queue for the deadlines of all requests: a ring of slots 25 ms apart, walked by one loop.
 *
 * A request is nearly always answered long before its deadline, so that moving and cancelling must cost nothing: both only
 * write the entry's `due`. An entry stays in the slot it was put in; when that slot comes up, it is either due, or goes to
 * the slot of its present `due`, or, without one, drops out. So an entry is in the ring at most once, whatever it does.
 * Deadlines are never early, and at most 50 ms late.
 *
 * Knows no clock of its own: `now` is monotonic milliseconds, and the loop is `runDeadlines`.
 */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"

const slotMillis = 25
/** 6.4 s: longer than any wait of this library; a longer one goes round again. */
const slotCount = 256

/** Something that can expire; an owner makes one and keeps it. */
export interface Deadline {
  /** Called once the time is over; must not throw. */
  readonly expire: () => void
  /** The slot's number at which it is over, counted from the clock's zero; 0: nothing is waited for. */
  due: number
  /** The number of the slot it is in; 0: none. */
  queued: number
}

export const makeDeadline = (expire: () => void): Deadline => ({ expire, due: 0, queued: 0 })

export class DeadlineQueue {
  readonly now: () => number
  /** Open while there is anything to wait for. */
  readonly busy = Latch.makeUnsafe(false)
  readonly #ring: Array<Array<Deadline>> = Array.from({ length: slotCount }, () => [])
  /** The last slot that was walked. */
  #walked: number
  #size = 0

  constructor(now: () => number) {
    this.now = now
    this.#walked = this.#slotNumber(now())
  }

  /** Entries in the ring, those that only wait to drop out included. */
  get size(): number {
    return this.#size
  }

  /** Lets `deadline` expire in `millis`, in place of what was set before. */
  set(deadline: Deadline, millis: number): void {
    deadline.due = this.#slotNumber(this.now() + millis) + 1
    if (deadline.queued === 0 || deadline.queued > deadline.due) this.#put(deadline)
  }

  clear(deadline: Deadline): void {
    deadline.due = 0
  }

  /** Forgets all of them; for the end, when nobody walks any more. */
  forgetAll(): void {
    for (const entries of this.#ring) entries.length = 0
    this.#size = 0
  }

  /** Expires what is due. */
  walk(): void {
    const present = this.#slotNumber(this.now())
    // After a pause of more than a turn of the ring, each slot once is enough.
    for (let slot = Math.max(this.#walked + 1, present - slotCount + 1); slot <= present; slot++) {
      this.#walked = slot
      const index = slot % slotCount
      const entries = this.#ring[index]
      if (entries === undefined || entries.length === 0) continue
      this.#ring[index] = []
      for (const deadline of entries) this.#visit(deadline, slot, present)
    }
    this.#walked = present
    if (this.#size === 0) this.busy.closeUnsafe()
  }

  #visit(deadline: Deadline, slot: number, present: number): void {
    this.#size--
    // It was moved to an earlier slot since; that one counts. (After a pause, `queued` may lie behind `slot`'s turn.)
    if (deadline.queued === 0 || deadline.queued % slotCount !== slot % slotCount) return
    deadline.queued = 0
    if (deadline.due === 0) return
    if (deadline.due > present) {
      this.#put(deadline)
      return
    }
    deadline.due = 0
    deadline.expire()
  }

  #put(deadline: Deadline): void {
    // Never into a slot that is being walked or was, and never round the ring into it either.
    deadline.queued = Math.min(Math.max(deadline.due, this.#walked + 1), this.#walked + slotCount - 1)
    this.#ring[deadline.queued % slotCount]?.push(deadline)
    if (this.#size++ === 0) this.busy.openUnsafe()
  }

  /** From 1, since 0 means "none". */
  #slotNumber(millis: number): number {
    return Math.floor(millis / slotMillis) + 1
  }
}

/** Walks the queue for ever, sleeping while it is empty. Cannot fail. */
export const runDeadlines = (queue: DeadlineQueue): Effect.Effect<never> =>
  queue.busy.await.pipe(
    Effect.andThen(Effect.sleep(slotMillis)),
    Effect.andThen(Effect.sync(() => queue.walk())),
    // Every turn sleeps, so that there is no need to yield besides.
    Effect.forever({ disableYield: true })
  )
