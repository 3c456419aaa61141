/** `settings`: the conductor's options as they are now, and changing them while it runs. */
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import type { Setting } from "../api/SettingsApi.ts"
import { type Column, print, printTable } from "./Output.ts"
import { call } from "./Server.ts"

const shown = (value: string): string => (value === "" ? "none" : value)

const value = ({ value, value_after_restart }: Setting): string =>
  value_after_restart === null ? shown(value) : `${shown(value)}, then ${shown(value_after_restart)}`

const origin = ({ changed_at, changed_by, origin }: Setting): string =>
  changed_at === null ? origin : `${origin} by ${changed_by} at ${changed_at}`

const columns: ReadonlyArray<Column<Setting>> = [
  { title: "NAME", cell: (setting) => setting.name },
  { title: "VALUE", cell: value },
  { title: "DEFAULT", cell: (setting) => shown(setting.default) },
  { title: "FROM", cell: origin },
  { title: "A CHANGE", cell: (setting) => (setting.needs_restart ? "needs a restart" : "takes effect at once") },
  { title: "MAY BE", cell: (setting) => setting.expected }
]

const listSettings = Effect.gen(function* () {
  const { settings } = yield* call((client) => client.settings.list())
  yield* printTable(settings, columns, settings)
})

const list = Command.make("list", {}, () => listSettings).pipe(
  Command.withDescription("Show every option: its value, where that comes from, and what it may be")
)

const nameArgument = Argument.String("name").pipe(
  Argument.withDescription("An option, such as sync_power_state_interval")
)

const describe = (setting: Setting): string => {
  const when = setting.value_after_restart === null ? "" : " (the new value takes effect at the next start)"
  return `${setting.name}: ${value(setting)}${when}`
}

const show = Command.make(
  "show",
  { name: nameArgument },
  Effect.fnUntraced(function* ({ name }) {
    const setting = yield* call((client) => client.settings.get({ params: { name } }))
    const facts = [
      ["name", setting.name],
      ["meaning", setting.meaning],
      ["value", value(setting)],
      ["from", origin(setting)],
      ["default", shown(setting.default)],
      ["may be", setting.expected],
      ["a change", setting.needs_restart ? "needs a restart" : "takes effect at once"],
      ["variable", setting.env]
    ] as const
    yield* print(setting, () => facts.map(([fact, text]) => `${fact.padEnd(10)}${text}`).join("\n"))
  })
).pipe(Command.withDescription("Show one option: what it means, and all that list says of it"))

const set = Command.make(
  "set",
  { name: nameArgument, value: Argument.String("value").pipe(Argument.withDescription("As in the environment")) },
  Effect.fnUntraced(function* ({ name, value }) {
    const setting = yield* call((client) => client.settings.set({ params: { name }, payload: { value } }))
    yield* print(setting, () => describe(setting))
  })
).pipe(Command.withDescription("Give an option another value; it holds over restarts, until it is reset"))

const reset = Command.make(
  "reset",
  { name: nameArgument },
  Effect.fnUntraced(function* ({ name }) {
    const setting = yield* call((client) => client.settings.reset({ params: { name } }))
    yield* print(setting, () => describe(setting))
  })
).pipe(Command.withDescription("Back to the environment's value, or the default"))

export const settings = Command.make("settings", {}, () => listSettings).pipe(
  Command.withDescription("Show and change the conductor's options while it runs"),
  Command.withSubcommands([list, show, set, reset])
)
