/**
 * A node as Tutti's own API shows it. Pure. Written by hand rather than by a schema's encoder, since a listing of the
 * fleet makes ten thousand of them in one answer; the tests decode what comes out with the contract's schemas.
 * No secret leaves: what is sealed is shown as `******`.
 */
import * as DateTime from "effect/DateTime"
import type * as Schema from "effect/Schema"
import type { GovernorState } from "../bmc/BmcGovernor.ts"
import type { NodeDetail, NodeSummary } from "../api/NodesApi.ts"
import type { LockHolder } from "../conductor/NodeLock.ts"
import { HIDDEN_SECRET } from "../domain/DriverInfoRules.ts"
import { ageMillis, formatMillis, inMaintenance, type Node, type NodeRecord, rackOf } from "../domain/Node.ts"
import type { Outlook } from "../domain/Outlook.ts"
import { toMicros } from "./TaskViews.ts"

type JsonObject = { readonly [key: string]: Schema.Json }

export const toSummary = ({ node, observation }: NodeRecord, nowMillis: number): NodeSummary => {
  const age = ageMillis(observation, nowMillis)
  return {
    uuid: node.id,
    name: node.name,
    driver: node.driver,
    power_state: observation.power,
    desired_power_state: node.desiredPower,
    target_power_state: node.pendingPower?.action ?? null,
    observed_at: observation.observedAtMillis === null ? null : formatMillis(observation.observedAtMillis),
    age_seconds: age === null ? null : age / 1000,
    maintenance: inMaintenance(node),
    maintenance_reason: maintenanceReason(node),
    fault: node.fault,
    fault_reason: node.faultReason,
    last_error: node.lastError,
    provision_state: node.provisionState,
    rack: rackOf(node),
    conductor_group: node.conductorGroup
  }
}

export const toDetail = (
  record: NodeRecord,
  nowMillis: number,
  context: {
    readonly governor: GovernorState | null
    readonly lock: LockHolder | null
    readonly outlook: Outlook
    /** MAC addresses. */
    readonly ports: ReadonlyArray<string> | null
  }
): NodeDetail => {
  const { node, observation } = record
  return {
    ...toSummary(record, nowMillis),
    driver_info: shownDriverInfo(node),
    properties: node.properties,
    extra: node.extra,
    owner: node.owner,
    description: node.description,
    resource_class: node.resourceClass,
    chassis_uuid: node.chassisId,
    traits: node.traits,
    ports: context.ports,
    protected: node.protected,
    protected_reason: node.protectedReason,
    retired: node.retired,
    retired_reason: node.retiredReason,
    disable_power_off: node.disablePowerOff,
    operator_maintenance: node.operatorMaintenance,
    fault_at: formatOrNull(node.faultAt),
    read_failures: observation.failures,
    target_requested_at: formatOrNull(node.pendingPower?.requestedAt ?? null),
    target_provision_state: node.targetProvisionState,
    provision_updated_at: formatOrNull(node.provisionUpdatedAt),
    inspection_started_at: formatOrNull(node.inspectionStartedAt),
    inspection_finished_at: formatOrNull(node.inspectionFinishedAt),
    lock: context.lock === null ? null : toLockView(context.lock),
    governor: context.governor === null ? null : toGovernorView(context.governor),
    next: context.outlook.next.map(({ atMillis, what }) => ({ what, at: formatMillis(atMillis) })),
    blocked: context.outlook.blocked.map(({ by, untilMillis, what }) => ({
      what,
      by,
      until: untilMillis === null ? null : formatMillis(untilMillis)
    })),
    version: node.version,
    credential_version: node.credentialVersion,
    created_at: DateTime.formatIso(node.createdAt),
    updated_at: formatOrNull(node.updatedAt)
  }
}

const toLockView = ({
  expiresAtMillis,
  holder,
  purpose,
  sinceMillis
}: LockHolder): NonNullable<NodeDetail["lock"]> => ({
  holder,
  purpose,
  since: formatMillis(sinceMillis),
  expires: formatMillis(expiresAtMillis)
})

/** `driver_info` with every secret hidden. */
export const shownDriverInfo = (node: Node): JsonObject => {
  const shown: Record<string, Schema.Json> = { ...node.driverInfo.settings }
  for (const key of Object.keys(node.driverInfo.secrets)) shown[key] = HIDDEN_SECRET
  return shown
}

/** An operator's reason; at a fault without one, what went wrong. */
export const maintenanceReason = (node: Node): string | null =>
  node.maintenanceReason ?? (node.fault === null ? null : node.lastError)

/** A line of an import that would make this node again, once its secrets are filled in. */
export const toImportLine = (node: Node): JsonObject => ({
  uuid: node.id,
  ...(node.name === null ? {} : { name: node.name }),
  driver: node.driver,
  driver_info: node.driverInfo.settings,
  properties: node.properties,
  ...(Object.keys(node.extra).length === 0 ? {} : { extra: node.extra }),
  ...(node.conductorGroup === "" ? {} : { conductor_group: node.conductorGroup }),
  ...(node.owner === null ? {} : { owner: node.owner }),
  ...(node.description === null ? {} : { description: node.description }),
  ...(node.resourceClass === null ? {} : { resource_class: node.resourceClass }),
  ...(node.chassisId === null ? {} : { chassis_uuid: node.chassisId }),
  ...(node.traits.length === 0 ? {} : { traits: node.traits }),
  ...(node.protected ? { protected: true, protected_reason: node.protectedReason } : {}),
  ...(node.retired ? { retired: true, retired_reason: node.retiredReason } : {}),
  ...(node.disablePowerOff ? { disable_power_off: true } : {}),
  ...(node.operatorMaintenance ? { maintenance: true, maintenance_reason: node.maintenanceReason } : {})
})

const toGovernorView = (state: GovernorState): NonNullable<NodeDetail["governor"]> => ({
  breaker: state.breaker,
  next_probe_at: state.nextProbeAtMillis === null ? null : formatMillis(state.nextProbeAtMillis),
  consecutive_failures: state.consecutiveFailures,
  last_failure: state.lastFailure,
  authentication_failures: state.authenticationFailures,
  quiet: state.quiet,
  in_flight: state.inFlight,
  waiting: state.waiting,
  cipher_suite: state.cipherSuite,
  quirks: state.quirks,
  round_trip_millis: state.roundTripMillis === null ? null : toMicros(state.roundTripMillis)
})

const formatOrNull = (at: DateTime.Utc | null): string | null => (at === null ? null : DateTime.formatIso(at))
