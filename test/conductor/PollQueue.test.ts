import { describe, expect, it } from "vitest"
import { Fifo } from "../../src/conductor/Fifo.ts"
import { hash, parkAfterMillis, PollQueue, type Slot } from "../../src/conductor/PollQueue.ts"
import type { NodeId } from "../../src/domain/Node.ts"
import { nodeId } from "../domain/nodes.ts"

const ids = (count: number) => Array.from({ length: count }, (_, index) => nodeId(index + 1))

/** Takes all that may be read now. */
const takeAll = (queue: PollQueue, nowMillis: number): ReadonlyArray<Slot> => {
  const taken: Array<Slot> = []
  for (let slot = queue.next(nowMillis); slot !== undefined; slot = queue.next(nowMillis)) taken.push(slot)
  return taken
}
const nodesOf = (slots: ReadonlyArray<Slot>): ReadonlyArray<NodeId> => slots.map(({ nodeId }) => nodeId)

describe("the queue of polls", () => {
  it("makes all nodes of an unspread pass due at once, in their order", () => {
    const queue = new PollQueue(() => 100)
    const pass = queue.startPass(ids(5), 1000, 0)
    expect([pass.outstanding, pass.skipped]).toEqual([5, 0])
    expect(nodesOf(takeAll(queue, 1000))).toEqual(ids(5))
    expect(queue.restMillis(1000)).toBe(Infinity)
  })

  it("spreads a pass over its spacing, the same way every time", () => {
    const queue = new PollQueue(() => 1000)
    const dueTimes = (startMillis: number) => {
      queue.startPass(ids(300), startMillis, 30_000)
      const due = new Map<NodeId, number>()
      for (let now = startMillis; now <= startMillis + 30_000; now += 100) {
        for (const slot of takeAll(queue, now)) {
          due.set(slot.nodeId, now - startMillis)
          queue.done(slot)
        }
      }
      return due
    }
    const first = dueTimes(0)
    expect(first.size).toBe(300)
    expect(dueTimes(30_000)).toEqual(first)
    const tenths = Array.from({ length: 10 }, (_, tenth) =>
      [...first.values()].filter((due) => Math.floor(due / 3000.1) === tenth)
    )
    expect(Math.min(...tenths.map(({ length }) => length))).toBeGreaterThan(10)
  })

  it("hashes ids evenly and for ever alike", () => {
    const phases = ids(10_000).map((id) => hash(id) / 2 ** 32)
    const tenths = Array.from({ length: 10 }, (_, tenth) => phases.filter((phase) => Math.floor(phase * 10) === tenth))
    for (const { length } of tenths) expect(Math.abs(length - 1000)).toBeLessThan(100)
    expect(hash("00000000-0000-4000-8000-000000000001")).toBe(1_464_678_070)
  })

  it("says when a node's turn is, and how long nothing becomes due", () => {
    const queue = new PollQueue(() => 1)
    expect(queue.restMillis(0)).toBe(Infinity)
    queue.startPass(ids(2), 1000, 30_000)
    const turns = ids(2)
      .map((id) => queue.turn(id).dueAtMillis ?? 0)
      .toSorted((a, b) => a - b)
    const [first = 0, second = 0] = turns
    takeAll(queue, 1000)
    expect(queue.restMillis(1000)).toBe(first - 1000)
    expect(queue.restMillis(second)).toBe(0)
    const [slot] = takeAll(queue, first)
    expect(queue.turn(slot?.nodeId ?? nodeId(0))).toMatchObject({ now: true, dueAtMillis: null })
    if (slot !== undefined) queue.done(slot)
    expect(queue.turn(slot?.nodeId ?? nodeId(0))).toMatchObject({ now: false, dueAtMillis: null })
  })

  it("does not rest while something that is due waits for the window", () => {
    const queue = new PollQueue(() => 1)
    queue.startPass(ids(2), 0, 0)
    expect(takeAll(queue, 0)).toHaveLength(1)
    expect(queue.restMillis(0)).toBe(0)
  })

  it("reads no more at once than the window allows", () => {
    const queue = new PollQueue(() => 3)
    queue.startPass(ids(5), 0, 0)
    const first = takeAll(queue, 0)
    expect(first).toHaveLength(3)
    queue.done(first[0] as Slot)
    expect(nodesOf(takeAll(queue, 1))).toEqual([nodeId(4)])
    expect(queue.counts()).toEqual({ due: 1, reading: 3, parked: 0 })
  })

  it("lets a read that has waited for a second give its place back, and not a millisecond earlier", () => {
    const queue = new PollQueue(() => 2)
    queue.startPass(ids(4), 0, 0)
    const stuck = takeAll(queue, 0)
    expect(takeAll(queue, parkAfterMillis - 1)).toHaveLength(0)
    expect(nodesOf(takeAll(queue, parkAfterMillis))).toEqual([nodeId(3), nodeId(4)])
    expect(queue.counts()).toEqual({ due: 0, reading: 4, parked: 2 })
    for (const slot of stuck) queue.done(slot)
    expect(queue.counts()).toEqual({ due: 0, reading: 2, parked: 0 })
  })

  it("puts failing nodes first, in half of the window at most while others wait", () => {
    const queue = new PollQueue(() => 4)
    for (const id of ids(3)) queue.slot(id).failing = true
    queue.startPass([nodeId(9), ...ids(3), nodeId(10), nodeId(11)], 0, 0)
    expect(nodesOf(takeAll(queue, 0))).toEqual([nodeId(1), nodeId(2), nodeId(9), nodeId(10)])
  })

  it("gives failing nodes the whole window when nobody else waits", () => {
    const queue = new PollQueue(() => 4)
    for (const id of ids(4)) queue.slot(id).failing = true
    queue.startPass(ids(4), 0, 0)
    expect(takeAll(queue, 0)).toHaveLength(4)
  })

  it("leaves out of a pass what is still due or being read from the one before, and counts it", () => {
    const queue = new PollQueue(() => 1)
    const first = queue.startPass(ids(3), 0, 0)
    const reading = queue.next(0) as Slot
    const second = queue.startPass(ids(3), 500, 0)
    expect([second.outstanding, second.skipped]).toEqual([0, 3])
    queue.done(reading)
    for (const slot of takeAll(queue, 501)) queue.done(slot)
    for (const slot of takeAll(queue, 502)) queue.done(slot)
    expect(first.outstanding).toBe(0)
  })

  it("gives a node that is being read when a pass begins its turn in it, so that its age stays under two spacings", () => {
    const last = ids(50).toSorted((a, b) => hash(b) - hash(a))[0] as NodeId
    const queue = new PollQueue(() => 10)
    queue.startPass([last], 0, 30_000)
    const reading = queue.next(30_000) as Slot
    const second = queue.startPass([last], 30_000, 30_000)
    queue.done(reading)
    expect([second.outstanding, second.skipped]).toEqual([1, 0])
    expect(nodesOf(takeAll(queue, 60_000))).toEqual([last])
  })

  it("lets no node grow older than a spacing by a pass that comes between, and reads none twice as often for it", () => {
    const queue = new PollQueue(() => 1000)
    const reads = new Map(ids(300).map((id) => [id, new Array<number>()]))
    const starts = [0, 10_000, 10_001, 10_002, 30_000, 60_000]
    for (let now = 0; now < 90_000; now++) {
      if (starts.includes(now)) queue.startPass(ids(300), now, 30_000)
      for (const slot of takeAll(queue, now)) {
        reads.get(slot.nodeId)?.push(now)
        queue.done(slot)
      }
    }
    for (const times of reads.values()) {
      const gaps = times.map((time, index) => time - (times[index - 1] ?? 0))
      expect(Math.max(...gaps)).toBeLessThanOrEqual(30_001)
      expect(times.length).toBeLessThanOrEqual(5)
    }
  })

  it("moves what was not yet due to the pass that comes early", () => {
    const queue = new PollQueue(() => 10)
    const first = queue.startPass(ids(3), 0, 30_000)
    const second = queue.startPass(ids(3), 0, 0)
    expect([first.outstanding, second.outstanding, second.skipped]).toEqual([0, 3, 0])
    expect(takeAll(queue, 0)).toHaveLength(3)
    expect(takeAll(queue, 30_000)).toHaveLength(0)
  })

  it("takes a node that is due by itself into the pass that begins", () => {
    const queue = new PollQueue(() => 10)
    queue.dueNow(nodeId(1), false, 0)
    const pass = queue.startPass(ids(1), 0, 0)
    expect([pass.outstanding, pass.skipped]).toEqual([1, 0])
    for (const slot of takeAll(queue, 0)) queue.done(slot)
    expect(pass.outstanding).toBe(0)
  })

  it("reads a node once more that was asked for while it was being read", () => {
    const queue = new PollQueue(() => 10)
    queue.dueNow(nodeId(1), false, 0)
    const slot = queue.next(0) as Slot
    queue.dueNow(nodeId(1), false, 0)
    queue.dueNow(nodeId(1), false, 0)
    expect(queue.next(0)).toBeUndefined()
    queue.done(slot)
    expect(queue.next(0)).toBe(slot)
    queue.done(slot)
    expect(queue.next(0)).toBeUndefined()
  })

  it("gives a node that comes during a pass its turn in it, so that its age stays under a spacing", () => {
    const late = ids(50).find((id) => hash(id) / 2 ** 32 > 0.9) as NodeId
    const queue = new PollQueue(() => 10)
    const pass = queue.startPass([], 0, 30_000)
    queue.dueNow(late, false, 5000)
    queue.done(queue.next(5000) as Slot)
    expect(pass.outstanding).toBe(1)
    expect(nodesOf(takeAll(queue, 30_000))).toEqual([late])
  })

  it("forgets a node wherever it is: withdraws its read, and no pass waits for it", () => {
    const queue = new PollQueue(() => 1)
    const pass = queue.startPass(ids(3), 0, 0)
    const reading = queue.next(0) as Slot
    let withdrawn = 0
    reading.withdraw = () => withdrawn++
    for (const id of ids(3)) queue.forget(id)
    expect([withdrawn, pass.outstanding]).toEqual([1, 0])
    expect(takeAll(queue, 0)).toHaveLength(0)
    expect(queue.counts()).toEqual({ due: 0, reading: 0, parked: 0 })
  })

  it("forgets a node that was not yet due", () => {
    const queue = new PollQueue(() => 1)
    const pass = queue.startPass(ids(2), 0, 30_000)
    queue.forget(nodeId(1))
    expect(pass.outstanding).toBe(1)
    expect(nodesOf(takeAll(queue, 30_000))).toEqual([nodeId(2)])
  })
})

describe("a queue with constant time at both ends", () => {
  it("gives back what was put in, in order, however it is used", () => {
    const fifo = new Fifo<number>()
    const expected: Array<number> = []
    let next = 0
    for (let round = 0; round < 200; round++) {
      for (let i = 0; i < round % 7; i++) {
        fifo.push(next)
        expected.push(next++)
      }
      for (let i = 0; i < round % 5; i++) expect(fifo.shift()).toBe(expected.shift())
      expect(fifo.length).toBe(expected.length)
      expect(fifo.peek()).toBe(expected[0])
    }
  })
})
