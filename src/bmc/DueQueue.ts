/**
 * What is due when, for many owners: a binary heap by time. Entries are not taken back; an owner whose plans changed
 * ignores what comes due. Its length is bounded by the owners' own transitions, a few each within the longest wait.
 */
export class DueQueue<A> {
  private readonly heap: Array<{ readonly atMillis: number; readonly item: A }> = []

  /** The earliest time, or undefined when nothing is due ever. */
  get nextAtMillis(): number | undefined {
    return this.heap[0]?.atMillis
  }

  get length(): number {
    return this.heap.length
  }

  add(atMillis: number, item: A): void {
    const heap = this.heap
    const entry = { atMillis, item }
    let at = heap.length
    heap.push(entry)
    while (at > 0) {
      const above = (at - 1) >>> 1
      const parent = heap[above]
      if (parent === undefined || parent.atMillis <= atMillis) break
      heap[at] = parent
      at = above
    }
    heap[at] = entry
  }

  /** Removes and returns the earliest item that is due at `nowMillis`; undefined when none is. */
  take(nowMillis: number): A | undefined {
    const heap = this.heap
    const first = heap[0]
    if (first === undefined || first.atMillis > nowMillis) return undefined
    const last = heap.pop()
    if (last !== undefined && heap.length > 0) this.sink(last)
    return first.item
  }

  /** Puts `entry` in the place of the root and lets it sink to where it belongs. */
  private sink(entry: { readonly atMillis: number; readonly item: A }): void {
    const heap = this.heap
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      let child = heap[below]
      if (child === undefined) break
      const sibling = heap[below + 1]
      if (sibling !== undefined && sibling.atMillis < child.atMillis) {
        child = sibling
        below++
      }
      if (child.atMillis >= entry.atMillis) break
      heap[at] = child
      at = below
    }
    heap[at] = entry
  }
}
