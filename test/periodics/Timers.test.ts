import { describe, expect, it } from "@effect/vitest"
import { Clock, Duration, Effect } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { makeTimer, makeTimers, type Timer, TimerHeap } from "../../src/periodics/Timers.ts"

describe("the heap of timers", () => {
  it("gives what was set, in order of time and then of setting, whatever is set anew or cleared meanwhile", () => {
    const operations = fc.array(
      fc.record({ timer: fc.nat(19), op: fc.constantFrom("set", "set", "clear", "take"), at: fc.nat(100) }),
      { maxLength: 200 }
    )
    fc.assert(
      fc.property(operations, (sequence) => {
        const heap = new TimerHeap()
        const timers = Array.from({ length: 20 }, () => makeTimer(() => undefined))
        /** Keeps the order of setting, and sorting is stable. */
        const model = new Map<Timer, number>()
        const earliest = () => [...model].sort(([, a], [, b]) => a - b)[0]
        for (const { at, op, timer: index } of sequence) {
          const timer = timers[index]
          if (timer === undefined) continue
          if (op === "set") {
            heap.set(timer, at)
            model.delete(timer)
            model.set(timer, at)
          } else if (op === "clear") {
            heap.clear(timer)
            model.delete(timer)
          } else {
            const taken = heap.take(at)
            const expected = earliest()
            expect(taken).toBe(expected === undefined || expected[1] > at ? undefined : expected[0])
            if (taken !== undefined) model.delete(taken)
          }
          expect(heap.length).toBe(model.size)
          expect(heap.first).toBe(earliest()?.[0])
        }
      })
    )
  })
})

describe("timers", () => {
  const recording = Effect.gen(function* () {
    const timers = yield* makeTimers
    const fired: Array<readonly [string, number]> = []
    const named = (name: string) => makeTimer(() => fired.push([name, timers.now()]))
    return { timers, fired, named }
  })

  it.effect("fire once each, at their time and not before", () =>
    Effect.gen(function* () {
      const { fired, named, timers } = yield* recording
      timers.set(named("late"), 500)
      timers.set(named("early"), 100)
      yield* TestClock.adjust(99)
      expect(fired).toEqual([])
      yield* TestClock.adjust(1)
      expect(fired).toEqual([["early", 100]])
      yield* TestClock.adjust(10_000)
      expect(fired).toEqual([
        ["early", 100],
        ["late", 500]
      ])
    }).pipe(Effect.scoped)
  )

  it.effect("can be set anew and cleared", () =>
    Effect.gen(function* () {
      const { fired, named, timers } = yield* recording
      const moved = named("moved")
      const cleared = named("cleared")
      timers.set(moved, 100)
      timers.set(cleared, 150)
      timers.set(moved, 200)
      timers.clear(cleared)
      yield* TestClock.adjust(1000)
      expect(fired).toEqual([["moved", 200]])
    }).pipe(Effect.scoped)
  )

  it.effect("that were set for the past let the event loop turn first, over and over again", () =>
    Effect.gen(function* () {
      const timers = yield* makeTimers
      let fired = 0
      const again: Timer = makeTimer(() => {
        fired++
        timers.set(again, 0)
      })
      timers.set(again, 0)
      expect(fired).toBe(0)
      yield* TestClock.adjust(10)
      expect(fired).toBeGreaterThan(0)
      expect(fired).toBeLessThan(100)
    }).pipe(Effect.scoped)
  )

  it.effect("are slept on when a sleep ends a millisecond early", () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      let sleeps = 0
      const hasty: Clock.Clock = {
        ...clock,
        sleep: (duration) => {
          sleeps++
          return clock.sleep(Duration.millis(Math.max(0.25, Duration.toMillis(duration) - 1)))
        }
      }
      const { fired, named, timers } = yield* Effect.provideService(recording, Clock.Clock, hasty)
      timers.set(named("a"), 1000)
      yield* TestClock.adjust(999.5)
      expect(fired).toEqual([])
      yield* TestClock.adjust(1000)
      expect(fired.map(([name]) => name)).toEqual(["a"])
      expect(fired[0]?.[1]).toBeGreaterThanOrEqual(1000)
      expect(sleeps).toBeGreaterThan(1)
    }).pipe(Effect.scoped)
  )

  it.effect("stop with their scope", () =>
    Effect.gen(function* () {
      const fired: Array<number> = []
      yield* Effect.scoped(
        Effect.gen(function* () {
          const timers = yield* makeTimers
          timers.set(
            makeTimer(() => fired.push(timers.now())),
            100
          )
        })
      )
      yield* TestClock.adjust(1000)
      expect(fired).toEqual([])
    })
  )
})
