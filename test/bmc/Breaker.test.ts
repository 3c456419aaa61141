import { assert, describe, it } from "@effect/vitest"
import * as Breaker from "../../src/bmc/Breaker.ts"

const settings = { failuresToOpen: 3, firstProbeMillis: 5_000, longestProbeMillis: 120_000, trialEvery: 4 }
/** In the middle of the jitter: exactly the nominal wait. */
const middle = 0.5

const noAnswers = (count: number, from: Breaker.Breaker = Breaker.closed): Breaker.Breaker => {
  let breaker = from
  for (let i = 0; i < count; i++) breaker = Breaker.afterNoAnswer(breaker, settings, 1_000, middle)
  return breaker
}

const unansweredProbes = (count: number): Breaker.Breaker => {
  let breaker = noAnswers(3)
  for (let i = 0; i < count; i++) breaker = Breaker.afterProbe(breaker, false, settings, 1_000, middle)
  return breaker
}

describe("Breaker", () => {
  it("stays closed after two unanswered requests and opens after the third", () => {
    assert.deepStrictEqual(noAnswers(2), { _tag: "Closed", failures: 2 })
    assert.deepStrictEqual(noAnswers(3), { _tag: "Open", failures: 3, step: 0, unanswered: 0, probeAtMillis: 6_000 })
  })

  it("keeps the probe that is due when a person's command goes unanswered while it is open", () => {
    assert.deepStrictEqual(noAnswers(4), { _tag: "Open", failures: 4, step: 0, unanswered: 0, probeAtMillis: 6_000 })
  })

  it("doubles the wait with each unanswered probe, up to the longest", () => {
    const waits = [0, 1, 2, 3, 4, 5, 6].map((step) => Breaker.backOffMillis(step, settings, middle))
    assert.deepStrictEqual(waits, [5_000, 10_000, 20_000, 40_000, 80_000, 120_000, 120_000])
  })

  it("spreads probes by a fifth to each side", () => {
    assert.strictEqual(Breaker.backOffMillis(0, settings, 0), 4_000)
    assert.isBelow(Breaker.backOffMillis(0, settings, 0.999_999), 6_000)
  })

  it("lets one read through when a probe is answered", () => {
    const breaker = Breaker.afterProbe(noAnswers(3), true, settings, 1_000, middle)
    assert.deepStrictEqual(breaker, { _tag: "HalfOpen", failures: 3, step: 0, unanswered: 0 })
  })

  it("opens for longer when the read that was let through goes unanswered", () => {
    const halfOpen = Breaker.afterProbe(noAnswers(3), true, settings, 1_000, middle)
    assert.deepStrictEqual(noAnswers(1, halfOpen), {
      _tag: "Open",
      failures: 4,
      step: 1,
      unanswered: 0,
      probeAtMillis: 11_000
    })
  })

  it("lets a read through after every fourth unanswered probe, since some BMCs answer no pings", () => {
    assert.strictEqual(unansweredProbes(3)._tag, "Open")
    assert.strictEqual(unansweredProbes(4)._tag, "HalfOpen")
    const again = noAnswers(1, unansweredProbes(4))
    assert.strictEqual(again._tag, "Open")
    let breaker = again
    for (let i = 0; i < 3; i++) breaker = Breaker.afterProbe(breaker, false, settings, 1_000, middle)
    assert.strictEqual(breaker._tag, "Open")
    assert.strictEqual(Breaker.afterProbe(breaker, false, settings, 1_000, middle)._tag, "HalfOpen")
  })

  it("ignores the outcome of a probe once it is not open any more", () => {
    assert.strictEqual(Breaker.afterProbe(Breaker.closed, false, settings, 1_000, middle), Breaker.closed)
  })

  it("is half-open after a person asked to try again, and only if it was open", () => {
    assert.strictEqual(Breaker.afterRetry(noAnswers(3))._tag, "HalfOpen")
    assert.deepStrictEqual(Breaker.afterRetry(noAnswers(2)), noAnswers(2))
  })
})
