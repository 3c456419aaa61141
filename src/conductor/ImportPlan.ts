/**
 * What an import comes to: each line decoded and checked, against the others and against what is there already.
 * Pure, but that decoding a large file gives way to others now and then.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { decodeImportLine, type DecodedLine } from "../domain/ImportLine.ts"
import { type Node, type NodeId, unsetFields } from "../domain/Node.ts"
import { distinct } from "../domain/Traits.ts"
import type { NewNode } from "../store/NodeStore.ts"
import type { LineError } from "./Enrolment.ts"

/** Lines decoded between two breaths: some 5 ms. */
const linesAtOnce = 200

export interface ImportPlan {
  readonly nodes: ReadonlyArray<NewNode>
  /** By the id in `nodes`: the present node that a line changes, from which it has what it leaves out. */
  readonly bases: ReadonlyMap<NodeId, Node>
  /** The line that each of `nodes` comes from. */
  readonly lines: ReadonlyArray<number>
  /** Lines that can't be understood. */
  readonly invalid: ReadonlyArray<LineError>
  /** Lines that are good, but for a name or uuid that is taken. */
  readonly taken: ReadonlyArray<LineError>
}

export const planImport = Effect.fnUntraced(function* (
  input: ReadonlyArray<{ readonly line: number; readonly value: unknown }>,
  options: {
    readonly update: boolean
    readonly find: (ident: string) => Node | undefined
    readonly newId: Effect.Effect<NodeId>
  }
): Effect.fn.Return<ImportPlan> {
  const nodes: Array<NewNode> = []
  const bases = new Map<NodeId, Node>()
  const lines: Array<number> = []
  const invalid: Array<LineError> = []
  const taken: Array<LineError> = []
  const seen = new Map<string, number>()

  for (const [index, { line, value }] of input.entries()) {
    if (index % linesAtOnce === linesAtOnce - 1) yield* Effect.yieldNow
    const known = findKnown(value, options.find)
    const decoded = decodeImportLine(value, { stored: options.update ? known?.driverInfo : undefined })
    if (Result.isFailure(decoded)) {
      for (const { field, message } of decoded.failure) invalid.push({ line, field, message })
      continue
    }
    const { name, uuid } = decoded.success.line
    const conflict = conflictOf({ name: name ?? null, uuid: uuid ?? null }, seen, options.update ? undefined : known)
    if (conflict !== null) {
      taken.push({ line, ...conflict })
      continue
    }
    if (typeof name === "string") seen.set(`name ${name}`, line)
    if (uuid !== undefined) seen.set(`uuid ${uuid}`, line)
    const id = uuid ?? known?.id ?? (yield* options.newId)
    nodes.push(toNewNode(id, decoded.success, known, "available"))
    if (known !== undefined) bases.set(id, known)
    lines.push(line)
  }
  return { nodes, bases, lines, invalid, taken }
})

/** A node to be stored; what the line leaves out is as in `known`, or empty. */
export const toNewNode = (
  id: NodeId,
  { driverInfo, line }: DecodedLine,
  known: Node | undefined,
  provisionState: Node["provisionState"]
): NewNode => ({
  id,
  name: line.name === undefined ? (known?.name ?? null) : line.name,
  driver: line.driver,
  driverInfo: driverInfo.info,
  properties: line.properties ?? known?.properties ?? {},
  extra: line.extra ?? known?.extra ?? {},
  conductorGroup: line.conductor_group ?? known?.conductorGroup ?? "",
  owner: line.owner === undefined ? (known?.owner ?? null) : line.owner,
  description: line.description === undefined ? (known?.description ?? null) : line.description,
  resourceClass: line.resource_class === undefined ? (known?.resourceClass ?? null) : line.resource_class,
  disablePowerOff: line.disable_power_off ?? known?.disablePowerOff ?? false,
  ...unsetFields,
  provisionState,
  chassisId: line.chassis_uuid === undefined ? (known?.chassisId ?? null) : line.chassis_uuid,
  traits: line.traits === undefined ? (known?.traits ?? []) : distinct(line.traits),
  protected: line.protected ?? known?.protected ?? false,
  protectedReason: reasonOf(line.protected ?? known?.protected, line.protected_reason, known?.protectedReason),
  retired: line.retired ?? known?.retired ?? false,
  retiredReason: reasonOf(line.retired ?? known?.retired, line.retired_reason, known?.retiredReason),
  operatorMaintenance: line.maintenance ?? known?.operatorMaintenance ?? false,
  maintenanceReason: reasonOf(
    line.maintenance ?? known?.operatorMaintenance,
    line.maintenance_reason,
    known?.maintenanceReason
  )
})

/** Why something is so: nothing where it is not so. */
const reasonOf = (
  holds: boolean | undefined,
  given: string | null | undefined,
  known: string | null | undefined
): string | null => (holds === true ? (given === undefined ? (known ?? null) : given) : null)

/** The stored node that the line means: by its uuid, or else by its name. */
const findKnown = (value: unknown, find: (ident: string) => Node | undefined): Node | undefined => {
  if (typeof value !== "object" || value === null) return undefined
  const { name, uuid } = value as { readonly name?: unknown; readonly uuid?: unknown } // an object, of whatever kind
  const byUuid = typeof uuid === "string" ? find(uuid) : undefined
  return byUuid ?? (typeof name === "string" ? find(name) : undefined)
}

const conflictOf = (
  keys: { readonly name: string | null; readonly uuid: string | null },
  seen: ReadonlyMap<string, number>,
  known: Node | undefined
): { readonly field: "name" | "uuid"; readonly message: string } | null => {
  for (const field of ["uuid", "name"] as const) {
    const value = keys[field]
    if (value === null) continue
    const earlier = seen.get(`${field} ${value}`)
    if (earlier !== undefined) return { field, message: `${field} ${value} is used on line ${earlier} already` }
    const stored = field === "uuid" ? known?.id : known?.name
    if (stored === value) return { field, message: `a node with ${field} ${value} exists already` }
  }
  return null
}
