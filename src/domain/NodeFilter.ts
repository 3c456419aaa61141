/** Which nodes a listing, or a power job, asks for. Pure. */
import type { FailureReason, Fault } from "./Failure.ts"
import { inMaintenance, type NodeRecord, rackOf } from "./Node.ts"
import type { PowerState } from "./PowerState.ts"

export interface NodeFilter {
  readonly fault?: Fault | FailureReason
  readonly maintenance?: boolean
  readonly rack?: string
  readonly group?: string
  readonly owner?: string
  /** The last state that was read, whatever has happened since; null: never read. */
  readonly power?: PowerState | null
  /** `*` stands for any characters. */
  readonly name?: string
}

/** Every criterion that is given must hold. */
export const nodeFilter = (filter: NodeFilter): ((record: NodeRecord) => boolean) => {
  const { fault, group, maintenance, owner, power, rack } = filter
  const name = filter.name === undefined ? undefined : wildcard(filter.name)
  return ({ node, observation }) =>
    (fault === undefined || node.fault === fault || (node.fault !== null && node.faultReason === fault)) &&
    (maintenance === undefined || inMaintenance(node) === maintenance) &&
    (rack === undefined || rackOf(node) === rack) &&
    (group === undefined || node.conductorGroup === group) &&
    (owner === undefined || node.owner === owner) &&
    (power === undefined || observation.power === power) &&
    (name === undefined || (node.name !== null && name(node.name)))
}

/** Linear in the name's length, whatever the pattern: each part between stars is looked for after the one before it. */
const wildcard = (pattern: string): ((name: string) => boolean) => {
  const parts = pattern.split("*")
  const first = parts.shift() ?? ""
  const last = parts.pop()
  if (last === undefined) return (name) => name === pattern
  return (name) => {
    if (!name.startsWith(first) || !name.endsWith(last)) return false
    let from = first.length
    for (const part of parts) {
      const at = name.indexOf(part, from)
      if (at === -1) return false
      from = at + part.length
    }
    return from <= name.length - last.length
  }
}
