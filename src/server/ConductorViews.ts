/** Conductors as Tutti's own API shows them. Pure. */
import type { Status } from "../api/ServiceApi.ts"
import type { KnownConductor } from "../conductor/Conductors.ts"
import { formatMillis } from "../domain/Node.ts"

export const toConductorView = (conductor: KnownConductor): Status["conductors"][number] => ({
  hostname: conductor.hostname,
  version: conductor.version,
  alive: conductor.alive,
  groups: conductor.groups,
  drivers: conductor.drivers,
  started_at: formatMillis(conductor.startedAtMillis),
  heartbeat_at: formatMillis(conductor.heartbeatAtMillis)
})
