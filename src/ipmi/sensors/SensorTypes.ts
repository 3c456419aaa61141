/** What a sensor is about, in words: the sensor type codes (IPMI 2.0 §42.2, table 42-3). */

/** In the order of their codes, from 0x00. */
const names: ReadonlyArray<string> = [
  "reserved",
  "temperature",
  "voltage",
  "current",
  "fan",
  "physical security",
  "platform security",
  "processor",
  "power supply",
  "power unit",
  "cooling device",
  "other units",
  "memory",
  "drive bay",
  "POST memory resize",
  "system firmware",
  "event logging",
  "watchdog 1",
  "system event",
  "critical interrupt",
  "button",
  "module or board",
  "microcontroller",
  "add-in card",
  "chassis",
  "chip set",
  "other FRU",
  "cable",
  "terminator",
  "system restart",
  "boot error",
  "OS boot",
  "OS stop",
  "slot or connector",
  "ACPI power state",
  "watchdog 2",
  "platform alert",
  "entity presence",
  "monitor chip",
  "LAN",
  "management subsystem",
  "battery",
  "session audit",
  "version change",
  "FRU state"
]

const firstOem = 0xc0

/** Codes without a name are told by number. */
export const sensorTypeName = (type: number): string =>
  names[type] ?? (type >= firstOem ? `OEM type 0x${type.toString(16)}` : `type 0x${type.toString(16).padStart(2, "0")}`)
