import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { readBootFlags, setBootFlags } from "../../ipmi/chassis/BootDevice.ts"
import { bootDevices, bootDeviceWords, type BootFlags, noBootFlags } from "../../ipmi/commands/BootFlags.ts"
import type { Column } from "../Output.ts"
import { askEach, printRows } from "./fanOut.ts"
import { hostsArgument, readTargets, targetFlags } from "./target.ts"

const forHowLong = (flags: BootFlags): string =>
  !flags.valid ? "not in force" : flags.persistent ? "every start" : "next start"

const columns: ReadonlyArray<Column<BootFlags>> = [
  { title: "BOOT DEVICE", cell: (flags) => bootDeviceWords(flags.device) },
  { title: "MODE", cell: (flags) => (flags.uefi ? "UEFI" : "legacy") },
  { title: "FOR", cell: forHowLong }
]

const toJson = (flags: BootFlags) => ({
  boot_device: bootDeviceWords(flags.device),
  uefi: flags.uefi,
  valid: flags.valid,
  persistent: flags.persistent,
  clear_cmos: flags.clearCmos
})

const flag = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

export const bootdev = Command.make(
  "bootdev",
  {
    device: Argument.Literals("device", ["show", ...bootDevices]).pipe(
      Argument.withDescription(`show, or one of ${bootDevices.join(", ")}`)
    ),
    hosts: hostsArgument,
    persistent: flag("persistent", "For every start from now on, not for the next only"),
    uefi: flag("uefi", "Start in UEFI mode (without it: legacy mode)"),
    noTimeout: flag("no-timeout", "Ask the BMC to keep it longer than 60 s if the server isn't started by then"),
    clearCmos: flag("clear-cmos", "Let the firmware forget its settings, too"),
    ...targetFlags
  },
  Effect.fnUntraced(function* ({ clearCmos, device, hosts, noTimeout, persistent, uefi, ...flags }) {
    const targets = yield* readTargets(hosts, flags, "OPERATOR")
    const rows = yield* askEach(targets, flags.fanOut, (session) => {
      if (device === "show") return readBootFlags(session)
      // "none" takes back what was asked for; nothing of it is to be in force.
      const wanted: BootFlags = { ...noBootFlags, valid: device !== "none", persistent, uefi, device, clearCmos }
      return Effect.as(setBootFlags(session, wanted, { keepThroughTimeout: noTimeout }), wanted)
    })
    yield* printRows(rows, toJson, columns)
  })
).pipe(
  Command.withDescription("Show or choose from where servers start next"),
  Command.withExamples([
    { command: "tutti ipmi bootdev pxe --uefi 'rack[01-16]-bmc'", description: "The network, at the next start" },
    { command: "tutti ipmi bootdev disk --persistent --uefi rack1-bmc", description: "The disk, from now on" }
  ])
)
