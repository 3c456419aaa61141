/** A FRU inventory in words: chassis types, kinds of multi-records, fields as text. */
import type { FruField } from "./FruText.ts"

/** System enclosure types (SMBIOS 3.7 §7.4.1, table 17), by number from 1. */
const chassisTypes: ReadonlyArray<string> = [
  "other",
  "unknown",
  "desktop",
  "low profile desktop",
  "pizza box",
  "mini tower",
  "tower",
  "portable",
  "laptop",
  "notebook",
  "hand held",
  "docking station",
  "all in one",
  "sub notebook",
  "space-saving",
  "lunch box",
  "main server chassis",
  "expansion chassis",
  "sub chassis",
  "bus expansion chassis",
  "peripheral chassis",
  "RAID chassis",
  "rack mount chassis",
  "sealed-case PC",
  "multi-system chassis",
  "compact PCI",
  "advanced TCA",
  "blade",
  "blade enclosure",
  "tablet",
  "convertible",
  "detachable",
  "IoT gateway",
  "embedded PC",
  "mini PC",
  "stick PC"
]

export const chassisTypeName = (number: number): string => chassisTypes[number - 1] ?? `chassis type ${number}`

/** FRU §16.1, table 16-2. */
const multiRecordTypes: ReadonlyArray<string> = [
  "power supply information",
  "DC output",
  "DC load",
  "management access",
  "base compatibility",
  "extended compatibility",
  "ASF fixed SMBus device",
  "ASF legacy-device alerts",
  "ASF remote control",
  "extended DC output",
  "extended DC load"
]

const firstOemRecord = 0xc0

export const multiRecordName = (type: number): string =>
  multiRecordTypes[type] ??
  (type >= firstOemRecord ? `OEM record 0x${type.toString(16)}` : `record type 0x${type.toString(16).padStart(2, "0")}`)

/** Blanks at the ends are padding; binary fields as hexadecimal; undefined and empty are the same to a reader. */
export const fieldText = (field: FruField | undefined): string | undefined => {
  if (field === undefined) return undefined
  const text = field.encoding === "binary" ? Buffer.from(field.bytes).toString("hex") : trimmed(field.text)
  return text === "" ? undefined : text
}

/** NUL pads too. */
const trimmed = (text: string): string => text.replaceAll("\0", " ").trim()
