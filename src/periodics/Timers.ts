/**
 * Timers that can be set again and cleared: a binary heap by time, and one sleeping fiber for the earliest of them. Ten
 * thousand tasks sleep for the price of one `Clock.sleep`, and a timer never fires early: when a sleep ends a moment
 * before its time, as those of Node.js do, it is slept on.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import { monotonicMillis } from "./DueSchedule.ts"

export interface Timer {
  readonly fire: () => void
  /** While set: when, after how many others, and its place in the heap; else -1. */
  atMillis: number
  order: number
  place: number
}

export const makeTimer = (fire: () => void): Timer => ({ fire, atMillis: 0, order: 0, place: -1 })

/** Timers set for the same time fire in the order in which they were set. */
const isBefore = (one: Timer, other: Timer): boolean =>
  one.atMillis < other.atMillis || (one.atMillis === other.atMillis && one.order < other.order)

/** The heap. Each timer knows its place, so that moving one costs the logarithm of their number. */
export class TimerHeap {
  private readonly heap: Array<Timer> = []
  private sets = 0

  get first(): Timer | undefined {
    return this.heap[0]
  }

  get length(): number {
    return this.heap.length
  }

  set(timer: Timer, atMillis: number): void {
    this.clear(timer)
    timer.atMillis = atMillis
    timer.order = this.sets++
    this.heap.push(timer)
    this.rise(timer, this.heap.length - 1)
  }

  clear(timer: Timer): void {
    const { place } = timer
    if (place < 0) return
    timer.place = -1
    const last = this.heap.pop()
    if (last === undefined || last === timer) return
    this.sink(last, place)
    this.rise(last, last.place)
  }

  /** Takes the earliest timer that is due at `nowMillis`. */
  take(nowMillis: number): Timer | undefined {
    const first = this.heap[0]
    if (first === undefined || first.atMillis > nowMillis) return undefined
    this.clear(first)
    return first
  }

  private rise(timer: Timer, from: number): void {
    let place = from
    while (place > 0) {
      const above = (place - 1) >>> 1
      const parent = this.heap[above]
      if (parent === undefined || !isBefore(timer, parent)) break
      this.put(parent, place)
      place = above
    }
    this.put(timer, place)
  }

  private sink(timer: Timer, from: number): void {
    let place = from
    for (;;) {
      let below = 2 * place + 1
      let child = this.heap[below]
      if (child === undefined) break
      const sibling = this.heap[below + 1]
      if (sibling !== undefined && isBefore(sibling, child)) {
        child = sibling
        below++
      }
      if (!isBefore(child, timer)) break
      this.put(child, place)
      place = below
    }
    this.put(timer, place)
  }

  private put(timer: Timer, place: number): void {
    this.heap[place] = timer
    timer.place = place
  }
}

export interface Timers {
  readonly now: () => number
  /** `timer.fire` is called once, at `atMillis` or as soon after it as the event loop allows; never within this call. */
  readonly set: (timer: Timer, atMillis: number) => void
  readonly clear: (timer: Timer) => void
}

/** Any time at all, as long as it is more than a number of milliseconds loses to rounding. */
const AFTER_MILLIS = 0.001

/** Timers on the clock of the present fiber; they stop with its scope. */
export const makeTimers = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  const fork = yield* FiberSet.makeRuntime<never, void, never>()
  const heap = new TimerHeap()
  const now = () => monotonicMillis(clock)
  let sleeper: Fiber.Fiber<void> | undefined
  let wakesAtMillis = Number.POSITIVE_INFINITY
  let ticking = false
  let tickMillis = Number.NEGATIVE_INFINITY

  const sleepTowardsFirst = (): void => {
    const first = heap.first
    if (ticking || first === undefined || first.atMillis >= wakesAtMillis) return
    sleeper?.interruptUnsafe()
    wakesAtMillis = first.atMillis
    // Whole milliseconds: what timers can do, and never so little that a clock would not move.
    sleeper = fork(Effect.andThen(clock.sleep(Duration.millis(Math.max(1, Math.ceil(first.atMillis - now())))), tick))
  }

  const tick = Effect.sync(() => {
    sleeper = undefined
    wakesAtMillis = Number.POSITIVE_INFINITY
    ticking = true
    try {
      tickMillis = now()
      for (let timer = heap.take(tickMillis); timer !== undefined; timer = heap.take(tickMillis)) timer.fire()
    } finally {
      ticking = false
      sleepTowardsFirst()
    }
  })

  const timers: Timers = {
    now,
    set: (timer, atMillis) => {
      // After the moment that is being served: what is overdue again at once lets the event loop turn first.
      heap.set(timer, Math.max(atMillis, tickMillis + AFTER_MILLIS))
      sleepTowardsFirst()
    },
    clear: (timer) => heap.clear(timer)
  }
  return timers
})
