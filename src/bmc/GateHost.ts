/** What all gates share: the clock, chance, the budget of sessions, and who is told what is to be done later. */
import type { Gate } from "./Gate.ts"
import type { HealthCounts, HealthHost } from "./Health.ts"
import type { SessionBudget } from "./SessionBudget.ts"

export interface GateHost extends HealthHost {
  readonly sessions: SessionBudget
  readonly counts: GateCounts
  /** Calls `gate.due` at this time or a little later. */
  readonly wakeAt: (gate: Gate, atMillis: number) => void
  /** Runs `gate.bmc.disconnect` beside everything else, unless it has claimed a session anew by then. */
  readonly disconnect: (gate: Gate) => void
  /** Keeps what the gate has learned soon, not only at the next sweep. */
  readonly remember: (gate: Gate) => void
}

export interface GateCounts extends HealthCounts {
  inFlight: number
  waiting: number
}
