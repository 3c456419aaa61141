import { assert, describe, it } from "@effect/vitest"
import { SessionBudget, type SessionHolder } from "../../src/bmc/SessionBudget.ts"

class Holder implements SessionHolder {
  used = true
  idle = true
  readonly events: Array<"evicted" | "granted"> = []
  evicted(): void {
    this.events.push("evicted")
  }
  granted(): void {
    this.events.push("granted")
  }
}

describe("SessionBudget", () => {
  it("closes the session that was not used lately for one that is needed", () => {
    const budget = new SessionBudget(2)
    const [old, recent, next] = [new Holder(), new Holder(), new Holder()]
    assert.isTrue(budget.claim(old))
    assert.isTrue(budget.claim(recent))
    old.used = false
    assert.isTrue(budget.claim(next))
    assert.deepStrictEqual([old.events, recent.events, budget.open], [["evicted"], [], 2])
  })

  it("never closes a session that is in use; who needs one waits for the next idle one", () => {
    const budget = new SessionBudget(1)
    const [busy, waiting] = [new Holder(), new Holder()]
    busy.idle = false
    budget.claim(busy)
    assert.isFalse(budget.claim(waiting))
    budget.becameIdle(busy)
    assert.deepStrictEqual(waiting.events, [])
    busy.idle = true
    budget.becameIdle(busy)
    assert.deepStrictEqual([busy.events, waiting.events, budget.open], [["evicted"], ["granted"], 1])
  })

  it("gives the session of a holder that is gone to the one that waits longest", () => {
    const budget = new SessionBudget(1)
    const [busy, first, second] = [new Holder(), new Holder(), new Holder()]
    busy.idle = false
    budget.claim(busy)
    budget.claim(first)
    budget.claim(second)
    budget.release(busy)
    assert.deepStrictEqual([first.events, second.events, budget.open], [["granted"], [], 1])
  })

  it("forgets one that waited and is gone", () => {
    const budget = new SessionBudget(1)
    const [busy, gone] = [new Holder(), new Holder()]
    busy.idle = false
    budget.claim(busy)
    budget.claim(gone)
    budget.release(gone)
    budget.release(busy)
    assert.deepStrictEqual([gone.events, budget.open], [[], 0])
  })
})
