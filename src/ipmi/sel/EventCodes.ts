/**
 * What the extension codes in an event's second and third data byte say, for the sensor types whose codes tell an operator
 * where to look (IPMI 2.0 §42.2, table 42-3, the lines of event data 2 and 3).
 */
import type { EventData } from "./EventData.ts"

const firmwareErrors: ReadonlyArray<string> = [
  "unspecified",
  "no memory installed",
  "no usable memory",
  "disk failed",
  "system board failed",
  "diskette subsystem failed",
  "disk controller failed",
  "keyboard failed",
  "no removable boot media",
  "video controller failed",
  "no video device",
  "firmware ROM corrupt",
  "processor voltage mismatch",
  "processor speed mismatch"
]

const firmwareProgress: ReadonlyArray<string> = [
  "unspecified",
  "memory initialization",
  "disk initialization",
  "secondary processor initialization",
  "user authentication",
  "setup entered by user",
  "USB configuration",
  "PCI configuration",
  "option ROM initialization",
  "video initialization",
  "cache initialization",
  "SM bus initialization",
  "keyboard controller initialization",
  "management controller initialization",
  "docking station attached",
  "docking station enabled",
  "docking station ejected",
  "docking station disabled",
  "OS wake-up vector called",
  "OS boot started",
  "baseboard initialization",
  "reserved",
  "floppy initialization",
  "keyboard test",
  "pointing device test",
  "primary processor initialization"
]

const restartCauses: ReadonlyArray<string> = [
  "unknown",
  "chassis control command",
  "reset button",
  "power button",
  "watchdog",
  "OEM",
  "restore policy: always on",
  "restore policy: previous state",
  "PEF reset",
  "PEF power cycle",
  "soft reset",
  "real time clock"
]

const watchdogUses: ReadonlyArray<string> = ["reserved", "BIOS FRB2", "BIOS/POST", "OS load", "SMS/OS", "OEM"]

const slotTypes: ReadonlyArray<string> = [
  "PCI slot",
  "drive",
  "external connector",
  "docking slot",
  "standard slot",
  "entity"
]

type Words = (data: EventData, position: 2 | 3) => string | undefined

const firmware: Words = ({ offset, second }, position) => {
  if (position === 3) return undefined
  return (offset === 0x00 ? firmwareErrors : firmwareProgress)[second.byte]
}

const memory: Words = ({ third }, position) => (position === 3 ? `module ${third.byte}` : undefined)

const restart: Words = ({ offset, second, third }, position) => {
  if (offset !== 0x07) return undefined
  return position === 2 ? restartCauses[second.byte & 0x0f] : `channel ${third.byte}`
}

const slot: Words = ({ second, third }, position) =>
  position === 2 ? slotTypes[second.byte & 0x7f] : `number ${third.byte}`

const watchdog: Words = ({ second }, position) => (position === 2 ? watchdogUses[second.byte & 0x0f] : undefined)

const sessionAudit: Words = ({ second, third }, position) =>
  position === 2 ? `user ${second.byte & 0x3f}` : `channel ${third.byte & 0x0f}`

const bySensorType: ReadonlyMap<number, Words> = new Map([
  [0x0c, memory],
  [0x0f, firmware],
  [0x1d, restart],
  [0x21, slot],
  [0x23, watchdog],
  [0x2a, sessionAudit]
])

/** Of the data byte at `position`; undefined where there is no word, and the number has to do. */
export const codeWords = (sensorType: number, data: EventData, position: 2 | 3): string | undefined =>
  bySensorType.get(sensorType)?.(data, position)
