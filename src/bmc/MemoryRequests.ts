/** The answers to `BmcRequests` that tests arrange for doubles, and the requests that give them. */
import * as Effect from "effect/Effect"
import type { BmcInventory } from "../domain/BmcInventory.ts"
import type { BootTarget } from "../domain/BootDevice.ts"
import type { SelBatch } from "../domain/SelEntry.ts"
import type { SensorReadings } from "../domain/SensorData.ts"
import type { BmcError } from "./BmcError.ts"
import type { BmcRequests } from "./BmcRequests.ts"

export type RequestName = keyof BmcRequests

/** A value, or how it follows from what was asked. */
export interface ArrangedAnswers {
  readonly inspect?: BmcInventory
  readonly readSensors?: SensorReadings | ((options: Parameters<BmcRequests["readSensors"]>[0]) => SensorReadings)
  readonly readSel?: SelBatch | ((options: Parameters<BmcRequests["readSel"]>[0]) => SelBatch)
  /** Starts as arranged, and is what was set from then on. */
  bootTarget?: BootTarget
}

/** `ask` succeeds when the BMC may answer; a request for which nothing was arranged is a defect. */
export const arrangedRequests = (
  answers: ArrangedAnswers,
  ask: (what: RequestName) => Effect.Effect<void, BmcError>
): BmcRequests => {
  const answered = <A>(what: RequestName, answer: () => A | undefined): Effect.Effect<A, BmcError> =>
    Effect.map(ask(what), () => {
      const value = answer()
      if (value === undefined) throw new Error(`${what} was asked, for which nothing was arranged`)
      return value
    })
  return {
    inspect: answered("inspect", () => answers.inspect),
    readSensors: (options) =>
      answered("readSensors", () =>
        typeof answers.readSensors === "function" ? answers.readSensors(options) : answers.readSensors
      ),
    readSel: (options) =>
      answered("readSel", () => (typeof answers.readSel === "function" ? answers.readSel(options) : answers.readSel)),
    bootTarget: answered("bootTarget", () => answers.bootTarget),
    setBootTarget: (target) =>
      Effect.map(ask("setBootTarget"), () => {
        answers.bootTarget = target
      })
  }
}
