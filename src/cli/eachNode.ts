/**
 * One request to each of several nodes. A refusal of one is that node's own row and stops nobody else's request; only
 * when there is one node, or no conductor, does it end the command with its own exit code.
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import { type CliFailure, someFailed } from "./CliFailure.ts"
import { Json } from "./Output.ts"

export const nodesArgument = Argument.String("node").pipe(
  Argument.withDescription("Names or uuids"),
  Argument.variadic({ min: 1 })
)

/** Rows in the order of the nodes; `refused` makes the row of one that was refused. */
export const forEachNode = <A, B, R, R2>(
  nodes: ReadonlyArray<string>,
  options: { readonly concurrency: number },
  ask: (node: string) => Effect.Effect<A, CliFailure, R>,
  refused: (node: string, failure: CliFailure) => Effect.Effect<B, never, R2>
): Effect.Effect<ReadonlyArray<A | B>, CliFailure, R | R2> =>
  Effect.forEach(
    nodes,
    (node) =>
      Effect.catchIf(
        ask(node),
        ({ exitCode }) => nodes.length > 1 && exitCode !== 3,
        (failure) => refused(node, failure)
      ),
    options
  )

/** Asks for something that has no answer but its being done, one node after the other, and says so a node a line. */
export const doEach = Effect.fnUntraced(function* <R>(
  nodes: ReadonlyArray<string>,
  done: (node: string) => string,
  ask: (node: string) => Effect.Effect<unknown, CliFailure, R>
) {
  const json = yield* Json
  const rows = yield* forEachNode(
    nodes,
    { concurrency: 1 },
    (node) => Effect.as(Effect.andThen(ask(node), json ? Effect.void : Console.log(done(node))), { node, error: null }),
    (node, { message }) => Effect.as(Console.error(`tutti: ${message}`), { node, error: message })
  )
  if (json) yield* Console.log(JSON.stringify(rows, null, 2))
  if (rows.some(({ error }) => error !== null)) return yield* someFailed
})
