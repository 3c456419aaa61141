/**
 * A queue that is fair between submitters: each has a line of its own, and lines are served in turn, so that ten thousand
 * entries of one delay another's single entry by one place. Entries are linked into their line, so that any can be
 * withdrawn in constant time.
 */

/** What an entry carries for the queue; `null` while it is not queued. */
export interface Queued {
  readonly submitter: string
  line: Line | null
  previous: Queued | null
  next: Queued | null
}

export interface Line {
  readonly submitter: string
  head: Queued | null
  tail: Queued | null
  length: number
}

export class FairQueue<A extends Queued> {
  private readonly lines = new Map<string, Line>()
  /** Lines with entries, in the order in which they are served; `turn` is the next one's place. */
  private readonly ring: Array<Line> = []
  private turn = 0
  private total = 0

  get length(): number {
    return this.total
  }

  lengthOf(submitter: string): number {
    return this.lines.get(submitter)?.length ?? 0
  }

  push(entry: A): void {
    let line = this.lines.get(entry.submitter)
    if (line === undefined) {
      line = { submitter: entry.submitter, head: null, tail: null, length: 0 }
      this.lines.set(entry.submitter, line)
      // Its first turn comes after everybody else's.
      this.ring.splice(this.turn, 0, line)
      this.turn++
    }
    entry.line = line
    entry.previous = line.tail
    entry.next = null
    if (line.tail === null) line.head = entry
    else line.tail.next = entry
    line.tail = entry
    line.length++
    this.total++
  }

  /** Takes the oldest entry of the submitter whose turn it is; undefined when there is none. */
  shift(): A | undefined {
    if (this.turn >= this.ring.length) this.turn = 0
    const entry = this.ring[this.turn]?.head
    if (entry === undefined || entry === null) return undefined
    this.turn++
    this.unlink(entry)
    // Only `push` puts entries into lines, and it takes nothing but A.
    return entry as A
  }

  /** Withdraws an entry; does nothing when it is not queued. */
  delete(entry: A): void {
    this.unlink(entry)
  }

  private unlink(entry: Queued): void {
    const line = entry.line
    if (line === null) return
    if (entry.previous === null) line.head = entry.next
    else entry.previous.next = entry.next
    if (entry.next === null) line.tail = entry.previous
    else entry.next.previous = entry.previous
    entry.line = null
    entry.previous = null
    entry.next = null
    line.length--
    this.total--
    if (line.length > 0) return
    this.lines.delete(line.submitter)
    const place = this.ring.indexOf(line)
    this.ring.splice(place, 1)
    if (place < this.turn) this.turn--
  }
}
