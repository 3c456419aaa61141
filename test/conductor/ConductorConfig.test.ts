import { assert, describe, it } from "@effect/vitest"
import { type Config, ConfigProvider, Duration, Effect, Option } from "effect"
import {
  config,
  type ConductorOptions,
  defaults,
  optionRows,
  optionTable,
  parseDuration
} from "../../src/conductor/ConductorConfig.ts"

/** The options that an environment gives. */
const read = (env: Record<string, string>): Effect.Effect<ConductorOptions, Config.ConfigError> =>
  config.parse(ConfigProvider.fromEnv({ env }))

describe("a duration", () => {
  it.each([
    ["30 seconds", 30_000],
    ["30s", 30_000],
    ["30", 30_000],
    ["1.5", 1500],
    ["5 minutes", 300_000],
    ["5m", 300_000],
    ["250 ms", 250],
    ["2h", 7_200_000],
    ["1 day", 86_400_000],
    [" 5 Minutes ", 300_000]
  ])("may be written %j", (text, millis) => {
    assert.deepStrictEqual(Option.map(parseDuration(text), Duration.toMillis), Option.some(millis))
  })

  it.each(["", "s", "5 parsecs", "-5", "5m30s", "1e3", "∞", "5 5"])("is not %j", (text) => {
    assert.deepStrictEqual(parseDuration(text), Option.none())
  })
})

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
    ["TUTTI_SYNC_POWER_STATE_INTERVAL", "soon", "a duration such as 30s or 5m, from 1 seconds to 86400 seconds"],
    ["TUTTI_SYNC_POWER_STATE_INTERVAL", "0", "a duration such as 30s or 5m"],
    ["TUTTI_SYNC_POWER_STATE_WORKERS", "0", "a whole number from 1 to 10000"],
    ["TUTTI_WORKERS_POOL_SIZE", "2", "a whole number from 3 to 10000"],
    ["TUTTI_SYNC_POWER_STATE_SPREAD", "perhaps", "TUTTI_SYNC_POWER_STATE_SPREAD"]
  ] as const)("that says %s=%s is refused with what it may be", ([name, value, message]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read({ [name]: value }))
      assert.include(error.message, name)
      assert.include(error.message, message)
    })
  )

  it("is documented: every option with its variable, default and meaning", () => {
    assert.strictEqual(optionRows.length, Object.keys(defaults).length)
    for (const { env, meaning } of optionRows) {
      assert.match(env, /^TUTTI_[A-Z_]+$/)
      assert.include(optionTable(), `| \`${env}\` |`)
      assert.isAbove(meaning.length, 20)
    }
    assert.include(optionTable(), "| `TUTTI_SYNC_POWER_STATE_INTERVAL` | 30 seconds | Spacing of")
  })
})
