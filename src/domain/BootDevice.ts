/** From where a server starts next, in Ironic's words. */
import * as Schema from "effect/Schema"

export const BootDevice = Schema.Literals(["pxe", "disk", "cdrom", "bios", "safe"])
export type BootDevice = typeof BootDevice.Type

export class BootTarget extends Schema.Class<BootTarget>("BootTarget")({
  /** Null: none was asked for, or one that has no name here. */
  device: Schema.NullOr(BootDevice),
  /** For every start from now on; else for the next only. */
  persistent: Schema.Boolean,
  uefi: Schema.Boolean
}) {}
