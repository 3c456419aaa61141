/**
 * What storing, changing and importing nodes comes to, as functions of values: versions, credential versions, and which
 * line of an import meets which stored node. Every implementation of `NodeStore` decides by these.
 */
import type * as DateTime from "effect/DateTime"
import * as Equal from "effect/Equal"
import * as Result from "effect/Result"
import * as Struct from "effect/Struct"
import { Node } from "../domain/Node.ts"
import type { NodeId } from "../domain/Node.ts"
import type { ImportOptions, NewNode, NodeChanges } from "./NodeStore.ts"
import { Duplicate } from "./StoreError.ts"

/** What an operator configures: an import with `update` replaces these, and nothing else. */
export const configuredFields = [
  "name",
  "driver",
  "driverInfo",
  "properties",
  "extra",
  "conductorGroup",
  "owner",
  "description",
  "resourceClass",
  "chassisId",
  "traits",
  "protected",
  "protectedReason",
  "retired",
  "retiredReason",
  "disablePowerOff",
  "operatorMaintenance",
  "maintenanceReason"
] as const satisfies ReadonlyArray<keyof NewNode>

/** A new node as it is first stored. */
export const enrolled = (node: NewNode, now: DateTime.Utc): Node =>
  new Node({ ...node, version: 1, credentialVersion: 1, createdAt: now, updatedAt: null })

/** The node after the changes: one version up, and a new credential version if driver, settings or secrets differ. */
export const edited = (node: Node, changes: NodeChanges, now: DateTime.Utc): Node => {
  const { driver = node.driver, driverInfo = node.driverInfo } = changes
  const sameCredential =
    driver === node.driver &&
    Equal.equals(driverInfo.settings, node.driverInfo.settings) &&
    Equal.equals(driverInfo.secrets, node.driverInfo.secrets)
  return new Node({
    ...node,
    ...changes,
    credentialVersion: node.credentialVersion + (sameCredential ? 0 : 1),
    version: node.version + 1,
    updatedAt: now
  })
}

/** An import's new nodes, and the stored ones that it changes, each with its new values. */
export interface ImportPlan {
  readonly created: ReadonlyArray<Node>
  /** Stored nodes that the import really changes; those that are as it says already are left as they are. */
  readonly edited: ReadonlyArray<Node>
}

/**
 * Decides what an import does. `stored` holds every stored node that has an id or a name of the batch.
 * `bases` is that of `ImportOptions`. Fails at the first line whose id or name is taken: by an earlier line, by a stored node without `update`, or, with
 * `update`, by a stored node that keeps the name.
 */
export const planImport = (
  batch: ReadonlyArray<NewNode>,
  stored: ReadonlyArray<Node>,
  { bases, update }: ImportOptions,
  now: DateTime.Utc
): Result.Result<ImportPlan, Duplicate> => {
  const byId = new Map(stored.map((node) => [node.id, node]))
  const byName = new Map<string, Node>()
  for (const node of stored) if (node.name !== null) byName.set(node.name, node)

  const idsOfBatch = new Set(batch.map(({ id }) => id))

  const lines = batch.map((node) => {
    const holder = node.name === null ? undefined : byName.get(node.name)
    // a stored node that another line names by its id is that line's
    const target = byId.get(node.id) ?? (holder !== undefined && idsOfBatch.has(holder.id) ? undefined : holder)
    return { node, holder, target, id: target?.id ?? node.id }
  })
  const renamed = new Set(lines.flatMap(({ node, target }) => (target && target.name !== node.name ? [target.id] : [])))

  const ids = new Set<NodeId>()
  const names = new Set<string>()
  const created: Array<Node> = []
  const changed: Array<Node> = []
  for (const [index, { node, holder, target, id }] of lines.entries()) {
    const heldByAnother = holder !== undefined && (!update || (holder.id !== id && !renamed.has(holder.id)))
    if (node.name !== null && (names.has(node.name) || heldByAnother)) {
      return Result.fail(new Duplicate({ field: "name", value: node.name, index }))
    }
    if (ids.has(id) || (target !== undefined && !update)) {
      return Result.fail(new Duplicate({ field: "uuid", value: id, index }))
    }
    ids.add(id)
    if (node.name !== null) names.add(node.name)
    if (target === undefined) {
      created.push(enrolled(node, now))
      continue
    }
    const base = bases?.get(node.id)
    const fields = configuredFields.filter((field) => base === undefined || !Equal.equals(node[field], base[field]))
    const configuration = Struct.pick(node, fields)
    if (!Equal.equals(configuration, Struct.pick(target, fields))) {
      changed.push(edited(target, configuration, now))
    }
  }
  return Result.succeed({ created, edited: changed })
}
