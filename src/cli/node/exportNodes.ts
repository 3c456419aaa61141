import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import { call } from "../Server.ts"

export const exportNodes = Command.make(
  "export",
  {},
  Effect.fnUntraced(function* () {
    const lines = yield* call((client) => client.nodes.export())
    if (lines !== "") yield* Console.log(lines.trimEnd())
  })
).pipe(Command.withDescription("Print all nodes as import lines, without their secrets"))
