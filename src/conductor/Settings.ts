/**
 * The options as operators see and change them while the conductor runs: what each is, where its value comes from, who
 * changed it. A change is validated as the environment's value is, stored, and then takes effect at once, or at the next
 * start where the option says so; it wins over the environment until it is reset.
 *
 * With several conductors over one database, the others take a change over when they start.
 */
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"
import { PeriodicWorker } from "../periodics/PeriodicWorker.ts"
import { SettingsStore, type StoredSetting } from "../store/SettingsStore.ts"
import type { StoreError } from "../store/StoreError.ts"
import { ConductorConfig } from "./ConductorConfig.ts"
import { type ConductorError, fromStore, invalid } from "./ConductorError.ts"
import { Journal } from "./Journal.ts"
import { changeOption, findOption, formatOption, type GivenOptions, type OptionRow, optionRows } from "./OptionTable.ts"

/** An option with its value, as text in the form of the environment. */
export interface Setting {
  readonly name: string
  readonly env: string
  /** In effect now. */
  readonly value: string
  /** What takes effect at the next start; null where that is `value`. */
  readonly valueAfterRestart: string | null
  readonly default: string
  /** What it may be, with unit and range. */
  readonly expected: string
  readonly meaning: string
  readonly needsRestart: boolean
  readonly origin: "default" | "environment" | "changed"
  /** Who changed it, and when; null unless `origin` is `changed`. */
  readonly changedBy: string | null
  readonly changedAt: DateTime.Utc | null
}

export class Settings extends Context.Service<
  Settings,
  {
    /** In the order of the documentation. */
    readonly list: () => ReadonlyArray<Setting>
    readonly get: (option: OptionRow) => Setting
    /** Fails with `InvalidRequest` when the option can't have this value; then nothing changed. */
    readonly set: (option: OptionRow, text: string, actor: string) => Effect.Effect<Setting, ConductorError>
    /** Back to the environment's value, or the default. */
    readonly reset: (option: OptionRow, actor: string) => Effect.Effect<Setting, ConductorError>
  }
>()("tutti/conductor/Settings") {}

/**
 * The options at the start: the environment's, and over them what was changed earlier, of which one line of the log
 * tells. A stored value that this build can't read is told too, and left out.
 */
export const layerConfig = (given: GivenOptions): Layer.Layer<ConductorConfig, StoreError, SettingsStore> =>
  Layer.effect(
    ConductorConfig,
    Effect.gen(function* () {
      const options = { ...given.options }
      const taken: Array<string> = []
      for (const stored of yield* (yield* SettingsStore).all) {
        const option = findOption(stored.name)
        const value = option?.codec.parse(stored.value)
        if (option !== undefined && value !== undefined && Result.isSuccess(value)) {
          changeOption(options, option, value.success)
          taken.push(`${option.name}=${stored.value}`)
          continue
        }
        const problem = value === undefined ? "there is no such option" : Result.getFailure(value)
        yield* Effect.logWarning("A changed setting can't be used and is left out").pipe(
          Effect.annotateLogs({ setting: stored.name, problem: String(problem) })
        )
      }
      if (taken.length > 0) {
        yield* Effect.logInfo("Settings that were changed hold, whatever the environment says").pipe(
          Effect.annotateLogs({ settings: taken.join(", ") })
        )
      }
      return options
    })
  )

/** Over the options that `layerConfig` made of the same ones. */
export const layer = (
  given: GivenOptions
): Layer.Layer<Settings, StoreError, ConductorConfig | Journal | PeriodicWorker | SettingsStore> =>
  Layer.effect(
    Settings,
    Effect.gen(function* () {
      const config = yield* ConductorConfig
      const journal = yield* Journal
      const store = yield* SettingsStore
      const worker = yield* PeriodicWorker
      const changed = new Map((yield* store.all).map((stored) => [stored.name, stored]))
      const oneAtATime = yield* Semaphore.make(1)

      const get = (option: OptionRow): Setting => {
        const change = changed.get(option.name)
        const value = formatOption(option, config)
        const next = change?.value ?? formatOption(option, given.options)
        return {
          name: option.name,
          env: option.env,
          value,
          valueAfterRestart: next === value ? null : next,
          default: option.codec.format(option.default),
          expected: option.codec.expected,
          meaning: option.meaning,
          needsRestart: option.needsRestart,
          origin: change !== undefined ? "changed" : given.fromEnvironment.has(option.key) ? "environment" : "default",
          changedBy: change?.actor ?? null,
          changedAt: change?.at ?? null
        }
      }

      /** From now on, for all who read the option; its task is due anew by it. */
      const takeEffect = (option: OptionRow, value: unknown): Effect.Effect<void> =>
        Effect.suspend(() => {
          if (option.needsRestart) return Effect.void
          changeOption(config, option, value)
          return option.task === null || !Duration.isDuration(value)
            ? Effect.void
            : // A task that does not run here has nothing to be spaced anew.
              Effect.ignore(worker.setSpacing(option.task, value))
        })

      const change = (option: OptionRow, actor: string, make: Effect.Effect<unknown, ConductorError>) =>
        Effect.gen(function* () {
          const before = get(option)
          yield* takeEffect(option, yield* make)
          const after = get(option)
          const from = before.valueAfterRestart ?? before.value
          const to = after.valueAfterRestart ?? after.value
          const when = option.needsRestart ? "takes effect at the next start" : "in effect at once"
          const reason = `${option.name}: ${when}.`
          if (from !== to) journal.record({ nodeId: null, kind: "SettingChanged", actor, from, to, reason })
          return after
        }).pipe(Effect.uninterruptible, oneAtATime.withPermits(1))

      return Settings.of({
        list: () => optionRows.map(get),
        get,
        set: Effect.fn("Settings.set")(function* (option, text, actor) {
          const value = option.codec.parse(text)
          if (Result.isFailure(value)) return yield* invalid(`${option.name}: ${value.failure}`)
          const at = yield* DateTime.now
          const stored: StoredSetting = { name: option.name, value: option.codec.format(value.success), actor, at }
          const keep = Effect.sync(() => {
            changed.set(option.name, stored)
            return value.success
          })
          return yield* change(option, actor, Effect.andThen(Effect.mapError(store.put(stored), fromStore), keep))
        }),
        reset: Effect.fn("Settings.reset")((option, actor) => {
          const forget = Effect.sync(() => {
            changed.delete(option.name)
            return given.options[option.key]
          })
          return change(option, actor, Effect.andThen(Effect.mapError(store.remove(option.name), fromStore), forget))
        })
      })
    })
  )
