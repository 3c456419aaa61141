/**
 * The program behind `npm start`: a conductor over simulated BMCs, in a folder of its own here, needing nothing else.
 * The simulator is another process and speaks real IPMI over UDP; its power states and the nodes are kept, so that a
 * demo that is started again goes on where it was.
 */
import { mkdir, readFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { CliFailure } from "./cli/CliFailure.ts"
import type { DemoOptions } from "./cli/Launch.ts"
import { formatAge } from "./cli/Output.ts"
import { Enrolment } from "./conductor/Enrolment.ts"
import { NodeDirectory } from "./conductor/NodeDirectory.ts"
import { conductorOptions, layerLogger, runService, serverUrl, startFailure } from "./serve.ts"
import { spawnSimulator } from "./simulator/SpawnedSimulator.ts"

const FOLDER = ".tutti-demo"

/** A few of each kind of trouble, so that there is something to see. */
const faults = { dead: 3, slow: 3, badPassword: 1, busy: 2 }
const faulty = faults.dead + faults.badPassword

/** Healthy BMCs answer within a second or two; a fleet that has not after this long is shown as it is. */
const OBSERVED_WITHIN_MILLIS = 10_000

/** Enrols the BMCs that have no node yet. */
const enrol = Effect.fnUntraced(function* (file: string) {
  const directory = yield* NodeDirectory
  const enrolment = yield* Enrolment
  const text = yield* Effect.promise(() => readFile(file, "utf8"))
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line, index): { readonly line: number; readonly value: { readonly name: string } } => ({
      line: index + 1,
      value: JSON.parse(line)
    }))
    .filter(({ value }) => directory.find(value.name) === undefined)
  if (lines.length > 0) yield* enrolment.importNodes(lines, { update: false, partial: false })
})

const observedCount = Effect.map(NodeDirectory, (directory) => {
  let observed = 0
  for (const { observation } of directory.all()) if (observation.observedAtMillis !== null) observed++
  return observed
})

/** Until all but the faulty are known, or the patience ends; returns how many are known. */
const awaitObserved = Effect.fnUntraced(function* (count: number) {
  const until = (yield* Clock.currentTimeMillis) + OBSERVED_WITHIN_MILLIS
  for (;;) {
    const observed = yield* observedCount
    if (observed >= count - Math.ceil((count * faulty) / 100) || (yield* Clock.currentTimeMillis) > until)
      return observed
    yield* Effect.sleep("100 millis")
  }
})

const whatNext = (url: string, folder: string) => {
  const tutti = url.endsWith(":6385") ? "npm run -s tutti --" : `TUTTI_URL=${url} npm run -s tutti --`
  return `
Look:   ${url}/v1/tutti/status   ${url}/v1/tutti/nodes   ${url}/metrics
Type, in another terminal:
        ${tutti} node list
        ${tutti} power off bmc-00005
        ${tutti} node show bmc-00005
        ${tutti} periodics --watch
        ${tutti} journal
Stop with Ctrl-C; started again it goes on where it was. All of it is in ${folder}.`
}

export const demo = ({ bmcPort, count, port }: DemoOptions, version: string): Effect.Effect<void, CliFailure> =>
  Effect.gen(function* () {
    const folder = resolve(FOLDER)
    const importFile = join(folder, "fleet.jsonl")
    yield* Effect.tryPromise({
      try: () => mkdir(folder, { recursive: true, mode: 0o700 }),
      catch: (cause) => new CliFailure({ message: `${folder} can't be made: ${String(cause)}`, exitCode: 1 })
    })
    yield* Console.log(`Tutti ${version}: a demo with ${count} simulated BMCs`)
    yield* spawnSimulator({
      count,
      port: bmcPort,
      faults,
      stateFile: join(folder, "simulator.json"),
      importFile
    })
    yield* Console.log(`BMCs answer on 127.0.0.1:${bmcPort}-${bmcPort + count - 1} (IPMI over UDP)`)
    const ready = Effect.gen(function* () {
      const started = yield* Clock.currentTimeMillis
      yield* enrol(importFile)
      const observed = yield* awaitObserved(count)
      const seconds = ((yield* Clock.currentTimeMillis) - started) / 1000
      yield* Console.log(
        `${observed} of ${count} nodes observed after ${formatAge(seconds)}; the others are faulty on purpose`
      )
      yield* Console.log(whatNext(yield* serverUrl, folder))
    })
    const conductor = yield* conductorOptions
    const store = { _tag: "Embedded", dataDir: folder, keyFile: null } as const
    return yield* runService({ host: "127.0.0.1", port, version, conductor, store }, ready)
  }).pipe(Effect.scoped, Effect.provide(layerLogger), Effect.mapError(startFailure))
