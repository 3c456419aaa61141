import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import {
  getSelfTestResults,
  selfTestFindings,
  type SelfTestResult,
  selfTestVerdict
} from "../../ipmi/commands/GetSelfTestResults.ts"
import type { Column } from "../Output.ts"
import { bridgeFlags, readBridge } from "./bridge.ts"
import { askEach, printRows } from "./fanOut.ts"
import { hostsArgument, readTargets, targetFlags } from "./target.ts"

const columns: ReadonlyArray<Column<SelfTestResult>> = [
  { title: "SELF TEST", cell: selfTestVerdict },
  { title: "FINDINGS", cell: (result) => selfTestFindings(result).join(", ") || "-" }
]

const toJson = (result: SelfTestResult) => ({
  self_test: selfTestVerdict(result),
  findings: selfTestFindings(result),
  code: result.code,
  detail: result.detail
})

export const selftest = Command.make(
  "selftest",
  { hosts: hostsArgument, ...bridgeFlags, ...targetFlags },
  Effect.fnUntraced(function* ({ hosts, ...flags }) {
    const via = yield* readBridge(flags)
    const targets = yield* readTargets(hosts, flags, "USER")
    const rows = yield* askEach(targets, flags.fanOut, (session) => via(session).request(getSelfTestResults))
    yield* printRows(rows, toJson, columns)
  })
).pipe(Command.withDescription("Read what the BMCs' self tests found"))
