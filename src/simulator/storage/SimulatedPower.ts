/** What a simulated server draws: its own share of a range while it is on, little while it is off, moving a bit with time. */
import type { PowerReading } from "../../ipmi/commands/GetPowerReading.ts"
import { u8 } from "../../ipmi/wire/bytes.ts"
import { decodeTimestamp } from "../../ipmi/wire/Timestamp.ts"

const offWatts = 8
const leastWatts = 180
const swing = 0.1
const swingMillis = 90_000
/** What the statistics are over; DCMI leaves it to the maker. */
const periodMillis = 60_000

export const simulatedPower = (
  guid: Uint8Array,
  poweredOn: boolean,
  nowMillis: number,
  unixSeconds: number
): PowerReading => {
  const usual = poweredOn ? leastWatts + u8(guid, 7) : offWatts
  const phase = u8(guid, 8) / 0x100 + nowMillis / swingMillis
  const watts = (share: number): number => Math.round(usual * (1 + swing * share))
  return {
    currentWatts: watts(Math.sin(2 * Math.PI * phase)),
    minimumWatts: watts(-1),
    maximumWatts: watts(1),
    averageWatts: usual,
    timestamp: decodeTimestamp(unixSeconds),
    periodMillis,
    active: true
  }
}
