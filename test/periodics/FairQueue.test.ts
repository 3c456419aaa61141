import { describe, expect, it } from "@effect/vitest"
import * as fc from "fast-check"
import { FairQueue, type Line, type Queued } from "../../src/periodics/FairQueue.ts"

class Entry implements Queued {
  line: Line | null = null
  previous: Queued | null = null
  next: Queued | null = null
  readonly submitter: string
  readonly number: number
  constructor(submitter: string, number: number) {
    this.submitter = submitter
    this.number = number
  }
  get name() {
    return `${this.submitter}${this.number}`
  }
}

const drained = (queue: FairQueue<Entry>) => {
  const names: Array<string> = []
  for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) names.push(entry.name)
  return names
}
const filled = (...submitters: ReadonlyArray<string>) => {
  const queue = new FairQueue<Entry>()
  const entries = submitters.map((submitter, number) => new Entry(submitter, number))
  for (const entry of entries) queue.push(entry)
  return { queue, entries }
}

describe("a fair queue", () => {
  it("serves one submitter first come, first served", () =>
    expect(drained(filled("a", "a", "a").queue)).toEqual(["a0", "a1", "a2"]))

  it("serves submitters in turn, however much one of them has waiting", () =>
    expect(drained(filled("a", "a", "a", "a", "b", "c", "b").queue)).toEqual([
      "a0",
      "b4",
      "c5",
      "a1",
      "b6",
      "a2",
      "a3"
    ]))

  it("lets a newcomer wait for one turn of each other, not for their lines", () => {
    const { queue } = filled("a", "a", "a", "b", "b", "b")
    expect(queue.shift()?.name).toBe("a0")
    queue.push(new Entry("c", 9))
    expect(drained(queue)).toEqual(["b3", "a1", "c9", "b4", "a2", "b5"])
  })

  it("lets go of withdrawn entries at any place, and of one that is not queued", () => {
    const { entries, queue } = filled("a", "a", "a", "b")
    const [first, second, , other] = entries
    for (const entry of [second, other, first, first]) if (entry !== undefined) queue.delete(entry)
    expect(queue.length).toBe(1)
    expect(queue.lengthOf("b")).toBe(0)
    expect(drained(queue)).toEqual(["a2"])
  })

  it("agrees with a simple model under any sequence of operations", () => {
    const operations = fc.array(
      fc.oneof(
        fc.record({ op: fc.constant("push" as const), submitter: fc.constantFrom("a", "b", "c", "d") }),
        fc.record({ op: fc.constant("shift" as const) }),
        fc.record({ op: fc.constant("delete" as const), which: fc.nat(30) })
      ),
      { maxLength: 200 }
    )
    fc.assert(
      fc.property(operations, (sequence) => {
        const queue = new FairQueue<Entry>()
        /** Lines in the order of their turns. */
        let lines: Array<Array<Entry>> = []
        let number = 0
        for (const operation of sequence) {
          if (operation.op === "push") {
            const entry = new Entry(operation.submitter, number++)
            queue.push(entry)
            const line = lines.find((line) => line[0]?.submitter === entry.submitter)
            if (line === undefined) lines.push([entry])
            else line.push(entry)
          } else if (operation.op === "shift") {
            const line = lines.shift()
            expect(queue.shift()).toBe(line?.shift())
            if (line !== undefined && line.length > 0) lines.push(line)
          } else {
            const waiting = lines.flat()
            const entry = waiting[operation.which % Math.max(1, waiting.length)]
            if (entry === undefined) continue
            queue.delete(entry)
            lines = lines.map((line) => line.filter((other) => other !== entry)).filter((line) => line.length > 0)
          }
          expect(queue.length).toBe(lines.flat().length)
        }
      })
    )
  })
})
