/** Which fields an update really changes: for the journal, in Ironic's words and without any value. Pure. */
import * as Equal from "effect/Equal"
import type { Node } from "../domain/Node.ts"
import type { NodeChanges } from "../store/NodeStore.ts"

const fields: ReadonlyArray<readonly [keyof NodeChanges, string]> = [
  ["name", "name"],
  ["driver", "driver"],
  ["properties", "properties"],
  ["extra", "extra"],
  ["conductorGroup", "conductor_group"],
  ["owner", "owner"],
  ["description", "description"],
  ["resourceClass", "resource_class"],
  ["chassisId", "chassis_uuid"],
  ["traits", "traits"],
  ["protected", "protected"],
  ["protectedReason", "protected_reason"],
  ["retired", "retired"],
  ["retiredReason", "retired_reason"],
  ["disablePowerOff", "disable_power_off"],
  ["operatorMaintenance", "maintenance"],
  ["maintenanceReason", "maintenance_reason"]
]

export const changedFields = (node: Node, changes: NodeChanges): ReadonlyArray<string> => [
  ...fields.flatMap(([key, name]) => (key in changes && !Equal.equals(node[key], changes[key]) ? [name] : [])),
  ...changedDriverInfo(node, changes)
]

const changedDriverInfo = (node: Node, { driverInfo }: NodeChanges): ReadonlyArray<string> => {
  if (driverInfo === undefined) return []
  const before = { ...node.driverInfo.settings, ...node.driverInfo.secrets }
  const after = { ...driverInfo.settings, ...driverInfo.secrets }
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return Array.from(keys).flatMap((key) => (Equal.equals(before[key], after[key]) ? [] : [`driver_info.${key}`]))
}
