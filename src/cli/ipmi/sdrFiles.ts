/**
 * Sensor data records kept between runs, a file for each BMC in the user's cache folder (XDG_CACHE_HOME, else ~/.cache).
 * Only ever a short cut: a file that can't be read, or isn't what it should be, is as none, and one that can't be written is
 * left unwritten. The BMC is asked every time whether its records are still the same.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import type { SdrRepository } from "../../ipmi/sensors/SdrRepository.ts"
import type { HostPort } from "../HostRange.ts"

const Kept = Schema.fromJsonString(
  Schema.Struct({
    source: Schema.Literals(["repository", "device"]),
    stamp: Schema.String,
    /** In hexadecimal. */
    records: Schema.Array(Schema.String.check(Schema.isPattern(/^(?:[0-9a-f]{2})+$/)))
  })
)
const decode = Schema.decodeUnknownEffect(Kept)
const encode = Schema.encodeEffect(Kept)

const fileOf = Effect.fnUntraced(function* ({ host, port }: HostPort) {
  const path = yield* Path.Path
  const cache = yield* Config.String("XDG_CACHE_HOME").pipe(
    Config.orElse(() => Config.map(Config.String("HOME"), (home) => path.join(home, ".cache")))
  )
  return path.join(cache, "tutti", "sdr", `${encodeURIComponent(host)}_${port}.json`)
})

export const loadSdrs = (bmc: HostPort) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { records, source, stamp } = yield* decode(yield* fs.readFileString(yield* fileOf(bmc)))
    const repository: SdrRepository = {
      source,
      stamp,
      records: records.map((record) => Uint8Array.from(Buffer.from(record, "hex")))
    }
    return repository
  }).pipe(Effect.option, Effect.map(Option.getOrUndefined))

/** Whole or not at all: the file appears by its name when it is complete. */
export const saveSdrs = (bmc: HostPort, { records, source, stamp }: SdrRepository) =>
  Effect.gen(function* () {
    if (stamp === null) return
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const file = yield* fileOf(bmc)
    const unfinished = `${file}.${yield* Random.nextInt}`
    const text = yield* encode({ source, stamp, records: records.map((record) => Buffer.from(record).toString("hex")) })
    yield* fs.makeDirectory(path.dirname(file), { recursive: true, mode: 0o700 })
    yield* fs.writeFileString(unfinished, text, { mode: 0o600 })
    yield* fs.rename(unfinished, file)
  }).pipe(Effect.ignore)
