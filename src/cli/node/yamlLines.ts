/** Nodes written in YAML, as the JSON Lines that the API takes, with the way back to the file's own lines. */
import * as Effect from "effect/Effect"
import { CliFailure } from "../CliFailure.ts"

export interface NodeLines {
  readonly payload: string
  /** The line in the file where the node of this payload line starts. */
  readonly lineOf: (payloadLine: number) => number
}

/** Fails with exit code 1 and the parser's own words; where is said as compilers say it, `file:line:column`. */
export const linesOfYaml = Effect.fnUntraced(function* (file: string, text: string) {
  // Loaded when needed: most calls never see YAML.
  const { isSeq, LineCounter, parseAllDocuments } = yield* Effect.promise(() => import("yaml"))
  const counter = new LineCounter()
  const documents = Array.from(parseAllDocuments(text, { lineCounter: counter, prettyErrors: false }))
  const nodes: Array<{ readonly json: string; readonly line: number }> = []
  for (const document of documents) {
    const error = document.errors[0]
    if (error !== undefined) {
      const { col, line } = counter.linePos(error.pos[0])
      return yield* new CliFailure({ message: `${file}:${line}:${col}: ${error.message.trimEnd()}`, exitCode: 1 })
    }
    const items = isSeq(document.contents) ? document.contents.items : [document.contents]
    for (const item of items) {
      if (item === null || typeof item !== "object" || !("range" in item) || !("toJS" in item)) continue
      // yaml types items as unknown; every parsed node has both.
      const node = item as {
        readonly range?: readonly [number, ...Array<number>]
        readonly toJS: (doc: unknown) => unknown
      }
      const { line } = counter.linePos(node.range?.[0] ?? 0)
      const value = yield* Effect.try({
        try: () => node.toJS(document),
        // An alias without its anchor, or so many of them that they are an attack.
        catch: (cause) =>
          new CliFailure({
            message: `${file}:${line}: ${cause instanceof Error ? cause.message : String(cause)}`,
            exitCode: 1
          })
      })
      nodes.push({ json: JSON.stringify(value), line })
    }
  }
  return {
    payload: nodes.map((node) => node.json).join("\n"),
    lineOf: (line) => nodes[line - 1]?.line ?? line
  } satisfies NodeLines
})
