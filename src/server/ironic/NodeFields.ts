/**
 * The fields of an Ironic node as data: the microversion that brought each, whether a plain list shows it, and its value.
 * Everything that shows a node in Ironic's API reads this table, so that no field is ever in one answer and not in another.
 * What Tutti has nothing to say about has the value of an Ironic node that does not use it.
 */
import * as DateTime from "effect/DateTime"
import type * as Schema from "effect/Schema"
import { inMaintenance, type Node, type NodeId, type NodeRecord, type ProvisionState } from "../../domain/Node.ts"
import type { PowerState, PowerTarget } from "../../domain/PowerState.ts"
import { maintenanceReason, shownDriverInfo } from "../NodeViews.ts"
import { INTERFACES, interfacesOf } from "./Drivers.ts"
import { links } from "./Links.ts"

/** What a value is made from, beside the node. */
export interface ViewContext {
  readonly minor: number
  readonly base: string
  readonly hostname: string
  /** Who holds the node's lock. */
  readonly reservation: (id: NodeId) => string | null
}

export interface NodeField {
  readonly name: string
  /** The minor version that brought it; below, it is not there. */
  readonly since: number
  /** Shown by a list that asks for no fields. */
  readonly listed?: true
  /** Lists can be sorted by it: its value is a text, a yes or no, or null. */
  readonly sortable?: true
  readonly value: (record: NodeRecord, context: ViewContext) => Schema.Json
}

/** At a fault the power state is not known, whatever was last read; Tutti's own API shows what that was, and when. */
export const shownPower = ({ node, observation }: NodeRecord): PowerState | null =>
  node.fault === null ? observation.power : null

/** The API's name of a provision state; one is another than everywhere else in Ironic. */
export const ironicState = (state: ProvisionState): string => (state === "deploy wait" ? "wait call-back" : state)

/** Below 1.2 a node that can be used has no provision state. */
export const shownProvisionState = ({ node }: NodeRecord, minor: number): string | null =>
  minor < 2 && node.provisionState === "available" ? null : ironicState(node.provisionState)

/** A diagnostic interrupt is no target: Ironic's clients would not know it. */
const targetPower = ({ pendingPower }: Node): PowerTarget | null =>
  pendingPower === null || pendingPower.action === "nmi" ? null : pendingPower.action

const none = (): null => null
const nothing = (): { readonly [key: string]: Schema.Json } => ({})
const subresource =
  (name: string) =>
  ({ node }: NodeRecord, { base }: ViewContext): Schema.Json =>
    links(base, `nodes/${node.id}/${name}`)

export const nodeFields: ReadonlyArray<NodeField> = [
  { name: "uuid", since: 1, listed: true, sortable: true, value: ({ node }) => node.id },
  { name: "name", since: 5, listed: true, sortable: true, value: ({ node }) => node.name },
  { name: "instance_uuid", since: 1, listed: true, value: none },
  { name: "power_state", since: 1, listed: true, sortable: true, value: shownPower },
  {
    name: "provision_state",
    since: 1,
    listed: true,
    sortable: true,
    value: (record, { minor }) => shownProvisionState(record, minor)
  },
  { name: "maintenance", since: 1, listed: true, sortable: true, value: ({ node }) => inMaintenance(node) },
  { name: "driver", since: 1, sortable: true, value: ({ node }) => node.driver },
  { name: "driver_info", since: 1, value: ({ node }) => shownDriverInfo(node) },
  { name: "properties", since: 1, value: ({ node }) => node.properties },
  { name: "extra", since: 1, value: ({ node }) => node.extra },
  { name: "instance_info", since: 1, value: nothing },
  { name: "chassis_uuid", since: 1, value: ({ node }) => node.chassisId },
  { name: "maintenance_reason", since: 1, value: ({ node }) => maintenanceReason(node) },
  { name: "target_power_state", since: 1, sortable: true, value: ({ node }) => targetPower(node) },
  { name: "target_provision_state", since: 1, value: ({ node }) => node.targetProvisionState },
  { name: "provision_updated_at", since: 1, value: ({ node }) => timeOrNull(node.provisionUpdatedAt) },
  { name: "last_error", since: 1, sortable: true, value: ({ node }) => node.lastError },
  { name: "reservation", since: 1, value: ({ node }, { reservation }) => reservation(node.id) },
  { name: "console_enabled", since: 1, value: () => false },
  { name: "created_at", since: 1, sortable: true, value: ({ node }) => formatTime(node.createdAt) },
  {
    name: "updated_at",
    since: 1,
    sortable: true,
    value: ({ node }) => (node.updatedAt === null ? null : formatTime(node.updatedAt))
  },
  { name: "ports", since: 1, value: subresource("ports") },
  { name: "driver_internal_info", since: 3, value: nothing },
  { name: "inspection_started_at", since: 6, value: ({ node }) => timeOrNull(node.inspectionStartedAt) },
  { name: "inspection_finished_at", since: 6, value: ({ node }) => timeOrNull(node.inspectionFinishedAt) },
  { name: "clean_step", since: 7, value: nothing },
  { name: "raid_config", since: 12, value: nothing },
  { name: "target_raid_config", since: 12, value: nothing },
  { name: "states", since: 14, value: subresource("states") },
  { name: "resource_class", since: 21, sortable: true, value: ({ node }) => node.resourceClass },
  { name: "portgroups", since: 24, value: subresource("portgroups") },
  ...INTERFACES.map(({ kind, since }): NodeField => ({
    name: `${kind}_interface`,
    since,
    value: ({ node }) => interfacesOf[node.driver][kind]
  })),
  { name: "volume", since: 32, value: subresource("volume") },
  { name: "traits", since: 37, value: ({ node }) => node.traits },
  { name: "fault", since: 42, sortable: true, value: ({ node }) => node.fault },
  { name: "deploy_step", since: 44, value: nothing },
  { name: "conductor_group", since: 46, sortable: true, value: ({ node }) => node.conductorGroup },
  { name: "automated_clean", since: 47, value: none },
  { name: "protected", since: 48, sortable: true, value: ({ node }) => node.protected },
  { name: "protected_reason", since: 48, value: ({ node }) => node.protectedReason },
  { name: "conductor", since: 49, value: (_, { hostname }) => hostname },
  { name: "owner", since: 50, sortable: true, value: ({ node }) => node.owner },
  { name: "description", since: 51, value: ({ node }) => node.description },
  { name: "allocation_uuid", since: 52, value: none },
  { name: "retired", since: 61, sortable: true, value: ({ node }) => node.retired },
  { name: "retired_reason", since: 61, value: ({ node }) => node.retiredReason },
  { name: "lessee", since: 65, value: none },
  { name: "network_data", since: 66, value: nothing },
  { name: "boot_mode", since: 75, value: none },
  { name: "secure_boot", since: 75, value: none },
  { name: "shard", since: 82, value: none }
]

export const nodeField = (name: string): NodeField | undefined => byName.get(name)
const byName = new Map(nodeFields.map((field) => [field.name, field]))

/** All fields of the version. */
export const detailFields = (minor: number): ReadonlyArray<NodeField> =>
  nodeFields.filter((field) => field.since <= minor)

/** What a plain list shows. */
export const listedFields = (minor: number): ReadonlyArray<NodeField> =>
  nodeFields.filter((field) => field.listed === true && field.since <= minor)

/** The node with these fields; its links are always there. */
export const toNode = (
  record: NodeRecord,
  fields: ReadonlyArray<NodeField>,
  context: ViewContext
): { readonly [key: string]: Schema.Json } => {
  const body: { [key: string]: Schema.Json } = {}
  for (const field of fields) body[field.name] = field.value(record, context)
  body["links"] = links(context.base, `nodes/${record.node.id}`)
  return body
}

/** Ironic writes UTC as an offset. */
export const formatTime = (at: DateTime.Utc): string => DateTime.formatIso(at).replace("Z", "+00:00")

const timeOrNull = (at: DateTime.Utc | null): string | null => (at === null ? null : formatTime(at))
