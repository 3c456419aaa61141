/**
 * Supermicro's boards start from the disk in UEFI mode for device number 9 (0x24 in the byte on the wire), which by the
 * specification is the primary remote medium, and not for number 2.
 *
 * Sources: OpenStack Ironic, `drivers/modules/ipmitool.py` (`set_boot_device`, StoryBoard 2008241), and metal-stack's go-hal,
 * `GetBootOrderQualifiers`, which has it from Supermicro's own SMCIPMITool. Enterprise numbers: 10876, and 47488 of boards
 * with the bytes in another order (FreeIPMI, `IPMI_IANA_ENTERPRISE_ID_SUPERMICRO_WORKAROUND`).
 */
import type { BootQuirk } from "./Quirk.ts"

const supermicro: ReadonlySet<number> = new Set([10_876, 47_488])

export const supermicroUefiDisk: BootQuirk = {
  name: "supermicro-uefi-disk",
  appliesTo: ({ manufacturerId }) => supermicro.has(manufacturerId),
  write: (flags) => (flags.uefi && flags.device === "disk" ? { ...flags, device: "remote-media" } : undefined),
  read: (flags) => (flags.uefi && flags.device === "remote-media" ? { ...flags, device: "disk" } : undefined)
}
