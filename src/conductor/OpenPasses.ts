/** Passes of power sync of which answers are still to come, and what became of them. Plain data with the time passed in. */
import type { PollOutcome } from "./ConductorMetrics.ts"
import type { Pass } from "./PollQueue.ts"

/** What became of a pass. */
export interface PassSummary {
  readonly number: number
  /** Wall clock. */
  readonly startedAtMillis: number
  /** From the start to the last answer, by the monotonic clock. */
  readonly durationMillis: number
  /** Nodes whose read belonged to it. */
  readonly nodes: number
  /** Nodes left out, since they were still due or being read from before. */
  readonly skipped: number
  readonly outcomes: Readonly<Record<PollOutcome, number>>
}

interface OpenPass {
  readonly startedAtMillis: number
  readonly nodes: number
  readonly outcomes: Record<PollOutcome, number>
  readonly ended: (summary: PassSummary) => void
}

export class OpenPasses {
  private readonly open = new Map<Pass, OpenPass>()

  get size(): number {
    return this.open.size
  }

  /** `startedAtMillis`: wall clock. `ended` is called once every answer came. */
  add(pass: Pass, startedAtMillis: number, ended: OpenPass["ended"]): void {
    const outcomes = { ok: 0, timeout: 0, auth: 0, busy: 0, protocol: 0, skipped: 0 }
    this.open.set(pass, { startedAtMillis, nodes: pass.outstanding, outcomes, ended })
  }

  /** A read was answered; null: it belonged to no pass. */
  count(pass: Pass | null, outcome: PollOutcome): void {
    const counted = pass === null ? undefined : this.open.get(pass)
    if (counted !== undefined) counted.outcomes[outcome]++
  }

  /** Ends those of which nothing is to come any more. */
  end(nowMillis: number, onEnd: (summary: PassSummary) => void): void {
    for (const [pass, { ended, nodes, outcomes, startedAtMillis }] of this.open) {
      if (pass.outstanding > 0) continue
      this.open.delete(pass)
      const { number, skipped } = pass
      const durationMillis = nowMillis - pass.startedAtMillis
      const summary = { number, startedAtMillis, durationMillis, nodes, skipped, outcomes }
      onEnd(summary)
      ended(summary)
    }
  }
}
