/**
 * Keeps the power states of a fleet in a file, so that a simulator that starts again finds its servers as they were.
 * What is under way when it is saved counts as done. The file is replaced as a whole, never changed in place: a reader sees
 * the old one or the new one.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { bmcName, type Fleet } from "./Fleet.ts"
import { FileUnusable, SimulatorError } from "./SimulatorError.ts"

const PowerStates = Schema.Struct({
  version: Schema.Literal(1),
  power: Schema.Record(Schema.String, Schema.Literals(["on", "off"]))
})

/** What a kill costs at most, and how often a busy fleet writes. */
const saveEvery = Duration.seconds(1)

/** The file as it is kept. */
export interface KeptPowerStates {
  /** The `powerChanges` of the fleet that are in the file. */
  readonly saved: () => number
}

/**
 * Saves the power states now, after changes, at most once a second, and when the scope closes. Fails with `FileUnusable`
 * when the file can't be written now; a save that fails later is logged and tried again.
 */
export const keepPowerStates = (
  fleet: Fleet,
  file: string
): Effect.Effect<KeptPowerStates, SimulatorError, FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    let saved = yield* save(fs, fleet, file)
    const saveChanges = Effect.suspend(() =>
      fleet.powerChanges === saved ? Effect.succeed(saved) : save(fs, fleet, file)
    ).pipe(
      Effect.map((changes) => void (saved = changes)),
      Effect.catch((error) =>
        Effect.logWarning("The power states could not be saved").pipe(Effect.annotateLogs({ error: error.message }))
      )
    )
    yield* Effect.addFinalizer(() => saveChanges)
    yield* Effect.forkScoped(Effect.repeat(saveChanges, Schedule.spaced(saveEvery)))
    return { saved: () => saved }
  })

/** Sets the power of the fleet from the file, if there is one. Fails with `FileUnusable` when it is damaged. */
export const loadPowerStates = (
  fleet: Fleet,
  file: string
): Effect.Effect<void, SimulatorError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    if (!(yield* fs.exists(file).pipe(Effect.mapError((error) => unusable(file, error.message))))) return
    const text = yield* fs.readFileString(file).pipe(Effect.mapError((error) => unusable(file, error.message)))
    const states = yield* Schema.decodeEffect(Schema.fromJsonString(PowerStates))(text).pipe(
      Effect.mapError(() => unusable(file, "damaged, not the power states of a simulator; move it away to start anew"))
    )
    for (const [index, bmc] of fleet.bmcs.entries()) {
      const power = states.power[bmcName(index)]
      if (power !== undefined) bmc.setPower(power === "on")
    }
  })

/** Returns the `powerChanges` that are in the file then. */
const save = (fs: FileSystem.FileSystem, fleet: Fleet, file: string): Effect.Effect<number, SimulatorError> =>
  Effect.gen(function* () {
    const changes = fleet.powerChanges
    const power: Record<string, "on" | "off"> = {}
    for (const [index, bmc] of fleet.bmcs.entries()) power[bmcName(index)] = bmc.chassis.willBeOn() ? "on" : "off"
    const text = JSON.stringify({ version: 1, power } satisfies typeof PowerStates.Type)
    const written = `${file}.new`
    yield* fs.writeFileString(written, `${text}\n`).pipe(
      Effect.andThen(fs.rename(written, file)),
      Effect.mapError((error) => unusable(file, error.message))
    )
    return changes
  })

const unusable = (file: string, detail: string): SimulatorError =>
  new SimulatorError({ reason: new FileUnusable({ file, detail }) })
