/**
 * The circuit breaker of one BMC: states and transitions as pure functions of values.
 *
 *   Closed ──(enough `Unreachable` in a row)──▶ Open ──(a probe answered, or every k-th that was not, or a person)──▶ HalfOpen
 *   HalfOpen ──(any answer)──▶ Closed        HalfOpen ──(no answer)──▶ Open, with a longer back-off
 *   Open ──(a person's command was answered)──▶ Closed
 *
 * Invariant: an open breaker always has a probe due or under way, so no BMC is locked out for ever.
 * Any answer closes it, a refusal too: who refuses is there.
 */
import type { BreakerSettings } from "./GovernorSettings.ts"

export type Breaker =
  | { readonly _tag: "Closed"; readonly failures: number }
  | {
      readonly _tag: "Open"
      readonly failures: number
      /** Back-offs so far; the next wait is `firstProbeMillis` doubled so many times. */
      readonly step: number
      readonly unanswered: number
      /** Monotonic clock. */
      readonly probeAtMillis: number
    }
  | { readonly _tag: "HalfOpen"; readonly failures: number; readonly step: number; readonly unanswered: number }

/** How every breaker starts, and what any answer makes of it. */
export const closed: Breaker = { _tag: "Closed", failures: 0 }

/** `random`: in [0, 1), for the jitter of the probe. */
export const afterNoAnswer = (
  breaker: Breaker,
  settings: BreakerSettings,
  nowMillis: number,
  random: number
): Breaker => {
  const failures = breaker.failures + 1
  switch (breaker._tag) {
    case "Closed":
      return failures < settings.failuresToOpen
        ? { _tag: "Closed", failures }
        : {
            _tag: "Open",
            failures,
            step: 0,
            unanswered: 0,
            probeAtMillis: nowMillis + backOffMillis(0, settings, random)
          }
    case "HalfOpen":
      return {
        _tag: "Open",
        failures,
        step: breaker.step + 1,
        unanswered: breaker.unanswered,
        probeAtMillis: nowMillis + backOffMillis(breaker.step + 1, settings, random)
      }
    // a command that a person sent through the open breaker: the probe that is due stays due
    case "Open":
      return { ...breaker, failures }
  }
}

export const afterProbe = (
  breaker: Breaker,
  answered: boolean,
  settings: BreakerSettings,
  nowMillis: number,
  random: number
): Breaker => {
  if (breaker._tag !== "Open") return breaker
  const { failures, step } = breaker
  const unanswered = answered ? 0 : breaker.unanswered + 1
  if (answered || unanswered % settings.trialEvery === 0) return { _tag: "HalfOpen", failures, step, unanswered }
  return {
    _tag: "Open",
    failures,
    step: step + 1,
    unanswered,
    probeAtMillis: nowMillis + backOffMillis(step + 1, settings, random)
  }
}

/** A person says "try again": the next read is let through. */
export const afterRetry = (breaker: Breaker): Breaker =>
  breaker._tag === "Open"
    ? { _tag: "HalfOpen", failures: breaker.failures, step: breaker.step, unanswered: breaker.unanswered }
    : breaker

/** Doubles with every step up to the longest, then 20 % less to 20 % more, so that a rack's probes drift apart. */
export const backOffMillis = (step: number, settings: BreakerSettings, random: number): number =>
  Math.min(settings.firstProbeMillis * 2 ** step, settings.longestProbeMillis) * (0.8 + 0.4 * random)
