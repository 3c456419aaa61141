import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import { getChassisStatus, type PowerRestorePolicy } from "../../ipmi/commands/GetChassisStatus.ts"
import { makeSetPowerRestorePolicy, settablePolicies } from "../../ipmi/commands/SetPowerRestorePolicy.ts"
import type { Column } from "../Output.ts"
import { askEach, printRows } from "./fanOut.ts"
import { hostsArgument, readTargets, targetFlags } from "./target.ts"

interface Policy {
  readonly policy: PowerRestorePolicy
  readonly supported: ReadonlyArray<PowerRestorePolicy>
}

const columns: ReadonlyArray<Column<Policy>> = [
  { title: "POLICY", cell: ({ policy }) => policy },
  { title: "SUPPORTED", cell: ({ supported }) => supported.join(", ") || "-" }
]

export const policy = Command.make(
  "policy",
  {
    policy: Argument.Literals("policy", ["show", ...settablePolicies]).pipe(
      Argument.withDescription(`show, or one of ${settablePolicies.join(", ")}`)
    ),
    hosts: hostsArgument,
    ...targetFlags
  },
  Effect.fnUntraced(function* ({ hosts, policy: wanted, ...flags }) {
    const targets = yield* readTargets(hosts, flags, "OPERATOR")
    const rows = yield* askEach(targets, flags.fanOut, (session) =>
      Effect.gen(function* () {
        const supported = yield* session.request(makeSetPowerRestorePolicy(wanted === "show" ? undefined : wanted))
        const { powerRestorePolicy } = yield* session.request(getChassisStatus)
        return { policy: powerRestorePolicy, supported: [...supported] }
      })
    )
    yield* printRows(rows, (row) => row, columns)
  })
).pipe(Command.withDescription("Show or set what servers do when AC power comes back"))
