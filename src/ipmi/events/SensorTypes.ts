/**
 * Sensor types, and what each offset of a sensor-specific event (event/reading type 6Fh) means (IPMI 2.0 §42.2,
 * table 42-3). Sensors and the event log share these words. Types 00h and C0h to FFh have no offsets of the standard's.
 */

interface SensorType {
  readonly name: string
  /** By offset, from 0; an empty string is an offset that the specification leaves out. */
  readonly offsets: ReadonlyArray<string>
}

const type = (name: string, ...offsets: ReadonlyArray<string>): SensorType => ({ name, offsets })

/** By number, from 0. */
const sensorTypes: ReadonlyArray<SensorType> = [
  type("Reserved"),
  type("Temperature"),
  type("Voltage"),
  type("Current"),
  type("Fan"),
  type(
    "Physical Security",
    "general chassis intrusion",
    "drive bay intrusion",
    "I/O card area intrusion",
    "processor area intrusion",
    "LAN leash lost",
    "unauthorized dock",
    "fan area intrusion"
  ),
  type(
    "Platform Security",
    "front panel lockout violation",
    "pre-boot user password violation",
    "pre-boot setup password violation",
    "pre-boot network boot password violation",
    "other pre-boot password violation",
    "out-of-band access password violation"
  ),
  type(
    "Processor",
    "IERR",
    "thermal trip",
    "FRB1/BIST failure",
    "FRB2/hang in POST",
    "FRB3/processor startup failure",
    "configuration error",
    "uncorrectable CPU-complex error",
    "presence detected",
    "disabled",
    "terminator presence detected",
    "automatically throttled",
    "machine check exception",
    "correctable machine check error"
  ),
  type(
    "Power Supply",
    "presence detected",
    "failure detected",
    "predictive failure",
    "input lost (AC/DC)",
    "input lost or out of range",
    "input out of range, but present",
    "configuration error",
    "inactive"
  ),
  type(
    "Power Unit",
    "power off/down",
    "power cycle",
    "240VA power down",
    "interlock power down",
    "AC lost",
    "soft power control failure",
    "failure detected",
    "predictive failure"
  ),
  type("Cooling Device"),
  type("Other Units-based Sensor"),
  type(
    "Memory",
    "correctable ECC",
    "uncorrectable ECC",
    "parity",
    "memory scrub failed",
    "memory device disabled",
    "correctable ECC logging limit reached",
    "presence detected",
    "configuration error",
    "spare",
    "automatically throttled",
    "critical overtemperature"
  ),
  type(
    "Drive Slot",
    "drive present",
    "drive fault",
    "predictive failure",
    "hot spare",
    "consistency check in progress",
    "in critical array",
    "in failed array",
    "rebuild in progress",
    "rebuild aborted"
  ),
  type("POST Memory Resize"),
  type("System Firmware Progress", "firmware error", "firmware hang", "firmware progress"),
  type(
    "Event Logging Disabled",
    "correctable memory error logging disabled",
    "event logging disabled",
    "log area cleared",
    "all event logging disabled",
    "log full",
    "log almost full",
    "correctable machine check error logging disabled"
  ),
  type(
    "Watchdog 1",
    "BIOS reset",
    "OS reset",
    "OS shut down",
    "OS power down",
    "OS power cycle",
    "OS NMI/diagnostic interrupt",
    "OS expired",
    "OS pre-timeout interrupt"
  ),
  type(
    "System Event",
    "system reconfigured",
    "OEM system boot event",
    "undetermined system hardware failure",
    "entry added to auxiliary log",
    "PEF action",
    "timestamp clock synchronized"
  ),
  type(
    "Critical Interrupt",
    "front panel NMI/diagnostic interrupt",
    "bus timeout",
    "I/O channel check NMI",
    "software NMI",
    "PCI PERR",
    "PCI SERR",
    "EISA failsafe timeout",
    "bus correctable error",
    "bus uncorrectable error",
    "fatal NMI",
    "bus fatal error",
    "bus degraded"
  ),
  type(
    "Button/Switch",
    "power button pressed",
    "sleep button pressed",
    "reset button pressed",
    "FRU latch open",
    "FRU service request button"
  ),
  type("Module/Board"),
  type("Microcontroller/Coprocessor"),
  type("Add-in Card"),
  type("Chassis"),
  type("Chip Set", "soft power control failure", "thermal trip"),
  type("Other FRU"),
  type("Cable/Interconnect", "connected", "configuration error"),
  type("Terminator"),
  type(
    "System Boot/Restart Initiated",
    "initiated by power up",
    "initiated by hard reset",
    "initiated by warm reset",
    "user requested PXE boot",
    "automatic boot to diagnostic",
    "OS initiated hard reset",
    "OS initiated warm reset",
    "system restart"
  ),
  type(
    "Boot Error",
    "no bootable media",
    "non-bootable disk in drive",
    "PXE server not found",
    "invalid boot sector",
    "timeout waiting for selection"
  ),
  type(
    "Base OS Boot/Installation",
    "A: boot completed",
    "C: boot completed",
    "PXE boot completed",
    "diagnostic boot completed",
    "CD-ROM boot completed",
    "ROM boot completed",
    "boot completed, device not specified",
    "installation started",
    "installation completed",
    "installation aborted",
    "installation failed"
  ),
  type(
    "OS Stop/Shutdown",
    "stop during load/initialization",
    "run-time stop",
    "graceful stop",
    "graceful shutdown",
    "soft shutdown by PEF",
    "agent not responding"
  ),
  type(
    "Slot/Connector",
    "fault status",
    "identify status",
    "device installed",
    "ready for device installation",
    "ready for device removal",
    "slot power is off",
    "device removal request",
    "interlock",
    "slot disabled",
    "spare device"
  ),
  type(
    "System ACPI Power State",
    "S0/G0: working",
    "S1: sleeping, hardware and processor context maintained",
    "S2: sleeping, processor context lost",
    "S3: sleeping, memory retained",
    "S4: suspend to disk",
    "S5/G2: soft-off",
    "S4/S5: soft-off",
    "G3: mechanical off",
    "sleeping in S1, S2 or S3",
    "G1: sleeping",
    "S5: entered by override",
    "legacy on state",
    "legacy off state",
    "",
    "unknown"
  ),
  type(
    "Watchdog 2",
    "timer expired",
    "hard reset",
    "power down",
    "power cycle",
    "",
    "",
    "",
    "",
    "timer interrupt"
  ),
  type(
    "Platform Alert",
    "platform generated page",
    "platform generated LAN alert",
    "platform event trap generated",
    "platform generated SNMP trap"
  ),
  type("Entity Presence", "present", "absent", "disabled"),
  type("Monitor ASIC/IC"),
  type("LAN", "heartbeat lost", "heartbeat"),
  type(
    "Management Subsystem Health",
    "sensor access degraded or unavailable",
    "controller access degraded or unavailable",
    "controller offline",
    "controller unavailable",
    "sensor failure",
    "FRU failure"
  ),
  type("Battery", "low", "failed", "presence detected"),
  type("Session Audit", "session activated", "session deactivated", "invalid user name or password", "invalid password disable"),
  type(
    "Version Change",
    "hardware change detected",
    "firmware or software change detected",
    "hardware incompatibility detected",
    "firmware or software incompatibility detected",
    "invalid or unsupported hardware version",
    "invalid or unsupported firmware or software version",
    "hardware change successful",
    "firmware or software change successful"
  ),
  type(
    "FRU State",
    "not installed",
    "inactive",
    "activation requested",
    "activation in progress",
    "active",
    "deactivation requested",
    "deactivation in progress",
    "communication lost"
  )
]

const firstOem = 0xc0

/** In words; a number without a name as it is. */
export const sensorTypeName = (number: number): string =>
  sensorTypes[number]?.name ?? `${number >= firstOem ? "OEM" : "Unknown"} sensor type 0x${hexByte(number)}`

/** What an offset of a sensor-specific event means; undefined where the specification has no word for it. */
export const sensorSpecificOffset = (sensorType: number, offset: number): string | undefined =>
  sensorTypes[sensorType]?.offsets[offset] || undefined

const hexByte = (number: number): string => number.toString(16).padStart(2, "0")
