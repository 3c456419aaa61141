import { NodeFileSystem } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect, FileSystem, Scope, Exit } from "effect"
import { TestClock } from "effect/testing"
import { bmcName, type Fleet, makeFleet } from "../../src/simulator/Fleet.ts"
import { importLines } from "../../src/simulator/ImportFile.ts"
import { keepPowerStates, loadPowerStates } from "../../src/simulator/PowerStateFile.ts"

const inFolder = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "tutti-simulator-" })
  return { fs, folder, file: `${folder}/power.json` }
})

const powers = (fleet: Fleet) => fleet.report("all").map((bmc) => bmc.poweredOn)

/** What the file says, as far as it is read by people: names and on or off. */
const stored = (text: string): unknown => JSON.parse(text).power

describe("the power states' file", () => {
  it.effect("brings a fleet back as it was left", () =>
    Effect.gen(function* () {
      const { file } = yield* inFolder
      const before = yield* makeFleet({ count: 3 })
      const scope = yield* Scope.make()
      yield* Scope.provide(keepPowerStates(before, file), scope)
      before.setPower([1], false)
      yield* Scope.close(scope, Exit.void)
      const after = yield* makeFleet({ count: 4 })
      yield* loadPowerStates(after, file)
      expect(powers(after)).toEqual([true, false, true, true])
    }).pipe(Effect.provide(NodeFileSystem.layer))
  )

  it.effect("is written within a second of a change, replaced as a whole, and not without one", () =>
    Effect.gen(function* () {
      const { file, folder, fs } = yield* inFolder
      const written: Array<string> = []
      const watched: FileSystem.FileSystem = {
        ...fs,
        writeFileString: (path, ...rest) => {
          written.push(path)
          return fs.writeFileString(path, ...rest)
        }
      }
      const fleet = yield* makeFleet({ count: 2 })
      const kept = yield* keepPowerStates(fleet, file).pipe(Effect.provideService(FileSystem.FileSystem, watched))
      expect(stored(yield* fs.readFileString(file))).toEqual({ "bmc-00001": "on", "bmc-00002": "on" })
      yield* TestClock.adjust("5 seconds")
      expect(written).toHaveLength(1)
      fleet.setPower([0], false)
      yield* TestClock.adjust("1 second")
      // the write goes on outside of the test's clock
      while (kept.saved() !== fleet.powerChanges) yield* fs.exists(folder)
      expect(stored(yield* fs.readFileString(file))).toEqual({ "bmc-00001": "off", "bmc-00002": "on" })
      expect(yield* fs.readDirectory(folder)).toEqual(["power.json"])
      yield* TestClock.adjust("5 seconds")
      expect(written).toHaveLength(2)
    }).pipe(Effect.provide(NodeFileSystem.layer))
  )

  it.effect("that isn't there yet leaves everything on", () =>
    Effect.gen(function* () {
      const { file } = yield* inFolder
      const fleet = yield* makeFleet({ count: 2 })
      yield* loadPowerStates(fleet, file)
      expect(powers(fleet)).toEqual([true, true])
    }).pipe(Effect.provide(NodeFileSystem.layer))
  )

  it.effect.each(["", "{", `{"version":2,"power":{}}`, `{"version":1,"power":{"bmc-00001":"sideways"}}`])(
    "that is damaged (%s) is an error that names it, and changes nothing",
    (text) =>
      Effect.gen(function* () {
        const { file, fs } = yield* inFolder
        yield* fs.writeFileString(file, text)
        const fleet = yield* makeFleet({ count: 1 })
        const error = yield* Effect.flip(loadPowerStates(fleet, file))
        expect(error.message).toBe(`${file}: damaged, not the power states of a simulator; move it away to start anew`)
        expect(yield* fs.readFileString(file)).toBe(text)
      }).pipe(Effect.provide(NodeFileSystem.layer))
  )

  it.effect("that can't be written is an error at the start", () =>
    Effect.gen(function* () {
      const { folder } = yield* inFolder
      const fleet = yield* makeFleet({ count: 1 })
      const error = yield* Effect.flip(keepPowerStates(fleet, `${folder}/nowhere/power.json`))
      expect(error.reason._tag).toBe("FileUnusable")
      expect(error.message).toContain(`${folder}/nowhere/power.json`)
    }).pipe(Effect.provide(NodeFileSystem.layer))
  )
})

describe("the import file", () => {
  it.effect("has a line for each BMC, in racks of 40", () =>
    Effect.gen(function* () {
      const fleet = yield* makeFleet({ count: 41, username: "u", password: "p" })
      const lines = importLines(fleet, 20_000).split("\n")
      expect(lines).toHaveLength(42)
      expect(lines[41]).toBe("")
      expect(JSON.parse(lines[0] ?? "")).toEqual({
        name: "bmc-00001",
        driver: "ipmi",
        driver_info: { ipmi_address: "127.0.0.1", ipmi_port: 20_000, ipmi_username: "u", ipmi_password: "p" },
        properties: { rack: "rack-001" }
      })
      expect(JSON.parse(lines[40] ?? "")).toMatchObject({
        name: bmcName(40),
        driver_info: { ipmi_port: 20_040 },
        properties: { rack: "rack-002" }
      })
    })
  )
})
