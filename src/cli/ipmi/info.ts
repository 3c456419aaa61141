import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import { type DeviceId, firmwareOf, getDeviceId } from "../../ipmi/commands/GetDeviceId.ts"
import type { Column } from "../Output.ts"
import { askEach, printRows } from "./fanOut.ts"
import { hostsArgument, readTargets, targetFlags } from "./target.ts"

interface Info extends DeviceId {
  readonly cipherSuite: number | null
}

const columns: ReadonlyArray<Column<Info>> = [
  { title: "MANUFACTURER", cell: (info) => String(info.manufacturerId), align: "right" },
  { title: "PRODUCT", cell: (info) => String(info.productId), align: "right" },
  { title: "FIRMWARE", cell: firmwareOf },
  { title: "IPMI", cell: (info) => info.ipmiVersion },
  { title: "SUITE", cell: (info) => String(info.cipherSuite ?? "-"), align: "right" }
]

const toJson = (info: Info) => ({
  manufacturer_id: info.manufacturerId,
  product_id: info.productId,
  firmware: firmwareOf(info),
  ipmi_version: info.ipmiVersion,
  device_id: info.deviceId,
  device_revision: info.deviceRevision,
  available: info.available,
  cipher_suite: info.cipherSuite
})

export const info = Command.make(
  "info",
  { hosts: hostsArgument, ...targetFlags },
  Effect.fnUntraced(function* ({ hosts, ...flags }) {
    const targets = yield* readTargets(hosts, flags, "USER")
    const rows = yield* askEach(targets, flags.fanOut, (session) =>
      Effect.map(session.request(getDeviceId), (device): Info => ({
        ...device,
        cipherSuite: session.info().cipherSuite
      }))
    )
    yield* printRows(rows, toJson, columns)
  })
).pipe(Command.withDescription("Read maker, product and firmware of BMCs, and the cipher suite they agreed to"))
