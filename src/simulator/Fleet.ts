/**
 * Many simulated BMCs with one set of settings, and what tests and benches do to them as a whole.
 * Knows no network: `UdpFleet` and `MemoryNetwork` carry datagrams to and from it.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Surroundings } from "./BmcModel.ts"
import { type ControlReceived, type CounterValues, totalCounters } from "./Counters.ts"
import { type FaultKind, pickPercent, planFaults } from "./FaultPlan.ts"
import { makeLater } from "./Later.ts"
import { SimulatedBmc } from "./SimulatedBmc.ts"
import { SimulatorError } from "./SimulatorError.ts"
import { defaultPassword, defaultUsername, type FleetOptions, optionProblem, settingsOf } from "./SimulatorOptions.ts"

/** Some BMCs: all, the indexes from 0, or a part that depends on the seed only. */
export type Selection = "all" | ReadonlyArray<number> | { readonly percent: number }

export interface BmcReport extends CounterValues {
  readonly name: string
  readonly fault: FaultKind | null
  readonly killed: boolean
  readonly poweredOn: boolean
  /** The last 16 accepted ones. */
  readonly lastControls: ReadonlyArray<ControlReceived>
}

/** `bmc-00001` is the one with index 0. */
export const bmcName = (index: number): string => `bmc-${String(index + 1).padStart(5, "0")}`

/**
 * Builds the BMCs, all switched on. Fails with `OptionInvalid`. Answers that are still to come are dropped when the scope
 * closes.
 */
export const makeFleet = (options: FleetOptions): Effect.Effect<Fleet, SimulatorError, Scope.Scope> =>
  Effect.gen(function* () {
    const problem = optionProblem(options)
    if (problem !== null) return yield* new SimulatorError({ reason: problem })
    const clock = yield* Clock.clockWith(Effect.succeed)
    const after = yield* makeLater
    return new Fleet(options, {
      monotonicMillis: () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6,
      unixMillis: () => clock.currentTimeMillisUnsafe(),
      after
    })
  })

export class Fleet {
  readonly bmcs: ReadonlyArray<SimulatedBmc>
  readonly username: string
  readonly password: string
  /** How often the power of some BMC was changed: whoever saves the power states sees whether there is something new. */
  powerChanges = 0
  private readonly surroundings: Surroundings
  private readonly seed: number

  constructor(options: FleetOptions, time: Omit<Surroundings, "powerChanged">) {
    this.username = options.username ?? defaultUsername
    this.password = options.password ?? defaultPassword
    this.seed = options.seed ?? 1
    const surroundings: Surroundings = { ...time, powerChanged: () => this.powerChanges++ }
    this.surroundings = surroundings
    const settings = settingsOf(options, this.password)
    const otherPassword = settingsOf(options, `not ${this.password}`)
    const faults = planFaults(options.faults ?? {}, this.seed, options.count)
    this.bmcs = faults.map(
      (fault, index) =>
        new SimulatedBmc({
          index,
          settings: fault === "badPassword" ? otherPassword : settings,
          seed: this.seed,
          fault,
          poweredOn: true,
          surroundings
        })
    )
  }

  /** No answer until revived. */
  kill(selection: Selection): void {
    for (const bmc of this.select(selection)) bmc.faults.killed = true
  }

  /** Undoes `kill` and the fault "dead"; the BMC comes back as from a restart, without sessions. */
  revive(selection: Selection): void {
    for (const bmc of this.select(selection)) {
      if (!bmc.faults.killed) continue
      bmc.faults.killed = false
      bmc.forgetSessions()
    }
  }

  forgetSessions(selection: Selection): void {
    for (const bmc of this.select(selection)) bmc.forgetSessions()
  }

  /** At once, as by the power button. */
  setPower(selection: Selection, on: boolean): void {
    for (const bmc of this.select(selection)) bmc.setPower(on)
  }

  /** Each logs so many events more. */
  logEvents(selection: Selection, count: number): void {
    for (const bmc of this.select(selection)) bmc.sel.log(count)
  }

  /** Loses the next `count` datagrams that arrive at each. */
  dropRequests(selection: Selection, count: number): void {
    for (const bmc of this.select(selection)) bmc.faults.requestsToDrop = count
  }

  /** Loses the next `count` answers of each; the commands are carried out. */
  dropAnswers(selection: Selection, count: number): void {
    for (const bmc of this.select(selection)) bmc.faults.answersToDrop = count
  }

  /** From now on each BMC loses so many percent of its datagrams, each way; for a lossy one too. */
  setLoss(percent: number): void {
    for (const bmc of this.bmcs) bmc.faults.lossPercent = percent
  }

  /** The sum over all. */
  counters(): CounterValues {
    const nowMillis = this.surroundings.monotonicMillis()
    return totalCounters(this.bmcs.map((bmc) => bmc.counters.values(bmc.sessions.open(nowMillis))))
  }

  report(selection: Selection): ReadonlyArray<BmcReport> {
    const nowMillis = this.surroundings.monotonicMillis()
    return this.indexes(selection).flatMap((index) => {
      const bmc = this.bmcs[index]
      if (bmc === undefined) return []
      return {
        ...bmc.counters.values(bmc.sessions.open(nowMillis)),
        name: bmcName(index),
        fault: bmc.faults.kind,
        killed: bmc.faults.killed,
        poweredOn: bmc.chassis.isOn(nowMillis),
        lastControls: bmc.counters.lastControls
      }
    })
  }

  private select(selection: Selection): ReadonlyArray<SimulatedBmc> {
    if (selection === "all") return this.bmcs
    return this.indexes(selection).flatMap((index) => this.bmcs[index] ?? [])
  }

  private indexes(selection: Selection): ReadonlyArray<number> {
    if (selection === "all") return [...this.bmcs.keys()]
    return "percent" in selection ? pickPercent(selection.percent, this.seed, this.bmcs.length) : selection
  }
}
