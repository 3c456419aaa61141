import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { usage } from "../CliFailure.ts"
import { print } from "../Output.ts"
import { call } from "../Server.ts"
import { fieldFlags, givenFields } from "./fields.ts"
import { nodeArgument } from "./show.ts"

interface Operation {
  readonly op: "add" | "remove"
  readonly path: string
  readonly value?: Schema.Json
}

/** RFC 6901 §3. */
const pointer = (path: ReadonlyArray<string>): string =>
  path.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")

export const set = Command.make(
  "set",
  {
    node: nodeArgument,
    name: Flag.String("name").pipe(Flag.withDescription("A new name"), Flag.optional),
    ...fieldFlags,
    unset: Flag.String("unset").pipe(
      Flag.withMetavar("PATH"),
      Flag.withDescription("Remove a value, such as driver_info.ipmi_port; may be repeated"),
      Flag.atLeast(0)
    ),
    maintenance: Flag.Boolean("maintenance").pipe(
      Flag.withDescription("Put it into maintenance, or with --no-maintenance back"),
      Flag.optional
    ),
    reason: Flag.String("reason").pipe(Flag.withDescription("Why, for --maintenance"), Flag.optional)
  },
  Effect.fnUntraced(function* (flags) {
    const operations: Array<Operation> = []
    if (Option.isSome(flags.name)) operations.push({ op: "add", path: "/name", value: flags.name.value })
    for (const [path, value] of yield* givenFields(flags)) operations.push({ op: "add", path: pointer(path), value })
    for (const path of flags.unset) {
      const [key = "", ...name] = path.split(".")
      operations.push({ op: "remove", path: pointer(name.length === 0 ? [key] : [key, name.join(".")]) })
    }
    if (Option.isSome(flags.reason) && !Option.getOrElse(flags.maintenance, () => false))
      return yield* usage("--reason is why a node is in maintenance: give --maintenance with it")
    const ident = flags.node
    if (operations.length === 0 && Option.isNone(flags.maintenance))
      return yield* usage("nothing to set: see tutti node set --help")
    if (operations.length > 0) yield* call((client) => client.nodes.update({ params: { ident }, payload: operations }))
    const renamed = Option.getOrElse(flags.name, () => ident)
    if (Option.isSome(flags.maintenance)) {
      const payload = { maintenance: flags.maintenance.value, reason: Option.getOrNull(flags.reason) }
      yield* call((client) => client.nodes.setMaintenance({ params: { ident: renamed }, payload }))
    }
    const node = yield* call((client) => client.nodes.show({ params: { ident: renamed } }))
    yield* print(node, () => `changed ${node.name ?? node.uuid}`)
  })
).pipe(
  Command.withDescription("Change a node; all changes or none"),
  Command.withExamples([
    { command: "tutti node set n1 --password-file new-secret", description: "A new password is tried at once" },
    { command: 'tutti node set n1 --maintenance --reason "fan"', description: "Power sync leaves it alone" }
  ])
)
