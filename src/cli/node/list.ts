import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { FailureReason } from "../../domain/Failure.ts"
import type { NodeSummary } from "../../api/NodesApi.ts"
import { type Column, formatAge, formatDesired, printTable } from "../Output.ts"
import { call } from "../Server.ts"

/** Why power sync leaves the node alone; what fails before what an operator said. */
const trouble = ({ fault, fault_reason, maintenance }: NodeSummary): string =>
  fault !== null ? (fault_reason ?? fault) : maintenance ? "maintenance" : "-"

const nodeColumns: ReadonlyArray<Column<NodeSummary>> = [
  { title: "NODE", cell: (node) => node.name ?? node.uuid },
  { title: "POWER", cell: (node) => node.power_state ?? "-" },
  { title: "AGE", cell: (node) => (node.age_seconds === null ? "never" : formatAge(node.age_seconds)), align: "right" },
  { title: "DESIRED", cell: formatDesired },
  { title: "STATE", cell: (node) => node.provision_state },
  { title: "TROUBLE", cell: trouble },
  { title: "LAST ERROR", cell: (node) => node.last_error ?? "-" }
]

const text = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

export const list = Command.make(
  "list",
  {
    name: text("name", "Only nodes of this name; a * stands for any characters"),
    rack: text("rack", "Only nodes whose properties.rack is this"),
    group: text("group", "Only nodes of this conductor group"),
    fault: Flag.Literals("fault", ["any", ...FailureReason.literals]).pipe(
      Flag.withDescription("Only nodes at fault, for any reason or for this one"),
      Flag.optional
    ),
    maintenance: Flag.Boolean("maintenance").pipe(
      Flag.withDescription("Only nodes in maintenance (--no-maintenance: only the others)"),
      Flag.optional
    )
  },
  Effect.fnUntraced(function* (flags) {
    const query = {
      ...optional(
        "fault",
        Option.map(flags.fault, (fault) => (fault === "any" ? "power failure" : fault))
      ),
      ...optional("name", flags.name),
      ...optional("rack", flags.rack),
      ...optional("group", flags.group),
      ...optional("maintenance", flags.maintenance)
    }
    const { nodes } = yield* call((client) => client.nodes.list({ query }))
    const filtered = Object.keys(query).length > 0
    const none = filtered ? "No node is as asked for." : "No nodes yet; tutti node import FILE enrols some."
    yield* printTable(nodes, nodeColumns, nodes, none)
  })
).pipe(
  Command.withAlias("ls"),
  Command.withDescription("List nodes with their power state and how old that knowledge is"),
  Command.withExamples([
    { command: "tutti node list --rack r1", description: "One rack" },
    { command: "tutti node list --fault any --json", description: "What is broken, for a script" }
  ])
)

const optional = <K extends string, A>(key: K, value: Option.Option<A>): { readonly [P in K]?: A } =>
  Option.match(value, {
    onNone: () => ({}),
    // A computed key widens to string; K is the one key that is there.
    onSome: (some) => ({ [key]: some }) as { readonly [P in K]?: A }
  })
