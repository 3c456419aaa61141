import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import { type ChassisStatus, getChassisStatus } from "../../ipmi/commands/GetChassisStatus.ts"
import type { Column } from "../Output.ts"
import { askOnce, printRows } from "./fanOut.ts"
import { hostsArgument, readTargets, targetFlags } from "./target.ts"

const columns: ReadonlyArray<Column<ChassisStatus>> = [
  { title: "POWER", cell: (status) => (status.powerOn ? "on" : "off") },
  { title: "RESTORE", cell: (status) => status.powerRestorePolicy },
  { title: "FAULTS", cell: (status) => faults(status).join(", ") || "-" }
]

const faults = (status: ChassisStatus): ReadonlyArray<string> => [
  ...(status.powerOverload ? ["power overload"] : []),
  ...(status.mainPowerFault ? ["main power"] : []),
  ...(status.powerControlFault ? ["power control"] : []),
  ...(status.driveFault ? ["drive"] : []),
  ...(status.coolingFault ? ["cooling"] : []),
  ...(status.intrusion ? ["intrusion"] : [])
]

const toJson = (status: ChassisStatus) => ({
  power: status.powerOn ? "on" : "off",
  restore_policy: status.powerRestorePolicy,
  faults: faults(status)
})

export const status = Command.make(
  "status",
  { hosts: hostsArgument, ...targetFlags },
  Effect.fnUntraced(function* ({ hosts, ...flags }) {
    const targets = yield* readTargets(hosts, flags, "USER")
    const rows = yield* askOnce(targets, flags.fanOut, getChassisStatus)
    yield* printRows(rows, toJson, columns)
  })
).pipe(
  Command.withDescription("Read the power state of BMCs"),
  Command.withExamples([
    { command: "tutti ipmi status -U admin --password-file secret 'rack[01-16]-bmc'", description: "A rack at once" }
  ])
)
