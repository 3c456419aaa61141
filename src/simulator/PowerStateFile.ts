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
const PowerStatesJson = Schema.fromJsonString(PowerStates)

/** What a kill costs at most, and how often a busy fleet writes. */
const saveEvery = Duration.seconds(1)

/**
 * Saves the power states now, after changes, at most once a second, and when the scope closes. Fails with `FileUnusable`
 * when the file can't be written now; a save that fails later is logged and tried again.
 */
export const keepPowerStates = (
  fleet: Fleet,
  file: string
): Effect.Effect<void, SimulatorError, FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function* () {
    yield* save(fleet, file)
    const fs = yield* FileSystem.FileSystem
    const saveChanges = Effect.suspend(() => (fleet.hasUnsavedPower ? save(fleet, file) : Effect.void)).pipe(
      Effect.catch((error) =>
        Effect.logWarning("The power states could not be saved").pipe(Effect.annotateLogs({ error: error.message }))
      ),
      Effect.provideService(FileSystem.FileSystem, fs)
    )
    yield* Effect.addFinalizer(() => saveChanges)
    yield* Effect.forkScoped(Effect.repeat(saveChanges, Schedule.spaced(saveEvery)))
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
    const states = yield* Schema.decodeEffect(PowerStatesJson)(text).pipe(
      Effect.mapError(() => unusable(file, "damaged, not the power states of a simulator; move it away to start anew"))
    )
    for (const [index, bmc] of fleet.bmcs.entries()) {
      const power = states.power[bmcName(index)]
      if (power !== undefined) bmc.setPower(power === "on")
    }
  })

const save = (fleet: Fleet, file: string): Effect.Effect<void, SimulatorError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const power: Record<string, "on" | "off"> = {}
    for (const [index, bmc] of fleet.bmcs.entries()) power[bmcName(index)] = bmc.chassis.willBeOn() ? "on" : "off"
    fleet.hasUnsavedPower = false
    const text = yield* Schema.encodeEffect(PowerStatesJson)({ version: 1, power }).pipe(Effect.orDie)
    const written = `${file}.new`
    yield* fs.writeFileString(written, `${text}\n`).pipe(
      Effect.andThen(fs.rename(written, file)),
      Effect.mapError((error) => unusable(file, error.message)),
      Effect.tapError(() => Effect.sync(() => (fleet.hasUnsavedPower = true)))
    )
  })

const unusable = (file: string, detail: string): SimulatorError =>
  new SimulatorError({ reason: new FileUnusable({ file, detail }) })
