import { assert, describe, it } from "@effect/vitest"
import { Context, DateTime, Duration, Effect, Layer, Logger, Option } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import { TestClock } from "effect/testing"
import { MemoryGovernor } from "../../src/bmc/MemoryGovernor.ts"
import * as Conductor from "../../src/conductor/Conductor.ts"
import {
  ConductorConfig,
  type ConductorOptions,
  defaults,
  type OptionName
} from "../../src/conductor/ConductorConfig.ts"
import { findOption, type OptionRow } from "../../src/conductor/OptionTable.ts"
import { Ownership } from "../../src/conductor/Ownership.ts"
import * as Settings from "../../src/conductor/Settings.ts"
import { syncTask } from "../../src/conductor/TaskNames.ts"
import { PeriodicWorker } from "../../src/periodics/PeriodicWorker.ts"
import { WorkerPool } from "../../src/periodics/WorkerPool.ts"
import { SettingsStore } from "../../src/store/SettingsStore.ts"
import * as Store from "../../src/store/Store.ts"
import { StoreError, Unavailable } from "../../src/store/StoreError.ts"
import { enrol, journalOf, nodeOf, observationOf, pass } from "./world.ts"

/** A conductor with its tasks, as `tutti serve` puts it together, over stores that outlive it. */
const conductor = (stores: Context.Context<Store.Stores>, environment: Partial<ConductorOptions> = {}) => {
  // The keys of a partial record of options are names of options.
  const fromEnvironment = new Set(Object.keys(environment) as Array<OptionName>)
  const given = { options: { ...defaults, syncPowerStateSpread: false, ...environment }, fromEnvironment }
  return Layer.mergeAll(Settings.layer(given), Conductor.layerTasks).pipe(
    Layer.provideMerge(Conductor.layer),
    Layer.provideMerge(PeriodicWorker.layer()),
    Layer.provideMerge(WorkerPool.layer()),
    Layer.provideMerge(MemoryGovernor.layer),
    Layer.provideMerge(Settings.layerConfig(given)),
    Layer.provideMerge(Layer.succeedContext(stores)),
    Layer.provide([Ownership.layerSolo, SecureRandom.layerWebCrypto])
  )
}

const stores = Layer.build(Store.layerMemory)

const option = (name: string): OptionRow => Option.getOrThrow(Option.fromUndefinedOr(findOption(name)))
const interval = option("sync_power_state_interval")
const workers = option("sync_power_state_workers")
const poolSize = option("workers_pool_size")

const spacingOfSync = Effect.gen(function* () {
  const worker = yield* PeriodicWorker
  return (yield* worker.status(syncTask)).spacingMillis
})

const settingsChanged = Effect.map(journalOf(null), (entries) =>
  entries
    .filter(({ kind }) => kind === "SettingChanged")
    .map(({ actor, from, reason, to }) => ({ actor, from, to, reason }))
)

describe("an option that is changed while the conductor runs", () => {
  it.effect("has its value, its origin and what it may be", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_000_000)
      const settings = yield* Settings.Settings
      const before = settings.get(interval)
      assert.deepInclude(before, {
        name: "sync_power_state_interval",
        env: "TUTTI_SYNC_POWER_STATE_INTERVAL",
        value: "30s",
        valueAfterRestart: null,
        default: "30s",
        expected: "a duration from 1s to 1d, such as 30s or 5m",
        needsRestart: false,
        origin: "default",
        changedBy: null,
        changedAt: null
      })
      assert.strictEqual(settings.get(workers).origin, "environment")
      const after = yield* settings.set(interval, "1m", "operator")
      assert.deepStrictEqual(after, {
        ...before,
        value: "1m",
        origin: "changed",
        changedBy: "operator",
        changedAt: DateTime.makeUnsafe(1_000_000)
      })
      assert.deepStrictEqual(
        settings.list().find(({ name }) => name === "sync_power_state_interval"),
        after
      )
    }).pipe(Effect.provide(Layer.unwrap(Effect.map(stores, (kept) => conductor(kept, { syncPowerStateWorkers: 512 })))))
  )

  it.effect("spaces its periodic task anew at once, and every node's reads with it", () =>
    Effect.gen(function* () {
      const [id] = yield* enrol(1)
      assert.isDefined(id)
      if (id === undefined) return
      yield* TestClock.adjust("31 seconds")
      const settings = yield* Settings.Settings
      yield* settings.set(interval, "10s", "operator")
      assert.strictEqual(yield* spacingOfSync, 10_000)
      assert.strictEqual(Duration.toMillis((yield* ConductorConfig).syncPowerStateInterval), 10_000)
      const seen: Array<number | null> = []
      for (let second = 0; second < 30; second++) {
        yield* TestClock.adjust("1 second")
        const { observedAtMillis } = yield* observationOf(id)
        if (seen.at(-1) !== observedAtMillis) seen.push(observedAtMillis)
      }
      assert.isAtLeast(seen.length, 3)
      assert.isAtMost(seen.length, 4)
    }).pipe(Effect.provide(Layer.unwrap(Effect.map(stores, (kept) => conductor(kept)))))
  )

  it.effect("holds at once for what reads it: the retries of power sync, and whether machines are switched back", () =>
    Effect.gen(function* () {
      const bmcs = yield* MemoryGovernor
      const settings = yield* Settings.Settings
      const [dead, other] = yield* enrol(2, { desiredPower: "power on" })
      if (dead === undefined || other === undefined) return assert.fail("no nodes")
      yield* pass
      yield* settings.set(option("power_state_sync_max_retries"), "0", "operator")
      yield* settings.set(option("force_power_state_during_sync"), "false", "operator")
      bmcs.fail(dead, "Unreachable")
      bmcs.setPower(other, "power off")
      yield* pass
      assert.strictEqual((yield* nodeOf(dead)).fault, "power failure")
      yield* settings.set(option("power_state_sync_max_retries"), "3", "operator")
      yield* pass
      assert.strictEqual((yield* nodeOf(other)).desiredPower, "power off")
      assert.deepStrictEqual(bmcs.commands(), [])
    }).pipe(Effect.provide(Layer.unwrap(Effect.map(stores, (kept) => conductor(kept)))))
  )

  it.effect("is refused with its name and what it may be, and stays as it was", () =>
    Effect.gen(function* () {
      const settings = yield* Settings.Settings
      const before = settings.list()
      const error = yield* Effect.flip(settings.set(interval, "soon", "operator"))
      assert.strictEqual(error.reason._tag, "InvalidRequest")
      assert.strictEqual(
        error.message,
        'sync_power_state_interval: expected a duration from 1s to 1d, such as 30s or 5m, got "soon"'
      )
      assert.deepStrictEqual(settings.list(), before)
      assert.deepStrictEqual(yield* (yield* SettingsStore).all, [])
      assert.deepStrictEqual(yield* settingsChanged, [])
    }).pipe(Effect.provide(Layer.unwrap(Effect.map(stores, (kept) => conductor(kept)))))
  )

  it.effect("is journalled from, to and by whom; a change to the same value is none", () =>
    Effect.gen(function* () {
      const settings = yield* Settings.Settings
      yield* settings.set(workers, "64", "alice")
      yield* settings.set(workers, "64", "alice")
      yield* settings.set(poolSize, "100", "operator")
      yield* settings.reset(workers, "operator")
      const now = (reason: string) => `${reason}: in effect at once.`
      assert.deepStrictEqual(yield* settingsChanged, [
        { actor: "alice", from: "512", to: "64", reason: now("sync_power_state_workers") },
        { actor: "operator", from: "300", to: "100", reason: "workers_pool_size: takes effect at the next start." },
        { actor: "operator", from: "64", to: "512", reason: now("sync_power_state_workers") }
      ])
    }).pipe(Effect.provide(Layer.unwrap(Effect.map(stores, (kept) => conductor(kept)))))
  )

  it.effect(
    "survives a restart and wins over the environment, which one line of the log says; reset, it is the environment's",
    () =>
      Effect.gen(function* () {
        const kept = yield* stores
        const lines: Array<unknown> = []
        const log = Logger.layer([Logger.make(({ message }) => void lines.push(message))])
        const environment = { syncPowerStateInterval: Duration.seconds(45), workersPoolSize: 200 }
        yield* Effect.gen(function* () {
          const settings = yield* Settings.Settings
          yield* settings.set(interval, "20s", "operator")
          const pool = yield* settings.set(poolSize, "100", "operator")
          assert.deepInclude(pool, { value: "200", valueAfterRestart: "100", origin: "changed" })
          assert.strictEqual((yield* ConductorConfig).workersPoolSize, 200)
        }).pipe(Effect.provide(Layer.provideMerge(Layer.fresh(conductor(kept, environment)), log)))
        const said = () => lines.flat().filter((line) => String(line).startsWith("Settings that were changed hold"))
        assert.lengthOf(said(), 0)

        yield* Effect.gen(function* () {
          const settings = yield* Settings.Settings
          assert.lengthOf(said(), 1)
          assert.strictEqual(yield* spacingOfSync, 20_000)
          assert.strictEqual((yield* ConductorConfig).workersPoolSize, 100)
          assert.deepInclude(settings.get(poolSize), { value: "100", valueAfterRestart: null, origin: "changed" })
          const reset = yield* settings.reset(interval, "operator")
          assert.deepInclude(reset, { value: "45s", origin: "environment", changedBy: null })
          assert.strictEqual(yield* spacingOfSync, 45_000)
        }).pipe(Effect.provide(Layer.provideMerge(Layer.fresh(conductor(kept, environment)), log)))
        const store = Context.get(kept, SettingsStore)
        assert.deepStrictEqual(
          (yield* store.all).map(({ name, value }) => [name, value]),
          [["workers_pool_size", "100"]]
        )
      })
  )

  it.effect("is left out and told of when this build can't read it", () =>
    Effect.gen(function* () {
      const kept = yield* stores
      const store = Context.get(kept, SettingsStore)
      const lines: Array<unknown> = []
      const log = Logger.layer([Logger.make(({ message }) => void lines.push(message))])
      const at = DateTime.makeUnsafe(0)
      yield* store.put({ name: "sync_power_state_workers", value: "many", actor: "operator", at })
      yield* store.put({ name: "gone_with_an_older_build", value: "1", actor: "operator", at })
      yield* Effect.gen(function* () {
        assert.strictEqual((yield* ConductorConfig).syncPowerStateWorkers, 512)
      }).pipe(Effect.provide(Layer.provideMerge(conductor(kept), log)))
      assert.lengthOf(
        lines.flat().filter((line) => String(line).startsWith("A changed setting can't be used")),
        2
      )
    })
  )

  it.effect("does not change while the database is away", () =>
    Effect.gen(function* () {
      const kept = yield* stores
      const away = Context.add(kept, SettingsStore, {
        ...Context.get(kept, SettingsStore),
        put: () => Effect.fail(new StoreError({ reason: new Unavailable({ message: "The database is away." }) }))
      })
      yield* Effect.gen(function* () {
        const settings = yield* Settings.Settings
        const error = yield* Effect.flip(settings.set(workers, "64", "operator"))
        assert.strictEqual(error.reason._tag, "StoreUnavailable")
        assert.deepInclude(settings.get(workers), { value: "512", origin: "default" })
      }).pipe(Effect.provide(conductor(away)))
    })
  )
})
