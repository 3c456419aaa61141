/**
 * Where sensor data records come from: the repository of the whole system (IPMI 2.0 §33), or the BMC's records of its own
 * sensors (§35.2 to §35.4), which have the same form under other command numbers.
 */
export type SdrSource = "repository" | "device"

export const sdrSources = {
  repository: { name: "SDR Repository", netFn: 0x0a, getCommand: 0x23 },
  device: { name: "Device SDR Repository", netFn: 0x04, getCommand: 0x21 }
} as const
