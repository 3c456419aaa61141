import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { DueQueue } from "../../src/bmc/DueQueue.ts"

const drain = (queue: DueQueue<number>, nowMillis: number): Array<number> => {
  const taken: Array<number> = []
  for (let item = queue.take(nowMillis); item !== undefined; item = queue.take(nowMillis)) taken.push(item)
  return taken
}

describe("DueQueue", () => {
  it("gives what is due, earliest first, and keeps the rest", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000)), fc.nat(1_000), (times, nowMillis) => {
        const queue = new DueQueue<number>()
        for (const time of times) queue.add(time, time)
        const sorted = times.toSorted((a, b) => a - b)
        assert.deepStrictEqual(
          drain(queue, nowMillis),
          sorted.filter((time) => time <= nowMillis)
        )
        assert.strictEqual(
          queue.nextAtMillis,
          sorted.find((time) => time > nowMillis)
        )
        assert.strictEqual(queue.length, sorted.filter((time) => time > nowMillis).length)
      })
    )
  })

  it("keeps its order when adding and taking alternate", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1_000), fc.boolean())), (steps) => {
        const queue = new DueQueue<number>()
        const model: Array<number> = []
        for (const [time, take] of steps) {
          if (take) {
            assert.strictEqual(queue.take(500), (model[0] ?? Infinity) <= 500 ? model.shift() : undefined)
          } else {
            queue.add(time, time)
            model.push(time)
            model.sort((a, b) => a - b)
          }
        }
      })
    )
  })
})
