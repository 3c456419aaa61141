/** Options that a conductor group may have its own value of, as they are at this moment. */
import * as Duration from "effect/Duration"
import type { SyncRules } from "../domain/PowerSync.ts"
import type { ConductorOptions } from "./ConductorConfig.ts"

/** What power sync may do to nodes of this group. */
export const syncRulesOf = (config: ConductorOptions, group: string): SyncRules => ({
  maxRetries: config.powerStateSyncMaxRetries,
  force: config.forcePowerStateDuringSyncByGroup.get(group) ?? config.forcePowerStateDuringSync,
  observeOnly: config.observeOnlyByGroup.get(group) ?? config.observeOnly
})

/** Whether the sensors of this group's nodes are read. */
export const readsSensorsOf = (config: ConductorOptions, group: string): boolean =>
  config.sendSensorDataByGroup.get(group) ?? config.sendSensorData

/** How old an observation of this group's nodes may be to count as fresh: two spacings of power sync, if nobody set it. */
export const maximumAgeMillisOf = (config: ConductorOptions, group: string): number => {
  const set = Duration.toMillis(config.maximumAgeByGroup.get(group) ?? config.maximumAge)
  return set === 0 ? 2 * Duration.toMillis(config.syncPowerStateInterval) : set
}
