import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import {
  getSystemRestartCause,
  type RestartReport,
  restartCauseWords
} from "../../ipmi/commands/GetSystemRestartCause.ts"
import { askOnce, printRows } from "./fanOut.ts"
import { hostsArgument, readTargets, targetFlags } from "./target.ts"

const words = (report: RestartReport): string => restartCauseWords(report.cause)

export const restartCause = Command.make(
  "restart-cause",
  { hosts: hostsArgument, ...targetFlags },
  Effect.fnUntraced(function* ({ hosts, ...flags }) {
    const targets = yield* readTargets(hosts, flags, "USER")
    const rows = yield* askOnce(targets, flags.fanOut, getSystemRestartCause)
    yield* printRows(rows, (report) => ({ restart_cause: words(report), channel: report.channel }), [
      { title: "RESTART CAUSE", cell: words }
    ])
  })
).pipe(Command.withDescription("Read why servers last started"))
