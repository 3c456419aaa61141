import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { formatGuid, getDeviceGuid, getSystemGuid, likelyGuidOrder } from "../../ipmi/commands/Guid.ts"
import type { Column } from "../Output.ts"
import { askEach, printRows } from "./fanOut.ts"
import { hostsArgument, readTargets, targetFlags } from "./target.ts"

const columns: ReadonlyArray<Column<Uint8Array>> = [
  { title: "GUID", cell: (wire) => formatGuid(wire, likelyGuidOrder(wire)) },
  { title: "BYTE ORDER", cell: likelyGuidOrder }
]

const toJson = (wire: Uint8Array) => ({
  guid: formatGuid(wire, likelyGuidOrder(wire)),
  byte_order: likelyGuidOrder(wire),
  smbios: formatGuid(wire, "smbios"),
  ipmi: formatGuid(wire, "ipmi"),
  rfc: formatGuid(wire, "rfc")
})

export const guid = Command.make(
  "guid",
  {
    hosts: hostsArgument,
    device: Flag.Boolean("device").pipe(
      Flag.withDescription("That of the management controller, not of the server"),
      Flag.withDefault(false)
    ),
    ...targetFlags
  },
  Effect.fnUntraced(function* ({ device, hosts, ...flags }) {
    const targets = yield* readTargets(hosts, flags, "USER")
    const rows = yield* askEach(targets, flags.fanOut, (session) =>
      session.request(device ? getDeviceGuid : getSystemGuid)
    )
    yield* printRows(rows, toJson, columns)
  })
).pipe(
  Command.withDescription("Read servers' GUIDs, in the byte order that gives a GUID; --json has it in all three orders")
)
