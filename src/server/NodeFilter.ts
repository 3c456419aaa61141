/** Which nodes a listing asks for. Pure. */
import type { FailureReason, Fault } from "../domain/Failure.ts"
import { inMaintenance, type NodeRecord } from "../domain/Node.ts"
import { rackOf } from "./NodeViews.ts"

export interface NodeFilter {
  readonly fault?: Fault | FailureReason
  readonly maintenance?: boolean
  readonly rack?: string
  readonly group?: string
  /** `*` stands for any characters. */
  readonly name?: string
}

/** Every criterion that is given must hold. */
export const nodeFilter = (filter: NodeFilter): ((record: NodeRecord) => boolean) => {
  const { fault, maintenance, rack, group } = filter
  const name = filter.name === undefined ? undefined : wildcard(filter.name)
  return ({ node }) =>
    (fault === undefined || node.fault === fault || (node.fault !== null && node.faultReason === fault)) &&
    (maintenance === undefined || inMaintenance(node) === maintenance) &&
    (rack === undefined || rackOf(node) === rack) &&
    (group === undefined || node.conductorGroup === group) &&
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
