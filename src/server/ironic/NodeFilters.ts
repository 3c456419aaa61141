/**
 * By what a list of Ironic nodes can be filtered: each argument, the microversion that brought it, and what it asks of a
 * node. Data and pure functions.
 */
import { inMaintenance, type NodeRecord } from "../../domain/Node.ts"
import { badRequest, type IronicFault } from "./IronicFault.ts"
import { ironicState, type ViewContext } from "./NodeFields.ts"

export type Predicate = (record: NodeRecord) => boolean

export interface Filter {
  readonly argument: string
  readonly since: number
  readonly predicate: (value: string, context: ViewContext) => Predicate | IronicFault
}

const FAULTS = ["power failure", "clean failure", "rescue abort failure"]

const bool =
  (test: (record: NodeRecord, wanted: boolean) => boolean, argument: string) =>
  (value: string): Predicate | IronicFault => {
    const wanted = parseBoolean(value)
    return wanted === null
      ? badRequest(`Invalid value for ${argument}: ${value} is neither true nor false.`)
      : (record) => test(record, wanted)
  }

// Nodes of Tutti have no instance, lessee or shard: those filters are answered truly, with nothing.
export const filters: ReadonlyArray<Filter> = [
  { argument: "instance_uuid", since: 1, predicate: () => () => false },
  {
    argument: "chassis_uuid",
    since: 1,
    predicate:
      (value) =>
      ({ node }) =>
        node.chassisId === value
  },
  { argument: "associated", since: 1, predicate: bool((_, wanted) => !wanted, "associated") },
  {
    argument: "maintenance",
    since: 1,
    predicate: bool(({ node }, wanted) => inMaintenance(node) === wanted, "maintenance")
  },
  {
    argument: "provision_state",
    since: 9,
    predicate:
      (value) =>
      ({ node }) =>
        ironicState(node.provisionState) === value
  },
  {
    argument: "driver",
    since: 16,
    predicate:
      (value) =>
      ({ node }) =>
        node.driver === value
  },
  {
    argument: "resource_class",
    since: 21,
    predicate:
      (value) =>
      ({ node }) =>
        node.resourceClass === value
  },
  {
    argument: "fault",
    since: 42,
    predicate: (value) =>
      FAULTS.includes(value)
        ? ({ node }) => node.fault === value
        : badRequest(`Unrecognized fault "${value}" is specified, allowed faults are ${FAULTS.join(", ")}`)
  },
  {
    argument: "conductor_group",
    since: 46,
    predicate:
      (value) =>
      ({ node }) =>
        node.conductorGroup === value.toLowerCase()
  },
  {
    argument: "conductor",
    since: 49,
    predicate:
      (value, { hostname }) =>
      () =>
        hostname === value
  },
  {
    argument: "owner",
    since: 50,
    predicate:
      (value) =>
      ({ node }) =>
        node.owner === value
  },
  {
    argument: "description_contains",
    since: 51,
    predicate:
      (value) =>
      ({ node }) =>
        node.description?.toLowerCase().includes(value.toLowerCase()) ?? false
  },
  { argument: "retired", since: 61, predicate: bool(({ node }, wanted) => node.retired === wanted, "retired") },
  { argument: "lessee", since: 65, predicate: () => () => false },
  { argument: "shard", since: 82, predicate: () => () => false },
  { argument: "sharded", since: 82, predicate: bool((_, wanted) => !wanted, "sharded") }
]

/** As OpenStack reads yes and no. */
export const parseBoolean = (text: string): boolean | null => {
  const lower = text.toLowerCase()
  if (["true", "t", "1", "yes", "y", "on"].includes(lower)) return true
  if (["false", "f", "0", "no", "n", "off"].includes(lower)) return false
  return null
}
