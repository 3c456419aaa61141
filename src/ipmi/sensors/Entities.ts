/** What part of the server a sensor or FRU belongs to, in words: entity ids (IPMI 2.0 §43.14, table 43-13). */

/** In the order of their numbers, from 0x00; 0x36 is reserved. */
const names: ReadonlyArray<string> = [
  "unspecified",
  "other",
  "unknown",
  "processor",
  "disk",
  "peripheral bay",
  "system management module",
  "system board",
  "memory module",
  "processor module",
  "power supply",
  "add-in card",
  "front panel board",
  "back panel board",
  "power system board",
  "drive backplane",
  "internal expansion board",
  "other system board",
  "processor board",
  "power unit",
  "power module",
  "power distribution board",
  "chassis back panel board",
  "system chassis",
  "sub-chassis",
  "other chassis board",
  "disk drive bay",
  "peripheral bay",
  "device bay",
  "fan",
  "cooling unit",
  "cable",
  "memory device",
  "system management software",
  "system firmware",
  "operating system",
  "system bus",
  "group",
  "remote management device",
  "external environment",
  "battery",
  "processing blade",
  "connectivity switch",
  "processor and memory module",
  "I/O module",
  "processor and I/O module",
  "management controller firmware",
  "IPMI channel",
  "PCI bus",
  "PCI Express bus",
  "SCSI bus",
  "SATA/SAS bus",
  "front-side bus",
  "real time clock",
  "reserved",
  "air inlet"
]

/** DCMI 1.5 §5.2, table 5-1: the same parts under numbers of its own. */
const dcmiNames: ReadonlyMap<number, string> = new Map([
  [0x40, "air inlet"],
  [0x41, "processor"],
  [0x42, "baseboard"]
])

const nameOf = (id: number): string => {
  const name = names[id] ?? dcmiNames.get(id)
  if (name !== undefined) return name
  if (id >= 0x90 && id <= 0xaf) return `chassis part ${id - 0x90}`
  if (id >= 0xb0 && id <= 0xcf) return `board part ${id - 0xb0}`
  if (id >= 0xd0) return `OEM part ${id - 0xd0}`
  return `entity 0x${id.toString(16)}`
}

/**
 * `power supply 2`. Instances from 0x60 are relative to the device that the record is of, and count from 0x60
 * (IPMI 2.0 §43.1).
 */
export const entityName = (id: number, instance: number): string => {
  const number = instance & 0x7f
  return `${nameOf(id)} ${number >= 0x60 ? number - 0x60 : number}`
}
