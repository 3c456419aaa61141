import { assert, describe, it } from "@effect/vitest"
import { type Config, ConfigProvider, Duration, Effect } from "effect"
import { type ConductorOptions, defaults } from "../../src/conductor/ConductorConfig.ts"
import { findOption, givenOptions, optionRows, optionTable } from "../../src/conductor/OptionTable.ts"

/** The options that an environment gives. */
const read = (env: Record<string, string>): Effect.Effect<ConductorOptions, Config.ConfigError> =>
  Effect.map(givenOptions.parse(ConfigProvider.fromEnv({ env })), ({ options }) => options)

describe("the conductor's configuration", () => {
  it.effect("is Ironic's defaults, but for the power sync's", () =>
    Effect.gen(function* () {
      const options = yield* read({})
      assert.deepStrictEqual(options, defaults)
      const seconds = (duration: Duration.Duration) => Duration.toSeconds(duration)
      assert.deepStrictEqual(
        [
          seconds(options.syncPowerStateInterval),
          options.syncPowerStateWorkers,
          options.powerStateSyncMaxRetries,
          options.forcePowerStateDuringSync,
          seconds(options.powerFailureRecoveryInterval),
          seconds(options.powerStateChangeTimeout),
          seconds(options.softPowerOffTimeout),
          options.nodeLockedRetryAttempts,
          seconds(options.nodeLockedRetryInterval),
          options.workersPoolSize,
          options.reservedWorkersPoolPercentage
        ],
        [30, 512, 3, true, 300, 60, 600, 3, 1, 300, 5]
      )
    })
  )

  it.effect("is read from the environment", () =>
    Effect.gen(function* () {
      const options = yield* read({
        TUTTI_SYNC_POWER_STATE_INTERVAL: "1m",
        TUTTI_SYNC_POWER_STATE_WORKERS: "64",
        TUTTI_FORCE_POWER_STATE_DURING_SYNC: "false",
        TUTTI_POWER_STATE_CHANGE_TIMEOUT: "90"
      })
      assert.deepStrictEqual(
        [
          Duration.toSeconds(options.syncPowerStateInterval),
          options.syncPowerStateWorkers,
          options.forcePowerStateDuringSync,
          Duration.toSeconds(options.powerStateChangeTimeout)
        ],
        [60, 64, false, 90]
      )
    })
  )

  it.effect.each([
    ["TUTTI_SYNC_POWER_STATE_INTERVAL", "soon", 'a duration from 1s to 1d, such as 30s or 5m, got "soon"'],
    ["TUTTI_SYNC_POWER_STATE_INTERVAL", "0", "a duration from 1s"],
    ["TUTTI_SYNC_POWER_STATE_WORKERS", "0", "a whole number from 1 to 10000"],
    ["TUTTI_WORKERS_POOL_SIZE", "2", "a whole number from 3 to 10000"],
    ["TUTTI_SYNC_POWER_STATE_SPREAD", "perhaps", "expected true or false"]
  ] as const)("that says %s=%s is refused with what it may be", ([name, value, message]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read({ [name]: value }))
      assert.include(error.message, name)
      assert.include(error.message, message)
    })
  )

  it.effect("knows what the environment gave, the default's value too", () =>
    Effect.gen(function* () {
      const env = { TUTTI_SYNC_POWER_STATE_WORKERS: "512", TUTTI_FORCE_POWER_STATE_DURING_SYNC_BY_GROUP: "lab=false" }
      const given = yield* givenOptions.parse(ConfigProvider.fromEnv({ env }))
      assert.deepStrictEqual(
        given.fromEnvironment,
        new Set(["syncPowerStateWorkers", "forcePowerStateDuringSyncByGroup"] as const)
      )
      assert.deepStrictEqual(given.options.forcePowerStateDuringSyncByGroup, new Map([["lab", false]]))
    })
  )

  it("finds an option by its name or its variable", () => {
    for (const ident of ["sync_power_state_interval", "TUTTI_SYNC_POWER_STATE_INTERVAL"]) {
      assert.strictEqual(findOption(ident)?.key, "syncPowerStateInterval")
    }
    assert.isUndefined(findOption("sync_power_state"))
  })

  it("is documented: every option with its variable, default and meaning", () => {
    assert.strictEqual(optionRows.length, Object.keys(defaults).length)
    for (const { codec, env, meaning } of optionRows) {
      assert.match(env, /^TUTTI_[A-Z_]+$/)
      assert.include(optionTable(), `| \`${env}\` |`)
      assert.isAbove(meaning.length, 20)
      assert.isAbove(codec.expected.length, 5)
    }
    assert.include(
      optionTable(),
      "| `TUTTI_SYNC_POWER_STATE_INTERVAL` | 30s | a duration from 1s to 1d, such as 30s or 5m | takes effect at once | Spacing of"
    )
    assert.include(
      optionTable(),
      "| `TUTTI_WORKERS_POOL_SIZE` | 300 | a whole number from 3 to 10000 | needs a restart |"
    )
  })
})
