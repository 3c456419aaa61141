/**
 * How many sessions may be open to all BMCs together. One that has not been used since the hand last passed it, and is
 * idle, is closed for one that is needed (the clock algorithm: the hot path only sets a flag). When all are busy, those
 * who need one wait in order for the next that is idle.
 */
export interface SessionHolder {
  /** Set at every use; cleared when the hand passes. */
  used: boolean
  readonly idle: boolean
  /** Gives the session back; the budget has already counted it as free. */
  readonly evicted: () => void
  /** A holder that waited has its session now. */
  readonly granted: () => void
}

export class SessionBudget {
  private readonly limit: number
  private readonly holders: Array<SessionHolder> = []
  private readonly starved = new Set<SessionHolder>()
  private hand = 0

  constructor(limit: number) {
    this.limit = limit
  }

  get open(): number {
    return this.holders.length
  }

  /** True: count on a session. False: `granted` is called when one is free. */
  claim(holder: SessionHolder): boolean {
    if (this.holders.length >= this.limit && !this.evictOne()) {
      this.starved.add(holder)
      return false
    }
    this.holders.push(holder)
    return true
  }

  /** The holder is gone, whether it has a session, waits for one, or neither. */
  release(holder: SessionHolder): void {
    this.starved.delete(holder)
    const at = this.holders.indexOf(holder)
    if (at === -1) return
    this.remove(at)
    this.grant()
  }

  /** A holder became idle: those who wait may have its session. */
  becameIdle(holder: SessionHolder): void {
    if (this.starved.size === 0) return
    holder.used = false
    if (this.evictOne()) this.grant()
  }

  private grant(): void {
    for (const holder of this.starved) {
      this.starved.delete(holder)
      this.holders.push(holder)
      holder.granted()
      return
    }
  }

  /** Two rounds: the first clears the flags, so the second finds any holder that is idle. */
  private evictOne(): boolean {
    for (let steps = 2 * this.holders.length; steps > 0; steps--) {
      if (this.hand >= this.holders.length) this.hand = 0
      const holder = this.holders[this.hand]
      if (holder === undefined) return false
      if (holder.idle && !holder.used) {
        this.remove(this.hand)
        holder.evicted()
        return true
      }
      holder.used = false
      this.hand++
    }
    return false
  }

  private remove(at: number): void {
    const last = this.holders.pop()
    if (last !== undefined && at < this.holders.length) this.holders[at] = last
  }
}
