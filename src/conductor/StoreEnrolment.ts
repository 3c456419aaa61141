/** `Enrolment` over the store. */
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Struct from "effect/Struct"
import { BmcGovernor } from "../bmc/BmcGovernor.ts"
import { decodeImportLine, type DecodedLine, formatProblem } from "../domain/ImportLine.ts"
import { label, type Node, NodeId, type NodeRecord } from "../domain/Node.ts"
import { applyPatch, type PatchOperation, toDocument, withoutStaleReasons } from "../domain/Patch.ts"
import { changeTraits } from "../domain/Traits.ts"
import { configuredFields } from "../store/NodeEdits.ts"
import { type NodeChanges, NodeStore, type NewNode } from "../store/NodeStore.ts"
import type { StoreError } from "../store/StoreError.ts"
import { type ConductorError, conflict, fromStore, invalid, noSuchNode, nodeProtected } from "./ConductorError.ts"
import { Enrolment, type LineError } from "./Enrolment.ts"
import { planImport, toNewNode } from "./ImportPlan.ts"
import { Journal } from "./Journal.ts"
import { NodeDirectory } from "./NodeDirectory.ts"
import { type NodeLease, NodeLock } from "./NodeLock.ts"
import { changedFields } from "./NodeDifference.ts"
import { SyncFlow } from "./SyncFlow.ts"

/** What to change, from the node as it is when the change is tried. */
type OperationsOn = (node: Node) => ReadonlyArray<PatchOperation>

const actor = "operator"
/** How long an answer waits for its nodes to be known everywhere in this process; it takes milliseconds. */
const longestArrival = Duration.seconds(10)
/** Tries to store a patch while others change the same node. */
const patchTries = 3
const lookAgainEvery = Schedule.spaced(Duration.seconds(1))

export const layer: Layer.Layer<
  Enrolment,
  never,
  BmcGovernor | Journal | NodeDirectory | NodeLock | NodeStore | SecureRandom.SecureRandom | SyncFlow
> = Layer.effect(
  Enrolment,
  Effect.suspend(() => make)
)

const make = Effect.gen(function* () {
  const directory = yield* NodeDirectory
  const flow = yield* SyncFlow
  const governor = yield* BmcGovernor
  const journal = yield* Journal
  const locks = yield* NodeLock
  const random = yield* SecureRandom.SecureRandom
  const scope = yield* Effect.scope
  const store = yield* NodeStore

  const newId = Effect.map(random.uuidV4(), (uuid) => NodeId.make(uuid))
  const find = (ident: string): Effect.Effect<NodeRecord, ConductorError> => {
    const record = directory.find(ident)
    return record === undefined ? Effect.fail(noSuchNode(ident)) : Effect.succeed(record)
  }
  const arrived = (ids: ReadonlyArray<NodeId>) => Effect.timeoutOption(directory.arrived(ids), longestArrival)
  const update = (
    node: Node,
    changes: NodeChanges,
    options?: { readonly expectedVersion: number; readonly fence: number }
  ) =>
    Effect.tap(store.update(node.id, changes, options), (changed) => Effect.sync(() => directory.put(changed, actor)))

  /** Once the database is back: an import whose answer was lost may have been stored, and nobody was told. */
  const lookAgain = (nodes: ReadonlyArray<NewNode>): Effect.Effect<void> =>
    Effect.forEach(nodes, ({ id }) => directory.refresh(id, actor), { discard: true }).pipe(
      Effect.retry({ while: (error) => error.isRetryable, schedule: lookAgainEvery }),
      Effect.catch((error) => Effect.logWarning("What an import left behind can't be read", error.message))
    )
  const importAll: NodeStore["Service"]["importAll"] = (nodes, options) =>
    Effect.tapError(store.importAll(nodes, options), (error) =>
      error.isRetryable ? Effect.forkIn(lookAgain(nodes), scope) : Effect.void
    )

  const importNodes = Effect.fn("Enrolment.importNodes")(function* (
    input: ReadonlyArray<{ readonly line: number; readonly value: unknown }>,
    options: { readonly update: boolean; readonly partial: boolean }
  ) {
    const plan = yield* planImport(input, {
      update: options.update,
      find: (ident) => directory.find(ident)?.node,
      newId
    })
    const errors = [...plan.invalid, ...plan.taken].sort((a, b) => a.line - b.line)
    if (errors.length > 0 && !options.partial) {
      if (plan.invalid.length > 0) return { created: 0, updated: 0, errors }
      return yield* conflict(describe(errors), errors)
    }
    const { bases } = plan
    const outcome = yield* importAll(plan.nodes, { update: options.update, makeChassis: true, bases }).pipe(
      Effect.mapError((error) => {
        const { reason } = error
        if (reason._tag !== "Duplicate" || reason.index === null) return fromStore(error)
        const line = plan.lines[reason.index] ?? 0
        return conflict(`Line ${line}, ${reason.field}: ${error.message}`, [
          { line, field: reason.field, message: error.message }
        ])
      })
    )
    for (const nodeId of outcome.created) journal.record({ nodeId, kind: "NodeEnrolled", actor })
    for (const node of outcome.updated) {
      directory.put(node, actor)
      journal.record({ nodeId: node.id, kind: "NodeChanged", actor, reason: "Imported." })
    }
    const updated = new Set(outcome.updated.map(({ id }) => id))
    for (const node of plan.nodes) {
      const base = bases.get(node.id)
      const changed = base !== undefined && base.operatorMaintenance !== node.operatorMaintenance
      if (changed && updated.has(base.id)) recordMaintenance(base, node)
    }
    yield* arrived([...outcome.created, ...updated])
    return { created: outcome.created.length, updated: outcome.updated.length, errors }
  })

  const create = Effect.fn("Enrolment.create")(function* (
    value: unknown,
    { provisionState }: { readonly provisionState: "enroll" | "available" }
  ) {
    const decoded = yield* decode(value, { incomplete: provisionState === "enroll" })
    const id = decoded.line.uuid ?? (yield* newId)
    const node = toNewNode(id, decoded, undefined, provisionState)
    yield* Effect.mapError(importAll([node], { update: false }), fromStore)
    journal.record({ nodeId: id, kind: "NodeEnrolled", actor })
    yield* arrived([id])
    return yield* find(id)
  })

  const patchOnce = Effect.fnUntraced(function* (ident: string, operationsOn: OperationsOn, fence: number) {
    const { node } = yield* find(ident)
    const document = toDocument(node)
    const patched = applyPatch(document, operationsOn(node))
    if (Result.isFailure(patched)) return yield* invalid(patched.failure)
    const incomplete = node.provisionState === "enroll"
    const next = withoutStaleReasons(document, patched.success)
    const decoded = yield* decode(next, { incomplete, stored: node.driverInfo })
    const changes = Struct.pick(toNewNode(node.id, decoded, node, node.provisionState), configuredFields)
    const changed = changedFields(node, changes)
    if (changed.length === 0) return yield* find(node.id)
    yield* update(node, changes, { expectedVersion: node.version, fence })
    yield* arrived([node.id])
    journal.record({ nodeId: node.id, kind: "NodeChanged", actor, reason: `Changed: ${changed.join(", ")}.` })
    if (changes.operatorMaintenance !== node.operatorMaintenance) recordMaintenance(node, changes)
    return yield* find(node.id)
  })

  const patchWith = Effect.fnUntraced(function* (ident: string, operationsOn: OperationsOn) {
    const { node } = yield* find(ident)
    return yield* withLock(node, "change", ({ fence }) =>
      patchOnce(node.id, operationsOn, fence).pipe(
        Effect.tapError((error) =>
          isVersionConflict(error) ? Effect.ignore(directory.refresh(node.id, actor)) : Effect.void
        ),
        Effect.retry({
          times: patchTries,
          while: isVersionConflict
        }),
        Effect.catchTag("StoreError", (error) => Effect.fail(fromStore(error)))
      )
    )
  })

  const withLock = <A>(node: Node, purpose: string, work: (lease: NodeLease) => Effect.Effect<A, ConductorError>) =>
    Effect.acquireUseRelease(locks.acquire(node, purpose), work, (lease) => Effect.sync(lease.release))

  const recordMaintenance = (node: Node, { maintenanceReason, operatorMaintenance }: NodeChanges) =>
    journal.record({
      nodeId: node.id,
      kind: operatorMaintenance === true ? "MaintenanceSet" : "MaintenanceCleared",
      actor,
      reason: maintenanceReason ?? null
    })

  return Enrolment.of({
    importNodes,
    create,
    patch: Effect.fn("Enrolment.patch")((ident, operations) => patchWith(ident, () => operations)),
    changeTraits: Effect.fn("Enrolment.changeTraits")((ident, change) =>
      patchWith(ident, ({ traits }) => [{ op: "replace", path: "/traits", value: changeTraits(traits, change) }])
    ),
    setMaintenance: Effect.fn("Enrolment.setMaintenance")(function* (ident, on, reason) {
      const { node } = yield* find(ident)
      const changes = { operatorMaintenance: on, maintenanceReason: on ? reason : null }
      yield* Effect.mapError(update(node, changes), fromStore)
      recordMaintenance(node, changes)
    }),
    retry: Effect.fn("Enrolment.retry")(function* (ident) {
      const { node } = yield* find(ident)
      yield* governor.retry(node.id)
      flow.pollNow(node.id)
    }),
    remove: Effect.fn("Enrolment.remove")(function* (ident) {
      const { node } = yield* find(ident)
      const remove = Effect.flatMap(find(node.id), ({ node }) =>
        node.protected ? Effect.fail(nodeProtected(label(node))) : Effect.mapError(store.remove(node.id), fromStore)
      )
      yield* withLock(node, "delete", () => remove).pipe(
        // Gone already, it may be, by a deletion whose answer was lost.
        Effect.tapError(({ reason }) =>
          reason._tag === "NoSuchNode" ? Effect.ignore(directory.refresh(node.id, actor)) : Effect.void
        )
      )
      directory.drop(node.id)
      // Of the conductor and not of the node, whose journal goes with it.
      journal.record({ nodeId: null, kind: "NodeDeleted", actor, from: label(node), reason: `uuid ${node.id}` })
      return node.id
    })
  })
})

const isVersionConflict = (error: ConductorError | StoreError): boolean =>
  error._tag === "StoreError" && error.reason._tag === "VersionConflict"

const decode = (
  value: unknown,
  options: Parameters<typeof decodeImportLine>[1]
): Effect.Effect<DecodedLine, ConductorError> => {
  const decoded = decodeImportLine(value, options)
  return Result.isSuccess(decoded)
    ? Effect.succeed(decoded.success)
    : Effect.fail(invalid(decoded.failure.map(formatProblem).join("; ")))
}

/** One line for an operator: the first problem, and how many more there are. */
const describe = (errors: ReadonlyArray<LineError>): string => {
  const [first] = errors
  if (first === undefined) return ""
  const more = errors.length === 1 ? "" : ` (and ${errors.length - 1} more)`
  return `Line ${first.line}${first.field === null ? "" : `, ${first.field}`}: ${first.message}${more}`
}
