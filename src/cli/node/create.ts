import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { doEach, nodesArgument } from "../eachNode.ts"
import { print } from "../Output.ts"
import { call } from "../Server.ts"
import { fieldFlags, givenFields } from "./fields.ts"

export const create = Command.make(
  "create",
  {
    name: Argument.String("name").pipe(Argument.withDescription("Name of the new node")),
    uuid: Flag.String("uuid").pipe(Flag.withDescription("Its uuid, if it has one already"), Flag.optional),
    ...fieldFlags
  },
  Effect.fnUntraced(function* (flags) {
    const body: Record<string, Schema.Json> = { name: flags.name, driver: Option.getOrElse(flags.driver, () => "ipmi") }
    if (Option.isSome(flags.uuid)) body["uuid"] = flags.uuid.value
    const maps: Record<string, Record<string, Schema.Json>> = {}
    for (const [[key, name], value] of yield* givenFields(flags)) {
      if (key === undefined) continue
      if (name === undefined) body[key] = value
      else body[key] = maps[key] = { ...maps[key], [name]: value }
    }
    const node = yield* call((client) => client.nodes.create({ payload: body }))
    yield* print(node, () => `created ${node.name ?? ""} ${node.uuid}`)
  })
).pipe(
  Command.withDescription("Enrol one node; its BMC is polled at once"),
  Command.withExamples([
    {
      command:
        "tutti node create n1 --driver-info ipmi_address=10.0.0.1 --driver-info ipmi_username=admin --password-file secret",
      description: "An IPMI node"
    }
  ])
)

export const remove = Command.make(
  "delete",
  { nodes: nodesArgument },
  Effect.fnUntraced(function* ({ nodes }) {
    yield* doEach(
      nodes,
      (node) => `deleted ${node}`,
      (ident) => call((client) => client.nodes.remove({ params: { ident } }))
    )
  })
).pipe(Command.withDescription("Forget nodes; their power is left as it is"))

export const retry = Command.make(
  "retry",
  { nodes: nodesArgument },
  Effect.fnUntraced(function* ({ nodes }) {
    yield* doEach(
      nodes,
      (node) => `${node} is tried again`,
      (ident) => call((client) => client.nodes.retry({ params: { ident } }))
    )
  })
).pipe(
  Command.withDescription("Ask a BMC again that was left alone, since it refused its credential or did not answer")
)
