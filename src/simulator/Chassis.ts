/**
 * The power of one simulated server: what a chassis control does to it, and when.
 * A server takes seconds to obey and still reads as before in the meantime, which is what clients must cope with.
 * Time is a number passed in (monotonic milliseconds); nothing runs in between: a change takes place when it is next
 * looked at. Bit layouts live in the codec, not here.
 */
import type { ChassisAction } from "../ipmi/commands/ChassisControl.ts"
import type { Range, SeededRandom } from "./SeededRandom.ts"

/** How long a server takes to obey, in milliseconds; each time a value of the range. */
export interface PowerTiming {
  readonly on: Range
  readonly off: Range
  /** The operating system shuts down first. */
  readonly softOff: Range
  /** How long a cycle leaves the power off. IPMI 2.0 §28.3 asks for at least a second. */
  readonly cycleGap: Range
}

/** Real servers: a hard off is a relay and a status register that lags, a soft off waits for the operating system. */
export const defaultPowerTiming: PowerTiming = {
  on: [500, 2000],
  off: [1000, 5000],
  softOff: [5000, 15_000],
  cycleGap: [1000, 2000]
}

/** For tests and benches that don't wait. */
export const instantPower: PowerTiming = { on: [0, 0], off: [0, 0], softOff: [0, 0], cycleGap: [0, 0] }

interface PowerChange {
  readonly atMillis: number
  readonly on: boolean
}

export class Chassis {
  private on: boolean
  private changes: ReadonlyArray<PowerChange> = nothingPending

  constructor(on: boolean) {
    this.on = on
  }

  isOn(nowMillis: number): boolean {
    if (this.changes.length > 0) this.settle(nowMillis)
    return this.on
  }

  /** Where it ends up when everything under way is done. */
  willBeOn(): boolean {
    return this.changes.at(-1)?.on ?? this.on
  }

  /** From outside: somebody pressed the button, or the breaker fell. At once. */
  setPower(on: boolean): void {
    this.on = on
    this.changes = nothingPending
  }

  /**
   * Starts what is asked, replacing what was under way. False when it can't be done in the present state: cycle, reset
   * and diagnostic interrupt of a server that is off (IPMI 2.0 §28.3 recommends 0xD5).
   */
  obey(action: ChassisAction, nowMillis: number, timing: PowerTiming, random: SeededRandom): boolean {
    const on = this.isOn(nowMillis)
    switch (action) {
      case "on":
        this.changes = on ? nothingPending : [{ atMillis: nowMillis + random.within(timing.on), on: true }]
        break
      case "off":
      case "soft": {
        const range = action === "off" ? timing.off : timing.softOff
        this.changes = on ? [{ atMillis: nowMillis + random.within(range), on: false }] : nothingPending
        break
      }
      case "cycle": {
        if (!on) return false
        const offAt = nowMillis + random.within(timing.off)
        this.changes = [
          { atMillis: offAt, on: false },
          { atMillis: offAt + random.within(timing.cycleGap), on: true }
        ]
        break
      }
      case "reset":
      case "nmi":
        return on
    }
    this.settle(nowMillis)
    return true
  }

  private settle(nowMillis: number): void {
    let done = 0
    for (const change of this.changes) {
      if (change.atMillis > nowMillis) break
      this.on = change.on
      done++
    }
    if (done > 0) this.changes = done === this.changes.length ? nothingPending : this.changes.slice(done)
  }
}

/** Shared, so that an idle BMC holds no array of its own. */
const nothingPending: ReadonlyArray<PowerChange> = []
