import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import { type ChassisAction, makeChassisControl } from "../../ipmi/commands/ChassisControl.ts"
import { askEach, printRows } from "./fanOut.ts"
import { hostsArgument, readTargets, targetFlags } from "./target.ts"

/** The BMC's answer says that it accepted the command, not that it took effect: the column says no more. */
const makeControl = (action: ChassisAction, description: string) =>
  Command.make(
    action,
    { hosts: hostsArgument, ...targetFlags },
    Effect.fnUntraced(function* ({ hosts, ...flags }) {
      const targets = yield* readTargets(hosts, flags, "OPERATOR")
      const rows = yield* askEach(targets, flags.fanOut, (session) =>
        Effect.as(session.request(makeChassisControl(action)), "accepted")
      )
      yield* printRows(rows, (result) => ({ result }), [{ title: action.toUpperCase(), cell: (result) => result }])
    })
  ).pipe(Command.withDescription(description))

export const controls = [
  makeControl("on", "Switch on; returns once the BMC accepted it"),
  makeControl("off", "Switch off at once, without asking the operating system"),
  makeControl("cycle", "Off and on again, by the BMC itself"),
  makeControl("reset", "Hard reset"),
  makeControl("soft", "Ask the operating system to shut down (ACPI)"),
  makeControl("nmi", "Send a diagnostic interrupt")
] as const
