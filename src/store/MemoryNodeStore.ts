/** `NodeStore` in memory: forgets with the process. For tests, and for commands that keep nothing. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { Chassis } from "../domain/Chassis.ts"
import { inMaintenance, neverObserved } from "../domain/Node.ts"
import type { Node, NodeId, NodeRecord } from "../domain/Node.ts"
import { MemoryFleet } from "./MemoryFleet.ts"
import { edited, planImport } from "./NodeEdits.ts"
import { changesBuffer, NodeStore, pageSize } from "./NodeStore.ts"
import type { NodeChange, NodeQuery, NodeUpdate } from "./NodeStore.ts"
import { isNewer, newestOfEach } from "./Observations.ts"
import { ChassisNotFound, Duplicate, LeaseLost, NodeNotFound, StoreError, VersionConflict } from "./StoreError.ts"

const matches = (query: NodeQuery, { node }: NodeRecord): boolean =>
  (query.driver === undefined || node.driver === query.driver) &&
  (query.provisionState === undefined || node.provisionState === query.provisionState) &&
  (query.conductorGroup === undefined || node.conductorGroup === query.conductorGroup) &&
  (query.maintenance === undefined || inMaintenance(node) === query.maintenance) &&
  (query.fault === undefined || node.fault === query.fault) &&
  (query.owner === undefined || node.owner === query.owner) &&
  (query.resourceClass === undefined || node.resourceClass === query.resourceClass)

const notFound = (ident: string) => new StoreError({ reason: new NodeNotFound({ ident }) })

const make = Effect.gen(function* () {
  const { chassis, leases, records, onRemove } = yield* MemoryFleet
  const changes = yield* PubSub.bounded<NodeChange>(changesBuffer)
  yield* Effect.addFinalizer(() => PubSub.shutdown(changes))

  const findSync = (ident: string): NodeRecord | undefined => {
    const byId = records.get(ident.toLowerCase() as NodeId) // looked up only
    if (byId !== undefined) return byId
    for (const record of records.values()) if (record.node.name === ident) return record
    return undefined
  }
  const put = (node: Node): NodeRecord => {
    const record = { node, observation: records.get(node.id)?.observation ?? neverObserved(node.id) }
    records.set(node.id, record)
    return record
  }
  const upserted = (changed: ReadonlyArray<NodeRecord>) =>
    changed.length === 0 ? Effect.void : PubSub.publish(changes, { _tag: "NodesUpserted", records: changed })

  const holds = (id: NodeId, fence: number, now: DateTime.Utc): boolean => {
    const lease = leases.get(id)
    return lease?.fence === fence && lease.expiresAtMillis > DateTime.toEpochMillis(now)
  }

  const checkChassis = (nodes: ReadonlyArray<Node>) =>
    Effect.suspend(() => {
      const missing = nodes.find(({ chassisId }) => chassisId !== null && !chassis.has(chassisId))?.chassisId ?? null
      return missing === null
        ? Effect.void
        : Effect.fail(new StoreError({ reason: new ChassisNotFound({ id: missing }) }))
    })

  /** Changes all or none: a name that is taken, also by an earlier update of the batch, fails the batch. */
  const write = Effect.fnUntraced(function* (batch: ReadonlyArray<NodeUpdate>) {
    const now = yield* DateTime.now
    const next = new Map<NodeId, Node>()
    for (const { id, changes, expectedVersion, fence } of batch) {
      const stored = records.get(id)?.node
      if (stored === undefined || (expectedVersion !== undefined && stored.version !== expectedVersion)) continue
      if (fence !== undefined && !holds(id, fence, now)) continue
      next.set(id, edited(stored, changes, now))
    }
    const names = new Set<string>()
    for (const { node } of records.values()) {
      const { name } = next.get(node.id) ?? node
      if (name === null) continue
      if (names.has(name)) {
        return yield* new StoreError({ reason: new Duplicate({ field: "name", value: name, index: null }) })
      }
      names.add(name)
    }
    const nodes = Array.from(next.values())
    yield* checkChassis(nodes)
    yield* upserted(nodes.map(put))
    return nodes
  })

  return NodeStore.of({
    importAll: Effect.fn("NodeStore.importAll")(function* (nodes, options) {
      const now = yield* DateTime.now
      const stored = Array.from(records.values(), ({ node }) => node)
      const plan = planImport(nodes, stored, options, now)
      if (Result.isFailure(plan)) return yield* new StoreError({ reason: plan.failure })
      const { created, edited } = plan.success
      for (const { chassisId: id } of options.makeChassis === true ? [...created, ...edited] : []) {
        if (id === null || chassis.has(id)) continue
        chassis.set(id, new Chassis({ id, description: null, extra: {}, createdAt: now, updatedAt: null }))
      }
      yield* checkChassis([...created, ...edited])
      yield* upserted([...created, ...edited].map(put))
      return { created: created.map(({ id }) => id), updated: edited }
    }),
    find: (ident) => Effect.sync(() => Option.fromUndefinedOr(findSync(ident))),
    list: Effect.fn("NodeStore.list")(function* (query) {
      let found = Array.from(records.values())
      if (query.marker !== undefined) {
        const at = found.findIndex(({ node }) => node.id === query.marker)
        if (at < 0) return yield* notFound(query.marker)
        found = found.slice(at + 1)
      }
      return found.filter((record) => matches(query, record)).slice(0, Math.min(query.limit ?? pageSize, pageSize))
    }),
    all: Stream.suspend(() => (records.size === 0 ? Stream.empty : Stream.succeed(Array.from(records.values())))),
    update: Effect.fn("NodeStore.update")(function* (id, changes, options) {
      const [node] = yield* write([{ id, changes, ...options }])
      if (node !== undefined) return node
      if (options?.fence !== undefined && records.has(id) && !holds(id, options.fence, yield* DateTime.now)) {
        return yield* new StoreError({ reason: new LeaseLost({ ident: id }) })
      }
      return yield* records.has(id) ? new StoreError({ reason: new VersionConflict({ ident: id }) }) : notFound(id)
    }),
    updateAll: write,
    remove: Effect.fn("NodeStore.remove")(function* (id) {
      if (!records.delete(id)) return yield* notFound(id)
      for (const forget of onRemove) forget(id)
      yield* PubSub.publish(changes, { _tag: "NodesDeleted", ids: [id] })
    }),
    recordObservations: (batch) =>
      Effect.sync(() => {
        for (const observation of newestOfEach(batch)) {
          const record = records.get(observation.nodeId)
          if (record !== undefined && isNewer(observation, record.observation)) {
            records.set(observation.nodeId, { ...record, observation })
          }
        }
      }),
    changes: Stream.fromPubSub(changes)
  })
})

export const layer: Layer.Layer<NodeStore> = Layer.effect(NodeStore, make).pipe(Layer.provide(MemoryFleet.layer))
