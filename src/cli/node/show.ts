import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import type { NodeDetail } from "../../api/NodesApi.ts"
import { formatAge, formatTable, print } from "../Output.ts"
import { call } from "../Server.ts"

export const nodeArgument = Argument.String("node").pipe(Argument.withDescription("Name or uuid of a node"))

const rows = (node: NodeDetail): ReadonlyArray<readonly [string, string]> =>
  Object.entries(node).flatMap(([key, value]): ReadonlyArray<readonly [string, string]> => {
    if (key === "age_seconds") return []
    if (key === "next" || key === "blocked") return []
    if (key === "observed_at" && node.age_seconds !== null)
      return [[key, `${value} (${formatAge(node.age_seconds)} ago)`]]
    if (value !== null && typeof value === "object" && !Array.isArray(value)) {
      const inner = Object.entries(value)
      return inner.length === 0 ? [[key, "-"]] : inner.map(([name, item]) => [`${key}.${name}`, show(item)])
    }
    if (Array.isArray(value)) return [[key, value.length === 0 ? "-" : value.map(show).join(", ")]]
    return [[key, show(value)]]
  })

/** One line each: what is next, and what does not happen and why. */
const outlook = ({ blocked, next }: NodeDetail): ReadonlyArray<readonly [string, string]> => [
  ...next.map(({ at, what }) => ["next", `${what} at ${at}`] as const),
  ...blocked.map(
    ({ by, until, what }) => ["blocked", `${what}: ${by}${until === null ? "" : `, until ${until}`}`] as const
  )
]

const show = (value: unknown): string =>
  value === null || value === "" ? "-" : typeof value === "string" ? value : JSON.stringify(value)

/** Everything that is known of a node, a fact a line. */
export const formatNode = (node: NodeDetail): string =>
  formatTable(
    [
      { title: "FIELD", cell: (row: readonly [string, string]) => row[0] },
      { title: "VALUE", cell: (row) => row[1] }
    ],
    [...rows(node), ...outlook(node)]
  )

export const showNode = Command.make(
  "show",
  { node: nodeArgument },
  Effect.fnUntraced(function* ({ node }) {
    const detail = yield* call((client) => client.nodes.show({ params: { ident: node } }))
    yield* print(detail, () => formatNode(detail))
  })
).pipe(Command.withDescription("Show everything that is known of a node"))
