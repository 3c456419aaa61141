/**
 * What a node says of how its boot device is to be set, beside the device: Ironic's `ipmi_disable_boot_timeout` and the
 * capability `boot_mode`. Pure.
 */
import type { Node } from "./Node.ts"

export interface BootSettings {
  /** The boot flags are for UEFI, as Ironic has it where nothing is said; else for the legacy BIOS. */
  readonly uefi: boolean
  /** The device is not to be dropped when the machine isn't started within 60 s; some BMCs reject being told so. */
  readonly keepThroughTimeout: boolean
}

export const bootSettingsOf = ({ driverInfo, properties }: Pick<Node, "driverInfo" | "properties">): BootSettings => ({
  uefi: bootModeOf(properties["capabilities"]) !== "bios",
  keepThroughTimeout: !isFalse(driverInfo.settings["ipmi_disable_boot_timeout"])
})

/** `boot_mode:bios,other:1` as Ironic writes capabilities, or an object. */
const bootModeOf = (capabilities: unknown): unknown => {
  if (typeof capabilities === "string") return /(?:^|,)\s*boot_mode:\s*(\w+)/.exec(capabilities)?.[1]
  return typeof capabilities === "object" && capabilities !== null && "boot_mode" in capabilities
    ? capabilities.boot_mode
    : undefined
}

const isFalse = (value: unknown): boolean =>
  value === false || (typeof value === "string" && /^(?:false|f|no|n|off|0)$/i.test(value))
