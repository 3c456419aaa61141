/**
 * What a state (or event) offset means, in words: the generic event/reading types (IPMI 2.0 §42.1, table 42-2) and the
 * sensor-specific offsets (§42.2, table 42-3). Sensors and the event log speak from the same tables.
 */

/** Event/reading type codes (IPMI 2.0 §42.1, table 42-1). */
export const readingTypes = { threshold: 0x01, firstDiscrete: 0x02, lastDiscrete: 0x0c, sensorSpecific: 0x6f } as const

/** Reserved offsets are empty and told by number. */
const reserved = ""

/** By event/reading type. A threshold's offsets are those of its events. */
const generic: ReadonlyMap<number, ReadonlyArray<string>> = new Map([
  [
    0x01,
    [
      "lower non-critical, going low",
      "lower non-critical, going high",
      "lower critical, going low",
      "lower critical, going high",
      "lower non-recoverable, going low",
      "lower non-recoverable, going high",
      "upper non-critical, going low",
      "upper non-critical, going high",
      "upper critical, going low",
      "upper critical, going high",
      "upper non-recoverable, going low",
      "upper non-recoverable, going high"
    ]
  ],
  [0x02, ["idle", "active", "busy"]],
  [0x03, ["deasserted", "asserted"]],
  [0x04, ["no failure predicted", "failure predicted"]],
  [0x05, ["limit not exceeded", "limit exceeded"]],
  [0x06, ["performance met", "performance lags"]],
  [
    0x07,
    [
      "ok",
      "non-critical, from ok",
      "critical, from less severe",
      "non-recoverable, from less severe",
      "non-critical, from more severe",
      "critical, from non-recoverable",
      "non-recoverable",
      "monitor",
      "informational"
    ]
  ],
  [0x08, ["absent", "present"]],
  [0x09, ["disabled", "enabled"]],
  [
    0x0a,
    ["running", "in test", "power off", "on line", "off line", "off duty", "degraded", "power save", "install error"]
  ],
  [
    0x0b,
    [
      "fully redundant",
      "redundancy lost",
      "redundancy degraded",
      "not redundant, sufficient resources, from redundant",
      "not redundant, sufficient resources, from insufficient",
      "not redundant, insufficient resources",
      "redundancy degraded, from fully redundant",
      "redundancy degraded, from not redundant"
    ]
  ],
  [0x0c, ["D0", "D1", "D2", "D3"]]
])

/** By sensor type, for the event/reading type 0x6F. */
const specific: ReadonlyMap<number, ReadonlyArray<string>> = new Map([
  [
    0x05,
    [
      "chassis intrusion",
      "drive bay intrusion",
      "I/O card area intrusion",
      "processor area intrusion",
      "LAN leash lost",
      "unauthorized dock",
      "fan area intrusion"
    ]
  ],
  [
    0x06,
    [
      "front panel lockout violation attempted",
      "wrong user password before boot",
      "wrong setup password before boot",
      "wrong network boot password before boot",
      "other wrong password before boot",
      "wrong password out of band"
    ]
  ],
  [
    0x07,
    [
      "internal error (IERR)",
      "thermal trip",
      "self test failed (FRB1/BIST)",
      "hung in POST (FRB2)",
      "startup failed (FRB3)",
      "configuration error",
      "uncorrectable error (SM BIOS)",
      "present",
      "disabled",
      "terminator present",
      "throttled",
      "machine check exception",
      "correctable machine check"
    ]
  ],
  [
    0x08,
    [
      "present",
      "failed",
      "failure predicted",
      "input lost",
      "input lost or out of range",
      "input out of range",
      "configuration error",
      "standby"
    ]
  ],
  [
    0x09,
    [
      "power off",
      "power cycle",
      "240 VA power down",
      "interlock power down",
      "input lost",
      "soft power control failed",
      "failed",
      "failure predicted"
    ]
  ],
  [
    0x0c,
    [
      "correctable ECC",
      "uncorrectable ECC",
      "parity error",
      "scrub failed",
      "device disabled",
      "correctable ECC logging limit reached",
      "present",
      "configuration error",
      "spare",
      "throttled",
      "critical overtemperature"
    ]
  ],
  [
    0x0d,
    [
      "present",
      "fault",
      "failure predicted",
      "hot spare",
      "consistency check in progress",
      "in critical array",
      "in failed array",
      "rebuild in progress",
      "rebuild aborted"
    ]
  ],
  [0x0f, ["firmware error", "firmware hang", "firmware progress"]],
  [
    0x10,
    [
      "correctable memory error logging disabled",
      "event type logging disabled",
      "log cleared",
      "all event logging disabled",
      "log full",
      "log almost full",
      "correctable machine check logging disabled"
    ]
  ],
  [
    0x11,
    [
      "BIOS watchdog reset",
      "OS watchdog reset",
      "OS watchdog shutdown",
      "OS watchdog power down",
      "OS watchdog power cycle",
      "OS watchdog diagnostic interrupt",
      "OS watchdog expired",
      "OS watchdog pre-timeout interrupt"
    ]
  ],
  [
    0x12,
    [
      "system reconfigured",
      "OEM system boot",
      "undetermined hardware failure",
      "entry added to auxiliary log",
      "PEF action",
      "clock synchronization"
    ]
  ],
  [
    0x13,
    [
      "front panel diagnostic interrupt",
      "bus timeout",
      "I/O channel check",
      "software NMI",
      "PCI PERR",
      "PCI SERR",
      "EISA fail-safe timeout",
      "correctable bus error",
      "uncorrectable bus error",
      "fatal NMI",
      "fatal bus error",
      "bus degraded"
    ]
  ],
  [
    0x14,
    [
      "power button pressed",
      "sleep button pressed",
      "reset button pressed",
      "FRU latch open",
      "FRU service button pressed"
    ]
  ],
  [0x19, ["soft power control failed", "thermal trip"]],
  [0x1b, ["connected", "wrong cable connected"]],
  [
    0x1d,
    [
      "by power up",
      "by hard reset",
      "by warm reset",
      "PXE boot requested by user",
      "automatic boot to diagnostics",
      "hard reset by software",
      "warm reset by software",
      "system restart"
    ]
  ],
  [
    0x1e,
    [
      "no bootable media",
      "non-bootable diskette in drive",
      "PXE server not found",
      "invalid boot sector",
      "timeout waiting for choice of boot source"
    ]
  ],
  [
    0x1f,
    [
      "booted from A:",
      "booted from C:",
      "booted by PXE",
      "booted diagnostics",
      "booted from CD-ROM",
      "booted from ROM",
      "booted",
      "installation started",
      "installation completed",
      "installation aborted",
      "installation failed"
    ]
  ],
  [
    0x20,
    [
      "critical stop while loading",
      "critical stop at run time",
      "graceful stop",
      "graceful shutdown",
      "soft shutdown by PEF",
      "agent not responding"
    ]
  ],
  [
    0x21,
    [
      "fault",
      "identify",
      "device installed",
      "ready for installation",
      "ready for removal",
      "power off",
      "removal requested",
      "interlock",
      "disabled",
      "holds spare device"
    ]
  ],
  [
    0x22,
    [
      "S0/G0 working",
      "S1 sleeping, context kept",
      "S2 sleeping, processor context lost",
      "S3 sleeping, memory kept",
      "S4 suspended to disk",
      "S5/G2 soft-off",
      "S4 or S5 soft-off",
      "G3 mechanical off",
      "sleeping in S1, S2 or S3",
      "G1 sleeping",
      "S5 by override",
      "legacy on",
      "legacy off",
      reserved,
      "unknown"
    ]
  ],
  [
    0x23,
    ["expired", "hard reset", "power down", "power cycle", reserved, reserved, reserved, reserved, "timer interrupt"]
  ],
  [0x24, ["page sent", "LAN alert sent", "platform event trap sent", "SNMP trap sent"]],
  [0x25, ["present", "absent", "disabled"]],
  [0x27, ["heartbeat lost", "heartbeat"]],
  [
    0x28,
    [
      "sensor access degraded",
      "controller access degraded",
      "controller off-line",
      "controller unavailable",
      "sensor failed",
      "FRU failed"
    ]
  ],
  [0x29, ["low", "failed", "present"]],
  [
    0x2a,
    ["session activated", "session deactivated", "invalid user name or password", "user disabled by wrong passwords"]
  ],
  [
    0x2b,
    [
      "hardware change detected",
      "firmware change detected",
      "hardware incompatible",
      "firmware incompatible",
      "hardware version unsupported",
      "firmware version unsupported",
      "hardware change succeeded",
      "firmware change succeeded"
    ]
  ],
  [
    0x2c,
    [
      "not installed",
      "inactive",
      "activation requested",
      "activating",
      "active",
      "deactivation requested",
      "deactivating",
      "communication lost"
    ]
  ]
])

/** The meaning of offset 0 to 14 of a sensor's state or event; what the tables don't name (OEM types too) by number. */
export const stateWord = (readingType: number, sensorType: number, offset: number): string =>
  (readingType === readingTypes.sensorSpecific ? specific.get(sensorType) : generic.get(readingType))?.[offset] ||
  `state ${offset}`
