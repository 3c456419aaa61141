import * as fs from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Logger, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as DataFolder from "../../src/store/DataFolder.ts"
import * as FolderLock from "../../src/store/FolderLock.ts"
import { OwnerLock } from "../../src/store/OwnerLock.ts"
import { self } from "../../src/store/ProcessIdentity.ts"
import { scratchFolder } from "../support/keyFile.ts"

const folder = Effect.flatMap(scratchFolder, DataFolder.prepare)

const lockOf = (folder: DataFolder.DataFolder) =>
  Effect.map(Layer.build(FolderLock.layer(folder)), (context) => Context.get(context, OwnerLock))

/** The lock file of a process like this one, but for what is given. */
const writeLock = (file: string, process: object) =>
  Effect.sync(() => {
    const text = JSON.stringify({
      process: { ...self(), ...process },
      since: "2026-01-02T03:04:05.000Z",
      token: "another's"
    })
    fs.writeFileSync(file, text)
    return text
  })

/** A pid that no process has. */
const deadPid = 2 ** 22 + 1
const elsewhere = { host: "elsewhere", pid: 4711, realm: "another boot" }

/** Lets the file system go on, which has a time of its own. */
const turn = Effect.promise(() => new Promise(setImmediate))

/** Runs the effect with a signal that comes once it waits to see whether an owner lives. */
const whenWaiting = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const waits = yield* Deferred.make<void>()
  const logger = Logger.make(({ message }) => {
    if (String(message).includes("waiting to see")) Deferred.doneUnsafe(waits, Effect.void)
  })
  const fiber = yield* Effect.forkChild(Effect.exit(Effect.provide(effect, Logger.layer([logger]))))
  yield* Deferred.await(waits)
  return fiber
})

describe("FolderLock", () => {
  it.live("lets one of many have a folder, and the next once it is given back", () =>
    Effect.gen(function* () {
      const data = yield* folder
      const scopes = yield* Effect.forEach(Array.from({ length: 8 }), () => Scope.make())
      const exits = yield* Effect.forEach(scopes, (scope) => Effect.exit(Scope.provide(lockOf(data), scope)), {
        concurrency: "unbounded"
      })
      expect(exits.filter(Exit.isSuccess)).toHaveLength(1)
      const refusal = exits.find(Exit.isFailure)
      expect(String(refusal?.cause)).toContain(`in use by the Tutti with pid ${process.pid} on ${self().host}`)
      for (const scope of scopes) yield* Scope.close(scope, Exit.void)
      expect(fs.existsSync(data.lockFile)).toBe(false)
      yield* lockOf(data)
    })
  )

  it.live("lets one of many take over from a dead process", () =>
    Effect.gen(function* () {
      for (const dead of [{ pid: deadPid }, { startTicks: "1" }]) {
        const data = yield* folder
        yield* writeLock(data.lockFile, dead)
        const exits = yield* Effect.forEach(Array.from({ length: 8 }), () => Effect.exit(lockOf(data)), {
          concurrency: "unbounded"
        })
        expect(exits.filter(Exit.isSuccess)).toHaveLength(1)
        expect(fs.readFileSync(data.lockFile, "utf8")).not.toContain("another's")
        expect(fs.readdirSync(data.path)).toEqual(["tutti.lock"])
      }
    })
  )

  it.live("puts a file back that is not the one it judged", () =>
    Effect.gen(function* () {
      const { lockFile, path } = yield* folder
      const judged = yield* writeLock(lockFile, { pid: deadPid })
      const now = yield* writeLock(lockFile, {})
      yield* Effect.promise(() => FolderLock.moveAway(lockFile, judged, `${lockFile}.aside`))
      expect(fs.readFileSync(lockFile, "utf8")).toBe(now)
      yield* Effect.promise(() => FolderLock.moveAway(lockFile, now, `${lockFile}.aside`))
      expect(fs.readdirSync(path)).toEqual([])
      yield* Effect.promise(() => FolderLock.moveAway(lockFile, now, `${lockFile}.aside`))
    })
  )

  it.effect("does not have a folder that another took at the same moment", () =>
    Effect.gen(function* () {
      const data = yield* folder
      yield* writeLock(data.lockFile, { pid: deadPid })
      const fiber = yield* Effect.forkChild(Effect.exit(lockOf(data)))
      // The file comes and goes while it is taken over.
      const isMine = () => {
        try {
          const text = fs.readFileSync(data.lockFile, "utf8")
          return text !== "" && !text.includes("another's")
        } catch {
          return false
        }
      }
      while (!isMine()) yield* turn
      yield* writeLock(data.lockFile, {})
      while (fiber.pollUnsafe() === undefined) {
        yield* TestClock.adjust("200 millis")
        yield* turn
      }
      const error = yield* Effect.flip(Effect.flatten(Fiber.join(fiber)))
      expect(error.reason).toMatchObject({ _tag: "OwnedByAnother", pid: process.pid })
    })
  )

  it.effect("watches a lock from elsewhere for 10 s, and takes it over if nothing moves", () =>
    Effect.gen(function* () {
      const data = yield* folder
      yield* writeLock(data.lockFile, elsewhere)
      const fiber = yield* whenWaiting(lockOf(data))
      yield* TestClock.adjust("9999 millis")
      expect(fs.readFileSync(data.lockFile, "utf8")).toContain("another's")
      yield* TestClock.adjust("1 millis")
      while (fiber.pollUnsafe() === undefined) {
        yield* turn
        yield* TestClock.adjust("200 millis")
      }
      expect(Exit.isSuccess(yield* Effect.flatten(Fiber.join(fiber)).pipe(Effect.exit))).toBe(true)
    })
  )

  it.effect("leaves a lock from elsewhere that is kept fresh to its owner", () =>
    Effect.gen(function* () {
      const data = yield* folder
      const text = yield* writeLock(data.lockFile, elsewhere)
      const fiber = yield* whenWaiting(lockOf(data))
      fs.utimesSync(data.lockFile, 1, 1)
      yield* TestClock.adjust("10 seconds")
      const error = yield* Effect.flip(Effect.flatten(Fiber.join(fiber)))
      expect(error.reason).toMatchObject({ _tag: "OwnedByAnother", host: "elsewhere", pid: 4711 })
      expect(fs.readFileSync(data.lockFile, "utf8")).toBe(text)
    })
  )

  it.live("tells who took it over, and then leaves the file alone", () =>
    Effect.gen(function* () {
      const data = yield* folder
      const scope = yield* Scope.make()
      const lock = yield* Scope.provide(lockOf(data), scope)
      const text = yield* writeLock(data.lockFile, elsewhere)
      expect(yield* lock.lost).toEqual({ host: "elsewhere", pid: 4711, since: "2026-01-02T03:04:05.000Z" })
      yield* Scope.close(scope, Exit.void)
      expect(fs.readFileSync(data.lockFile, "utf8")).toBe(text)
    })
  )

  it.live("puts a lock back that was taken away by hand", () =>
    Effect.gen(function* () {
      const data = yield* folder
      yield* lockOf(data)
      const text = fs.readFileSync(data.lockFile, "utf8")
      const back = new Promise<void>((resolve) => {
        const watcher = fs.watch(data.path, () => {
          if (!fs.existsSync(data.lockFile) || fs.readFileSync(data.lockFile, "utf8") !== text) return
          watcher.close()
          resolve()
        })
      })
      fs.rmSync(data.lockFile)
      yield* Effect.promise(() => back)
    })
  )
})
