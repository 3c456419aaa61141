/** Node locks by themselves, of one conductor or of several over one store, for their tests. */
import { Context, Effect, Layer, Option, type Scope } from "effect"
import { ConductorConfig, type ConductorOptions } from "../../src/conductor/ConductorConfig.ts"
import { Journal } from "../../src/conductor/Journal.ts"
import { NodeLock } from "../../src/conductor/NodeLock.ts"
import type { NodeId } from "../../src/domain/Node.ts"
import { LeaseStore } from "../../src/store/LeaseStore.ts"
import { NodeStore } from "../../src/store/NodeStore.ts"
import { makeNewNode, nodeId } from "../domain/nodes.ts"
import { ground } from "./world.ts"

const locksOnly = (options: Partial<ConductorOptions>) =>
  NodeLock.layer.pipe(Layer.provideMerge(Journal.layer), Layer.provide(ConductorConfig.layer(options)))

/** One conductor's locks, over stores in memory with a switch. */
export const lockWorld = (options: Partial<ConductorOptions> = {}) =>
  locksOnly({ conductorHost: "host-1", ...options }).pipe(Layer.provideMerge(ground()))

/** Nodes 1 to `count`, in the store only. */
export const storeNodes = Effect.fnUntraced(function* (count: number) {
  const store = yield* NodeStore
  const nodes = Array.from({ length: count }, (_, index) => makeNewNode(index + 1))
  yield* store.importAll(nodes, { update: false })
  return nodes.map(({ id }) => id)
})
export const storeNode = Effect.as(storeNodes(1), nodeId(1))

/** The locks of another conductor over the same store, until `scope` is closed; its process dies when it never is. */
export const startLocks = Effect.fnUntraced(function* (
  conductorHost: string,
  scope: Scope.Scope,
  options: Partial<ConductorOptions> = {}
) {
  const context = yield* Layer.buildWithScope(Layer.fresh(locksOnly({ conductorHost, ...options })), scope)
  return { locks: Context.get(context, NodeLock), journal: Context.get(context, Journal) }
})

/** The lease as the database has it. */
export const leaseOf = Effect.fnUntraced(function* (id: NodeId) {
  const leases = yield* (yield* LeaseStore).list
  return Option.fromUndefinedOr(leases.find(({ nodeId }) => nodeId === id))
})
