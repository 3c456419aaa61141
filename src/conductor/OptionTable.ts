/** All options of the conductor as a list: read from the environment, changed, and shown. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import type { ConductorOptions, OptionName } from "./ConductorConfig.ts"
import type { OptionSpec } from "./OptionSpec.ts"
import { specs } from "./OptionSpecs.ts"

export interface OptionRow extends OptionSpec<unknown> {
  /** As the code has it. */
  readonly key: OptionName
  /** As the API and the command line have it: Ironic's, where Ironic has one. */
  readonly name: string
}

// The keys of `specs` are those of ConductorOptions, which `Object.entries` can't tell; nor that each codec gets values
// of its own option only.
const entries = Object.entries(specs) as unknown as ReadonlyArray<readonly [OptionName, OptionSpec<unknown>]>

/** In the order of the documentation. */
export const optionRows: ReadonlyArray<OptionRow> = entries.map(([key, spec]) => ({
  ...spec,
  key,
  name: spec.env.replace(/^TUTTI_/, "").toLowerCase()
}))

/** By its name or its variable, in whatever case. */
export const findOption = (ident: string): OptionRow | undefined =>
  optionRows.find(({ name }) => name === ident.toLowerCase().replace(/^tutti_/, ""))

/** The value that an option has in `options`, as it is written. */
export const formatOption = (row: OptionRow, options: ConductorOptions): string => row.codec.format(options[row.key])

/** Gives an option another value, for all who read it from now on. `value` was read by the option's codec. */
export const changeOption = (options: ConductorOptions, row: OptionRow, value: unknown): void => {
  Object.assign(options, { [row.key]: value })
}

/** The options at the start. */
export interface GivenOptions {
  readonly options: ConductorOptions
  /** Those that the environment gave a value. */
  readonly fromEnvironment: ReadonlySet<OptionName>
}

/** Fails with the name of the variable and what it may be. */
const fromEnvironment = ({ codec, env }: OptionRow): Config.Config<Option.Option<unknown>> =>
  Config.option(
    Config.mapEffect(Config.String(env), (text) =>
      Effect.mapError(
        Effect.fromResult(codec.parse(text)),
        (message) =>
          new Config.ConfigError(
            new Schema.SchemaError(new SchemaIssue.Pointer([env], new SchemaIssue.InvalidValue({ message })))
          )
      )
    )
  )

/** All options as the environment has them; each one's default where it says nothing. */
export const givenOptions: Config.Config<GivenOptions> = Config.map(
  Config.all(optionRows.map(fromEnvironment)),
  (values) => {
    const found = optionRows.flatMap((row, index) =>
      Option.toArray(Option.map(values[index] ?? Option.none(), (value) => [row.key, value] as const))
    )
    const read = optionRows.map((row) => [row.key, row.default] as const)
    // Each value was read by the codec of its own option, or is that option's default.
    const options = Object.fromEntries([...read, ...found]) as unknown as ConductorOptions
    return { options, fromEnvironment: new Set(found.map(([key]) => key)) }
  }
)

/** The options as a Markdown table. */
export const optionTable = (): string =>
  [
    "| Variable | Default | May be | A change | Meaning |",
    "|---|---|---|---|---|",
    ...optionRows.map((row) => {
      const fallback = row.codec.format(row.default)
      const change = row.needsRestart ? "needs a restart" : "takes effect at once"
      return `| \`${row.env}\` | ${fallback === "" ? "none" : fallback} | ${row.codec.expected} | ${change} | ${row.meaning} |`
    }),
    ""
  ].join("\n")
