/**
 * `node import`: JSON Lines, a JSON array or YAML (a list, or a document a node), from a file or standard input.
 * The server checks every line and stores all or none; what it says is shown with the lines of the file.
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { CliFailure, someFailed, usage } from "../CliFailure.ts"
import { print } from "../Output.ts"
import { readFile } from "../readFile.ts"
import { connect, toFailure } from "../Server.ts"
import { linesOfYaml, type NodeLines } from "./yamlLines.ts"

/** By the name where it tells, else by how the text begins: JSON begins with a bracket, after comments YAML with neither. */
const isYaml = (file: string, text: string): boolean =>
  /\.ya?ml$/i.test(file) || (!/\.(?:nd)?jsonl?$/i.test(file) && !/^\s*(?:[[{]|$)/.test(text))

interface LineError {
  readonly line: number
  readonly field: string | null
  readonly message: string
}

const advice = {
  ImportConflictProblem: "--update changes the nodes that are there, --partial takes the others",
  ImportRejectedProblem: "--partial takes the good lines"
} as const

const report = (file: string, source: NodeLines, errors: ReadonlyArray<LineError>) =>
  Effect.forEach(
    errors,
    (error) => {
      const line = source.lineOf(error.line)
      return Console.error(`${file}:${line}: ${error.field === null ? "" : `${error.field}: `}${error.message}`)
    },
    { discard: true }
  )

export const importNodes = Command.make(
  "import",
  {
    file: Argument.String("file").pipe(
      Argument.withDescription("JSON Lines, a JSON array or YAML; - for standard input")
    ),
    update: Flag.Boolean("update").pipe(
      Flag.withDescription("Give nodes that exist already (same uuid, else same name) the new values"),
      Flag.withDefault(false)
    ),
    partial: Flag.Boolean("partial").pipe(
      Flag.withDescription("Import the good lines when others are bad"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ file, partial, update }) {
    const text = yield* readFile(file)
    const source = isYaml(file, text)
      ? yield* linesOfYaml(file, text)
      : { payload: text, lineOf: (line: number) => line }
    if (source.payload.trim() === "") return yield* usage(`${file} holds no node`)
    const client = yield* connect
    const result = yield* client.nodes.import({ query: { update, partial }, payload: source.payload }).pipe(
      Effect.catchTag(["ImportRejectedProblem", "ImportConflictProblem"], (problem) =>
        report(file, source, problem.errors).pipe(
          Effect.andThen(
            Effect.fail(
              new CliFailure({
                // What is wrong with lines has been said, with the lines of the file.
                message: problem.errors.length > 0 ? `nothing was imported; ${advice[problem._tag]}` : problem.detail,
                exitCode: problem._tag === "ImportConflictProblem" ? 5 : 1
              })
            )
          )
        )
      ),
      Effect.catchIf(
        (error) => error._tag !== "CliFailure",
        (error) => Effect.flatMap(toFailure(error), Effect.fail)
      )
    )
    yield* report(file, source, result.errors)
    yield* print(result, () => `${result.created} created, ${result.updated} updated, ${result.errors.length} refused`)
    if (result.errors.length > 0) return yield* someFailed
  })
).pipe(
  Command.withDescription("Import nodes: all or none, in one transaction"),
  Command.withExamples([
    { command: "tutti node import fleet.jsonl", description: "One JSON object a line" },
    { command: "tutti node import --update fleet.yaml", description: "Change what is there already" }
  ])
)
