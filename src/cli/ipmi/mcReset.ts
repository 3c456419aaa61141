import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { coldReset, warmReset } from "../../ipmi/commands/ResetBmc.ts"
import { usage } from "../CliFailure.ts"
import { askEach, printRows } from "./fanOut.ts"
import { hostsArgument, readTargets, targetFlags } from "./target.ts"

/** Some BMCs are gone before they have answered: no answer to what was sent is told apart from a refusal. */
export const mcReset = Command.make(
  "mc-reset",
  {
    kind: Argument.Literals("kind", ["cold", "warm"]).pipe(Argument.withDescription("cold or warm")),
    hosts: hostsArgument,
    yes: Flag.Boolean("yes").pipe(
      Flag.withAlias("y"),
      Flag.withDescription("Do it: without a word in between, the BMCs are away for up to minutes"),
      Flag.withDefault(false)
    ),
    ...targetFlags
  },
  Effect.fnUntraced(function* ({ hosts, kind, yes, ...flags }) {
    const targets = yield* readTargets(hosts, flags, "ADMINISTRATOR")
    if (!yes) {
      return yield* usage(`a ${kind} reset takes ${targets.length} BMC(s) away for up to minutes: say --yes`)
    }
    const rows = yield* askEach(targets, flags.fanOut, (session) =>
      session.request(kind === "cold" ? coldReset : warmReset).pipe(
        Effect.as("accepted"),
        Effect.catchIf(
          ({ reason }) => reason._tag === "ResponseTimeout" && session.info().logins > 0,
          () => Effect.succeed("sent, not answered")
        )
      )
    )
    yield* printRows(rows, (result) => ({ result }), [{ title: "RESET", cell: (result) => result }])
  })
).pipe(Command.withDescription("Restart BMCs; the servers run on"))
