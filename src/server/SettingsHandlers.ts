/** Handlers of `SettingsApi`. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { BadRequestProblem, SettingNotFoundProblem, StoreUnavailableProblem } from "../api/Problems.ts"
import type { Setting as SettingView } from "../api/SettingsApi.ts"
import { TuttiApi } from "../api/TuttiApi.ts"
import { findOption, type OptionRow } from "../conductor/OptionTable.ts"
import { type Setting, Settings } from "../conductor/Settings.ts"

const toView = (setting: Setting): SettingView => ({
  name: setting.name,
  env: setting.env,
  value: setting.value,
  value_after_restart: setting.valueAfterRestart,
  default: setting.default,
  expected: setting.expected,
  meaning: setting.meaning,
  needs_restart: setting.needsRestart,
  origin: setting.origin,
  changed_by: setting.changedBy,
  changed_at: setting.changedAt === null ? null : DateTime.formatIso(setting.changedAt)
})

const find = (name: string): Effect.Effect<OptionRow, SettingNotFoundProblem> => {
  const option = findOption(name)
  return option === undefined
    ? Effect.fail(new SettingNotFoundProblem({ detail: `There is no setting ${name}; tutti settings lists them.` }))
    : Effect.succeed(option)
}

export const SettingsHandlers = HttpApiBuilder.group(
  TuttiApi,
  "settings",
  Effect.fnUntraced(function* (handlers) {
    const settings = yield* Settings
    return handlers.handleAll({
      list: () => Effect.sync(() => ({ settings: settings.list().map(toView) })),
      get: ({ params }) => Effect.map(find(params.name), (option) => toView(settings.get(option))),
      set: Effect.fnUntraced(function* ({ params, payload }) {
        const option = yield* find(params.name)
        const changed = yield* Effect.mapError(
          settings.set(option, String(payload.value), "operator"),
          ({ message, reason }) =>
            reason._tag === "InvalidRequest"
              ? new BadRequestProblem({ detail: message })
              : new StoreUnavailableProblem({ detail: message })
        )
        return toView(changed)
      }),
      reset: Effect.fnUntraced(function* ({ params }) {
        const option = yield* find(params.name)
        const changed = yield* Effect.mapError(
          settings.reset(option, "operator"),
          ({ message }) => new StoreUnavailableProblem({ detail: message })
        )
        return toView(changed)
      })
    })
  })
)
