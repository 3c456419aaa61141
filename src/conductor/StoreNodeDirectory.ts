/** The directory over a `NodeStore`: loaded in batches at the start, and then following the store's changes. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type BmcEndpoint, BmcGovernor } from "../bmc/BmcGovernor.ts"
import { addressOf } from "../domain/DriverInfoRules.ts"
import type { Node, NodeId, NodeRecord, PowerObservation } from "../domain/Node.ts"
import { type NodeChange, NodeStore } from "../store/NodeStore.ts"
import type { StoreError } from "../store/StoreError.ts"
import { Journal } from "./Journal.ts"
import { factsOfChange, type Told } from "./NodeChangeFacts.ts"
import { type BmcChange, NodeDirectory } from "./NodeDirectory.ts"
import { ObservationWriter } from "./ObservationWriter.ts"

/** Nodes that were removed and may still turn up in a change that was overtaken; more than can be under way at once. */
const mostRemembered = 10_000

/** Where the node's BMC is; null when its `driver_info` does not say. */
export const endpointOf = (node: Node): BmcEndpoint | null => {
  const address = addressOf(node.driver, node.driverInfo)
  return address === null
    ? null
    : { nodeId: node.id, driver: node.driver, credentialVersion: node.credentialVersion, ...address }
}

/** Fails when the store can't be read at the start. */
export const layer: Layer.Layer<NodeDirectory, StoreError, BmcGovernor | Journal | NodeStore | ObservationWriter> =
  Layer.effect(
    NodeDirectory,
    Effect.suspend(() => make)
  )

/** A record that is written to in place: those who hold it see the present. */
interface Entry extends NodeRecord {
  node: Node
  observation: PowerObservation
  /** What the journal knows: the store's word of a change may come before that of who made it. */
  told: Told
}

const make = Effect.gen(function* () {
  const store = yield* NodeStore
  const governor = yield* BmcGovernor
  const journal = yield* Journal
  const writer = yield* ObservationWriter
  const entries = new Map<NodeId, Entry>()
  const names = new Map<string, NodeId>()
  const removed = new Map<NodeId, number>()
  /** The credential version of each node whose BMC the governor knows, or was not told of since it can't be reached. */
  const attached = new Map<NodeId, number>()
  const listeners = new Set<(change: BmcChange) => void>()

  const tell = (change: BmcChange) => {
    for (const listener of listeners) listener(change)
  }

  const put = (node: Node, observation: PowerObservation): void => {
    const createdAt = DateTime.toEpochMillis(node.createdAt)
    if (removed.get(node.id) === createdAt) return
    const entry = entries.get(node.id)
    if (entry === undefined) entries.set(node.id, { node, observation, told: node })
    else {
      if (node.version < entry.node.version) return
      if (entry.node.name !== null && names.get(entry.node.name) === node.id) names.delete(entry.node.name)
      entry.node = node
    }
    if (node.name !== null) names.set(node.name, node.id)
  }

  const drop = (id: NodeId): void => {
    const entry = entries.get(id)
    if (entry === undefined) return
    entries.delete(id)
    attached.delete(id)
    if (entry.node.name !== null && names.get(entry.node.name) === id) names.delete(entry.node.name)
    removed.set(id, DateTime.toEpochMillis(entry.node.createdAt))
    for (const oldest of removed.keys()) {
      if (removed.size <= mostRemembered) break
      removed.delete(oldest)
    }
  }

  /** The governor knows the BMC as the node has it now. */
  const isAttached = (id: NodeId): boolean => {
    const version = entries.get(id)?.node.credentialVersion
    return version !== undefined && attached.get(id) === version
  }

  const attach = (id: NodeId): Effect.Effect<void> =>
    Effect.suspend(() => {
      const node = entries.get(id)?.node
      if (node === undefined || attached.get(id) === node.credentialVersion) return Effect.void
      const endpoint = endpointOf(node)
      return Effect.andThen(
        endpoint === null ? governor.detach(id) : governor.attach(endpoint),
        Effect.sync(() => {
          attached.set(id, node.credentialVersion)
          tell({ _tag: "BmcAttached", nodeId: id })
        })
      )
    })

  const detach = (id: NodeId): Effect.Effect<void> =>
    Effect.suspend(() => {
      drop(id)
      attached.delete(id)
      return Effect.andThen(
        governor.detach(id),
        Effect.sync(() => tell({ _tag: "NodeGone", nodeId: id }))
      )
    })

  /** What breaks over one node must not end the following: nothing else brings what comes after, and writers would hang. */
  const surviving = (node: NodeId, effect: Effect.Effect<void>): Effect.Effect<void> =>
    Effect.catchDefect(effect, (defect) =>
      Effect.annotateLogs(Effect.logError("A node's change could not be followed everywhere", defect), { node })
    )

  const takeIn = (records: ReadonlyArray<NodeRecord>): Effect.Effect<void> =>
    Effect.suspend(() => {
      for (const { node, observation } of records) put(node, observation)
      return Effect.forEach(records, ({ node }) => surviving(node.id, attach(node.id)), { discard: true })
    })

  const follow = (change: NodeChange): Effect.Effect<void> =>
    change._tag === "NodesUpserted"
      ? takeIn(change.records)
      : Effect.forEach(change.ids, (id) => surviving(id, detach(id)), { discard: true })

  const tellPut = (node: Node, actor: string): void => {
    const entry = entries.get(node.id)
    if (entry === undefined) return
    put(node, entry.observation)
    if (entry.node.version > node.version) return
    for (const fact of factsOfChange(entry.told, node, actor)) journal.record(fact)
    entry.told = node
  }

  // Subscribed before the load, so that no change falls between the two; what was loaded goes first.
  const loaded = yield* Latch.make()
  yield* Effect.forkScoped(
    Stream.runForEach(store.changes, (change) => loaded.whenOpen(follow(change))),
    { startImmediately: true }
  )
  yield* Stream.runForEach(store.all, takeIn)
  yield* loaded.open

  return NodeDirectory.of({
    get: (id) => entries.get(id),
    find: (ident) => {
      // A UUID is looked up as one in whatever case it is written; a name is never in the form of one.
      const byId = entries.get(ident.toLowerCase() as NodeId)
      if (byId !== undefined) return byId
      const id = names.get(ident)
      return id === undefined ? undefined : entries.get(id)
    },
    all: () => entries.values(),
    size: () => entries.size,
    observe: (observation) => {
      const entry = entries.get(observation.nodeId)
      if (entry === undefined) return
      entry.observation = observation
      writer.offer(observation)
    },
    put: tellPut,
    refresh: Effect.fnUntraced(function* (id, actor) {
      const before = entries.get(id)
      const stored = yield* store.find(id)
      if (Option.isSome(stored)) {
        tellPut(stored.value.node, actor)
        return yield* takeIn([stored.value])
      }
      // Another one under the same id, which came meanwhile, stays.
      if (entries.get(id) === before) yield* detach(id)
    }),
    drop,
    arrived: (ids) =>
      Effect.callback((resume) => {
        const missing = new Set(ids.filter((id) => !isAttached(id)))
        if (missing.size === 0) return resume(Effect.void)
        const listener = ({ _tag, nodeId }: BmcChange) => {
          if (_tag === "NodeGone" || isAttached(nodeId)) missing.delete(nodeId)
          if (missing.size === 0) resume(Effect.void)
        }
        listeners.add(listener)
        return Effect.sync(() => listeners.delete(listener))
      }),
    listen: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    }
  })
})
