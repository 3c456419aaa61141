/** What `tutti simulate` runs: a fleet on UDP ports, with its files. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as Scope from "effect/Scope"
import { type Fleet, makeFleet } from "./Fleet.ts"
import { importLines } from "./ImportFile.ts"
import { keepPowerStates, loadPowerStates } from "./PowerStateFile.ts"
import { FileUnusable, SimulatorError } from "./SimulatorError.ts"
import type { SimulatorOptions } from "./SimulatorOptions.ts"
import { bindFleet } from "./UdpFleet.ts"

/**
 * Starts the BMCs and returns once all of them answer; they stop when the scope closes. Fails with `OptionInvalid`,
 * `PortUnusable` or `FileUnusable`; then nothing was written but what the file system refused halfway.
 */
export const runSimulator = (
  options: SimulatorOptions
): Effect.Effect<Fleet, SimulatorError, FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function* () {
    const fleet = yield* makeFleet(options)
    if (options.stateFile !== undefined) yield* loadPowerStates(fleet, options.stateFile)
    // before anything is written: whoever has the ports may be using the files too
    yield* bindFleet(fleet, options.port)
    if (options.stateFile !== undefined) yield* keepPowerStates(fleet, options.stateFile)
    if (options.importFile !== undefined) yield* writeImportFile(fleet, options.port, options.importFile)
    return fleet
  })

const writeImportFile = (
  fleet: Fleet,
  port: number,
  file: string
): Effect.Effect<void, SimulatorError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    // it holds passwords
    yield* fs
      .writeFileString(file, importLines(fleet, port), { mode: 0o600 })
      .pipe(
        Effect.mapError((error) => new SimulatorError({ reason: new FileUnusable({ file, detail: error.message }) }))
      )
  })
