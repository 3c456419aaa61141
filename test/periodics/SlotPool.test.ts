import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, type Scheduler } from "effect"
import * as fc from "fast-check"
import type { Priority, Slot } from "../../src/periodics/Slot.ts"
import { LOOKS_TO_PARK, SlotPool } from "../../src/periodics/SlotPool.ts"

/** Runs what it is given at once. */
const base: Scheduler.Scheduler = {
  executionMode: "async",
  shouldYield: () => false,
  makeDispatcher: () => ({ scheduleTask: (task) => task(), flush: () => undefined })
}
const someFiber = Effect.runFork(Effect.void)

const makePool = (limits: Partial<SlotPool["limits"]> = {}) => {
  const seen = { refused: 0, parked: 0, waiting: 0, busy: 0 }
  const pool = new SlotPool(
    { size: 3, reserved: 1, queueLimit: 100, maxParked: 100, ...limits },
    {
      onRefused: () => seen.refused++,
      onParked: (parked) => (seen.parked = parked),
      onWaiting: (waiting) => (seen.waiting = waiting),
      onBusy: () => seen.busy++
    }
  )
  const granted: Array<string> = []
  const ask = (submitter: string, priority: Priority = "background") => {
    const slot = pool.make(submitter, base, { onGranted: () => granted.push(submitter) })
    return { slot, accepted: pool.request(slot, priority) }
  }
  /** Looks until whatever took no step is parked. */
  const lookLong = () => {
    for (let look = 0; look <= LOOKS_TO_PARK; look++) pool.look()
  }
  return { pool, seen, granted, ask, lookLong }
}
/** A fiber of the run takes a step, or is held; tells which. */
const step = (slot: Slot) => !slot.shouldYield(someFiber)

describe("slots", () => {
  it("go to background work but for the reserved share, and to reserved work all", () => {
    const { ask, granted, pool } = makePool()
    ask("a")
    ask("b")
    ask("c")
    expect(granted).toEqual(["a", "b"])
    ask("heartbeat", "reserved")
    expect(granted).toEqual(["a", "b", "heartbeat"])
    expect([pool.workingCount, pool.waiting]).toEqual([3, 1])
  })

  it("that become free go to reserved work first, then to background work in turn", () => {
    const { ask, granted, pool } = makePool()
    const { slot } = ask("a")
    for (const submitter of ["b", "many", "many", "many", "one"]) ask(submitter)
    ask("heartbeat", "reserved")
    ask("heartbeat", "reserved")
    pool.release(slot)
    expect(granted.slice(2)).toEqual(["heartbeat", "heartbeat"])
  })

  it("are taken by a task with much to do only in its turn", () => {
    const { ask, granted, pool } = makePool()
    const first = ask("many").slot
    const slots = [first, ask("many").slot, ask("many").slot, ask("many").slot]
    ask("one")
    pool.release(first)
    if (slots[1] !== undefined) pool.release(slots[1])
    expect(granted).toEqual(["many", "many", "many", "one"])
  })

  it("are withdrawn from while waiting, and can be asked for again", () => {
    const { ask, granted, pool, seen } = makePool()
    const { slot } = ask("a")
    ask("b")
    const waiting = ask("c").slot
    expect(seen.waiting).toBe(1)
    pool.release(waiting)
    expect([seen.waiting, waiting.state]).toEqual([0, "free"])
    pool.release(slot)
    expect(granted).toEqual(["a", "b"])
    expect(pool.request(waiting, "background")).toBe(true)
    expect(granted).toEqual(["a", "b", "c"])
  })

  it("that are granted to work that ends at once are granted on without growing the stack", () => {
    const { ask, pool } = makePool({ queueLimit: 200_000 })
    const { slot } = ask("a")
    ask("b")
    let ran = 0
    for (let i = 0; i < 50_000; i++) {
      const instant: Slot = pool.make(`instant-${i % 7}`, base, {
        onGranted: () => {
          ran++
          pool.release(instant)
        }
      })
      pool.request(instant, "background")
    }
    pool.release(slot)
    expect([ran, pool.waiting]).toEqual([50_000, 0])
  })
})

describe("the queue", () => {
  it("refuses a submitter that has as many waiting as there are places left, and counts it", () => {
    const { ask, pool, seen } = makePool({ queueLimit: 10 })
    ask("a")
    ask("b")
    const accepted = Array.from({ length: 8 }, () => ask("many").accepted)
    expect(accepted).toEqual([true, true, true, true, true, false, false, false])
    expect(ask("one").accepted).toBe(true)
    expect([pool.refused, seen.refused, pool.waiting]).toEqual([3, 3, 6])
  })
  it("of reserved work is not filled by background work", () => {
    const { ask } = makePool({ queueLimit: 1 })
    for (const submitter of ["a", "b", "c"]) ask(submitter)
    expect(ask("d").accepted).toBe(false)
    expect(ask("heartbeat", "reserved").accepted).toBe(true)
    expect(ask("heartbeat", "reserved").accepted).toBe(true)
  })
})

describe("parking", () => {
  it("takes the slot of a run that took no step for as many looks as make the delay", () => {
    const { ask, granted, pool } = makePool()
    const { slot } = ask("a")
    ask("b")
    ask("c")
    pool.look()
    for (let look = 1; look < LOOKS_TO_PARK; look++) {
      pool.look()
      expect(slot.state).toBe("working")
    }
    pool.look()
    expect(slot.state).toBe("parked")
    expect(granted).toEqual(["a", "b", "c"])
    expect([pool.parked, pool.workingCount]).toEqual([2, 1])
  })

  it("leaves alone a run that takes a step now and then", () => {
    const { ask, lookLong, pool } = makePool()
    const { slot } = ask("a")
    for (let i = 0; i < 10; i++) {
      for (let look = 0; look < LOOKS_TO_PARK - 1; look++) pool.look()
      expect(step(slot)).toBe(true)
    }
    expect(slot.state).toBe("working")
    lookLong()
    expect(slot.state).toBe("parked")
  })

  it("ends at the first step when a slot is free", () => {
    const { ask, lookLong, pool, seen } = makePool()
    const { slot } = ask("a")
    lookLong()
    expect([seen.parked, step(slot), slot.state, seen.parked]).toEqual([1, true, "working", 0])
    expect(pool.workingCount).toBe(1)
  })

  it("holds the steps of a run that comes back until it has a slot again", () => {
    const { ask, lookLong, pool } = makePool()
    const parked = ask("a").slot
    lookLong()
    const { slot } = ask("b")
    ask("c")
    expect(step(parked)).toBe(false)
    const steps: Array<string> = []
    parked.makeDispatcher().scheduleTask(() => steps.push("step"), 0)
    expect([steps, parked.state, pool.parked]).toEqual([[], "returning", 1])
    pool.release(slot)
    expect([steps, parked.state, pool.parked]).toEqual([["step"], "working", 0])
  })

  it("lets those that come back and those that start take turns", () => {
    const { ask, granted, lookLong, pool } = makePool({ size: 4, reserved: 1 })
    const parked = ["p1", "p2"].map((name) => ask(name).slot)
    lookLong()
    const working = ["w1", "w2", "w3"].map((name) => ask(name).slot)
    for (const name of ["s1", "s2"]) ask(name)
    for (const slot of parked) step(slot)
    granted.length = 0
    const states = working.map((slot) => {
      pool.release(slot)
      return [...granted, ...parked.map(({ state }) => state)].join()
    })
    expect(states).toEqual(["working,returning", "s1,working,returning", "s1,working,working"])
  })

  it("stops at the limit of parked runs, but lets one take the place of one that comes back", () => {
    const { ask, lookLong, pool } = makePool({ maxParked: 1 })
    const first = ask("a").slot
    lookLong()
    const second = ask("b").slot
    const third = ask("c").slot
    lookLong()
    expect([first.state, second.state, third.state]).toEqual(["parked", "working", "working"])
    expect(step(first)).toBe(false)
    lookLong()
    expect([first.state, second.state, third.state]).toEqual(["working", "parked", "working"])
    expect(pool.parked).toBe(1)
  })

  it("excuses a run that is being interrupted from waiting", () => {
    const { ask, lookLong, pool } = makePool()
    const parked = ask("a").slot
    lookLong()
    ask("b")
    ask("c")
    const steps: Array<string> = []
    parked.makeDispatcher().scheduleTask(() => steps.push("clean-up"), 0)
    expect(steps).toEqual([])
    parked.excuse()
    expect([steps, step(parked)]).toEqual([["clean-up"], true])
    pool.release(parked)
    expect([pool.parked, pool.workingCount]).toEqual([0, 2])
  })
})

it("under any sequence of events the bounds hold, nothing is lost, and who is away does not step", () => {
  const events = fc.array(
    fc.record({
      op: fc.constantFrom("ask" as const, "askReserved" as const, "release" as const, "step" as const, "look" as const),
      which: fc.nat(40)
    }),
    { maxLength: 300 }
  )
  fc.assert(
    fc.property(events, (sequence) => {
      const { ask, pool } = makePool({ size: 5, reserved: 2, queueLimit: 12, maxParked: 3 })
      let slots: Array<Slot> = []
      for (const { op, which } of sequence) {
        const slot = slots[which % Math.max(1, slots.length)]
        if (op === "ask" || op === "askReserved") {
          const asked = ask(`submitter-${which % 4}`, op === "ask" ? "background" : "reserved")
          if (asked.accepted) slots.push(asked.slot)
        } else if (op === "look") pool.look()
        else if (slot !== undefined && op === "release") {
          pool.release(slot)
          slots = slots.filter((other) => other !== slot)
        } else if (slot !== undefined && slot.state !== "waiting") expect(step(slot)).toBe(slot.state === "working")

        const inState = (...states: ReadonlyArray<string>) => slots.filter(({ state }) => states.includes(state))
        const working = inState("working")
        expect(pool.workingCount).toBe(working.length)
        expect(working.length).toBeLessThanOrEqual(5)
        const background = working.filter(({ priority }) => priority === "background").length
        expect(background).toBeLessThanOrEqual(3)
        expect(pool.parked).toBe(inState("parked", "returning").length)
        expect(pool.parked).toBeLessThanOrEqual(3)
        const wanting = inState("waiting", "returning")
        expect(pool.waiting).toBe(inState("waiting").length)
        // No slot is idle while somebody who may have it wants it.
        if (working.length < 5) {
          expect(wanting.filter(({ priority }) => priority === "reserved" || background < 3)).toEqual([])
        }
      }
      for (let rounds = 0; slots.length > 0 && rounds < 1000; rounds++) {
        for (const slot of slots.filter(({ state }) => state === "parked")) step(slot)
        for (const slot of slots.filter(({ state }) => state === "working")) pool.release(slot)
        slots = slots.filter(({ state }) => state !== "free")
      }
      expect([slots, pool.workingCount, pool.waiting, pool.parked]).toEqual([[], 0, 0, 0])
    }),
    { numRuns: 300 }
  )
})

it("a run's fibers are all seen: those that it forks too", async () => {
  const { ask } = makePool()
  const { slot } = ask("a")
  slot.stepped = false
  const nested = Effect.forkChild(Effect.yieldNow).pipe(Effect.flatMap(Fiber.join))
  await Effect.runPromise(nested, { scheduler: slot })
  expect(slot.stepped).toBe(true)
})
