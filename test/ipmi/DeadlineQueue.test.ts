import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import fc from "fast-check"
import { DeadlineQueue, makeDeadline, runDeadlines } from "../../src/ipmi/DeadlineQueue.ts"

/** A queue with a clock of its own, walked at every 25 ms that pass. */
const makeClock = (startMillis = 0) => {
  let now = startMillis
  const queue = new DeadlineQueue(() => now)
  return {
    queue,
    now: () => now,
    pass: (millis: number) => {
      for (const end = now + millis; now < end;) {
        now = Math.min(end, now + 25)
        queue.walk()
      }
    },
    jump: (millis: number) => {
      now += millis
    }
  }
}

describe("a deadline", () => {
  it("is never early and at most 50 ms late, wherever the clock stands", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e7, noNaN: true }), fc.integer({ min: 1, max: 6_300 }), (start, wait) => {
        const clock = makeClock(start)
        let expiredAt: number | undefined
        clock.queue.set(
          makeDeadline(() => (expiredAt = clock.now())),
          wait
        )
        clock.pass(wait + 100)
        assert.isDefined(expiredAt)
        const waited = (expiredAt ?? 0) - start
        assert.isAtLeast(waited, wait - 1e-6)
        assert.isAtMost(waited, wait + 50)
      })
    )
  })

  it("expires once", () => {
    const clock = makeClock()
    let expired = 0
    clock.queue.set(
      makeDeadline(() => expired++),
      100
    )
    clock.pass(20_000)
    assert.strictEqual(expired, 1)
    assert.strictEqual(clock.queue.size, 0)
  })

  it("that is cleared does not expire, and leaves the ring", () => {
    const clock = makeClock()
    const deadline = makeDeadline(() => assert.fail("expired"))
    clock.queue.set(deadline, 100)
    clock.queue.clear(deadline)
    clock.pass(200)
    assert.strictEqual(clock.queue.size, 0)
  })

  it("that is moved expires at the last time it was given, later or sooner", () => {
    const clock = makeClock()
    const expired: Array<number> = []
    const deadline = makeDeadline(() => expired.push(clock.now()))
    clock.queue.set(deadline, 500)
    clock.queue.set(deadline, 2_000)
    clock.pass(1_000)
    assert.deepStrictEqual(expired, [])
    clock.queue.set(deadline, 100)
    clock.pass(10_000)
    assert.strictEqual(expired.length, 1)
    assert.isAtMost(expired[0] ?? 0, 1_150)
    assert.strictEqual(clock.queue.size, 0)
  })

  it("does not fill the ring however often it is moved", () => {
    const clock = makeClock()
    const deadline = makeDeadline(() => assert.fail("expired"))
    for (let move = 0; move < 2_000; move++) {
      clock.queue.set(deadline, move % 2 === 0 ? 2_000 : 500)
      clock.pass(50)
    }
    // Those of the last two seconds, which have yet to drop out.
    assert.isAtMost(clock.queue.size, 41)
  })

  it("may be set again while it expires", () => {
    const clock = makeClock()
    let expired = 0
    const deadline = makeDeadline(() => {
      if (++expired < 5) clock.queue.set(deadline, 100)
    })
    clock.queue.set(deadline, 100)
    clock.pass(800)
    assert.strictEqual(expired, 5)
  })

  it("longer than a turn of the ring goes round again", () => {
    const clock = makeClock()
    let expiredAt = 0
    clock.queue.set(
      makeDeadline(() => (expiredAt = clock.now())),
      60_000
    )
    clock.pass(59_900)
    assert.strictEqual(expiredAt, 0)
    clock.pass(200)
    assert.isAtLeast(expiredAt, 60_000)
  })

  it("expires after a pause of more than a turn of the ring, each once", () => {
    const clock = makeClock()
    let expired = 0
    for (let wait = 50; wait < 6_000; wait += 50) {
      clock.queue.set(
        makeDeadline(() => expired++),
        wait
      )
    }
    clock.jump(3_600_000)
    clock.queue.walk()
    assert.strictEqual(expired, 119)
    assert.strictEqual(clock.queue.size, 0)
  })

  it("is neither lost nor doubled by any order of setting and clearing", () => {
    const step = fc.oneof(
      fc.record({ deadline: fc.nat(4), wait: fc.integer({ min: 1, max: 9_000 }) }),
      fc.record({ deadline: fc.nat(4), clear: fc.constant(true) }),
      fc.record({ pass: fc.nat(3_000) })
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = makeClock()
        const due: Array<number | undefined> = []
        const deadlines = [0, 1, 2, 3, 4].map((index) =>
          makeDeadline(() => {
            const at = due[index]
            assert.isDefined(at, "was waited for")
            assert.isAtLeast(clock.now(), at ?? 0)
            assert.isAtMost(clock.now(), (at ?? 0) + 50)
            due[index] = undefined
          })
        )
        for (const one of [...steps, { pass: 10_000 }]) {
          if ("pass" in one) clock.pass(one.pass)
          else {
            const deadline = deadlines[one.deadline] ?? makeDeadline(() => {})
            if ("clear" in one) {
              clock.queue.clear(deadline)
              due[one.deadline] = undefined
            } else {
              clock.queue.set(deadline, one.wait)
              due[one.deadline] = clock.now() + one.wait
            }
          }
        }
        assert.deepStrictEqual(
          due.filter((at) => at !== undefined),
          []
        )
        assert.strictEqual(clock.queue.size, 0)
      })
    )
  })
})

describe("the loop", () => {
  it.effect("sleeps while there is nothing to wait for, and walks every 25 ms while there is", () =>
    Effect.gen(function* () {
      const clock = yield* TestClock.testClockWith(Effect.succeed)
      let looks = 0
      const queue = new DeadlineQueue(() => {
        looks++
        return Number(clock.monotonicTimeNanosUnsafe()) / 1e6
      })
      const loop = yield* Effect.forkChild(runDeadlines(queue))
      yield* TestClock.adjust("1 hour")
      const idle = looks
      assert.isAtMost(idle, 2)
      let expired = 0
      queue.set(
        makeDeadline(() => expired++),
        1_000
      )
      yield* TestClock.adjust("990 millis")
      assert.strictEqual(expired, 0)
      yield* TestClock.adjust("60 millis")
      assert.strictEqual(expired, 1)
      yield* TestClock.adjust("1 hour")
      assert.isAtMost(looks - idle, 60)
      yield* Fiber.interrupt(loop)
    })
  )
})
