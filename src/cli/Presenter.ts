/**
 * How a wrong command line is told: one line an error on standard error that names where the help is, and nothing on
 * standard output, which may be a pipe that waits for data. Help that was asked for is shown as ever.
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"

export const presenter: CliOutput.Presenter = {
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Effect.forEach(
          event.errors,
          (error) => Console.error(`tutti: ${explain(error)} (see ${event.commandPath.join(" ")} --help)`),
          { discard: true }
        )
      : CliOutput.defaultPresenter.present(event)
}

/** One line, in words for people: schemas and parsers wrap theirs in layers of their own. */
export const explain = (error: CliError.NonShowHelpErrors): string => {
  if (error._tag === "InvalidValue") {
    const expected = oneLine(error.expected)
    // The value came from a variable that stands for the flag.
    const variable = /^SchemaError\((.*?) at \["(.*)"\]\)$/.exec(expected)
    if (variable !== null) return `${variable[2]}: ${sentence(variable[1] ?? "")}`
    const name = error.kind === "argument" ? `<${error.option}>` : `--${error.option}`
    return error.value === "" && error.kind === "flag"
      ? `${name} needs a value: ${sentence(expected)}`
      : `${name} can't be ${JSON.stringify(error.value)}: ${sentence(expected)}`
  }
  if (error._tag === "UnknownSubcommand" || error._tag === "UnrecognizedOption") {
    const { suggestions } = error
    const what =
      error._tag === "UnknownSubcommand"
        ? `there is no command ${error.subcommand}`
        : `there is no flag ${error.option}`
    return suggestions.length === 0 ? what : `${what}; is it ${suggestions.join(" or ")}?`
  }
  return oneLine(error.message)
}

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, " ")

const sentence = (expected: string): string =>
  expected
    .replace(/^(?:Schema validation failed|Invalid key=value format)[:.] /, "")
    .replace(/^Expected(?: format)?:? /, "")
    .replace(/^a string representing /, "")
    .replace(/^(?!.*expected)/i, "expected ")
