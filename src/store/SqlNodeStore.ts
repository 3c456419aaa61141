/**
 * `NodeStore` in PostgreSQL, real or embedded. Reads decide and writes follow within one transaction that has locked the
 * rows; a batch is a few statements, `unnest` over arrays, however long it is.
 */
import * as PgTypes from "@effect/sql-pg/PgTypes"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import { isSqlError } from "effect/sql/SqlError"
import type { SqlError } from "effect/sql/SqlError"
import type { Fragment } from "effect/sql/Statement"
import * as Stream from "effect/Stream"
import { neverObserved, NodeId } from "../domain/Node.ts"
import type { Node, NodeRecord } from "../domain/Node.ts"
import { edited, planImport } from "./NodeEdits.ts"
import * as NodeRow from "./NodeRow.ts"
import { changesBuffer, NodeStore, pageSize } from "./NodeStore.ts"
import type { ImportOptions, NewNode, NodeChange, NodeQuery, NodeUpdate } from "./NodeStore.ts"
import { newestOfEach } from "./Observations.ts"
import { SecretKey } from "./Secrets.ts"
import { asStoreError, failureFields } from "./SqlFailure.ts"
import * as SqlText from "./SqlText.ts"
import { ChassisNotFound, Duplicate, LeaseLost, NodeNotFound, StoreError, VersionConflict } from "./StoreError.ts"

const { int4, text, timestamptz, uuid } = PgTypes.OID

/**
 * Nodes in one statement: about 10 ms of encoding or decoding, between which the process can go on with what is urgent.
 */
const nodesPerStatement = 250

/** Before the first in the order of creation. */
const firstPage: bigint = 0n

const isNodeId = Schema.is(NodeId)

const inChunks = <A, B>(
  items: ReadonlyArray<A>,
  statement: (chunk: ReadonlyArray<A>) => Effect.Effect<ReadonlyArray<B>, SqlError | StoreError>
): Effect.Effect<ReadonlyArray<B>, SqlError | StoreError> =>
  Effect.map(Effect.forEach(Arr.chunksOf(items, nodesPerStatement), statement), Arr.flatten)

const notFound = (ident: string) => new StoreError({ reason: new NodeNotFound({ ident }) })

/** The `Duplicate` that a unique constraint found, with the line of the batch that holds the value. */
const duplicateOf = (error: SqlError, batch: ReadonlyArray<NewNode>): StoreError | undefined => {
  if (error.reason._tag !== "UniqueViolation") return undefined
  // Key (name)=(n1) already exists. Translated by servers, but for the brackets.
  const value = /\(\w+\)=\((.*)\)/.exec(failureFields(error).detail ?? "")?.[1] ?? "of another"
  const field = error.reason.constraint === "nodes_name_key" ? "name" : "uuid"
  const index = batch.findIndex((node) => (field === "name" ? node.name : node.id) === value)
  return new StoreError({ reason: new Duplicate({ field, value, index: index < 0 ? null : index }) })
}

/** The chassis that a foreign key did not find. */
const chassisMissing = (error: SqlError): StoreError | undefined => {
  const { code, detail = "" } = failureFields(error)
  const id = /\(chassis_id\)=\((.*)\)/.exec(detail)?.[1]
  return code === "23503" && id !== undefined ? new StoreError({ reason: new ChassisNotFound({ id }) }) : undefined
}

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const ring = yield* SecretKey
  const changes = yield* PubSub.bounded<NodeChange>(changesBuffer)
  yield* Effect.addFinalizer(() => PubSub.shutdown(changes))

  const publish = (change: NodeChange) => sql.afterCommit(Effect.asVoid(PubSub.publish(changes, change)))
  const upserted = (records: ReadonlyArray<NodeRecord>) =>
    records.length === 0 ? Effect.void : publish({ _tag: "NodesUpserted", records })

  const select = (rest: Fragment) =>
    Effect.map(NodeRow.select(sql, ring, rest), (stored) => stored.map(({ record }) => record))

  /** Names are compared at the end only: nodes of two statements may swap theirs. */
  const store = Effect.fnUntraced(function* (edited: ReadonlyArray<Node>, created: ReadonlyArray<Node>) {
    const maySwap = edited.length + created.length > 1
    if (maySwap) yield* sql`set constraints nodes_name_key deferred`
    yield* inChunks(edited, (chunk) => NodeRow.replace(sql, ring, chunk))
    yield* inChunks(created, (chunk) => NodeRow.insert(sql, ring, chunk))
    if (maySwap) yield* sql`set constraints nodes_name_key immediate`
  })

  const makeMissing = Effect.fnUntraced(function* (nodes: ReadonlyArray<Node>, now: DateTime.Utc) {
    const ids = new Set(nodes.flatMap(({ chassisId }) => chassisId ?? []))
    if (ids.size === 0) return
    yield* sql`
      insert into chassis (id, extra, created_at)
      select id, '{}', ${DateTime.toDateUtc(now)}::timestamptz
      from unnest(${SqlText.array(Array.from(ids).sort(), uuid)}) as v (id)
      on conflict (id) do nothing`
  })

  const importAll = Effect.fnUntraced(function* (batch: ReadonlyArray<NewNode>, options: ImportOptions) {
    const now = yield* DateTime.now
    const stored = yield* inChunks(batch, (chunk) => {
      const ids = SqlText.array(
        chunk.map(({ id }) => id),
        uuid
      )
      const names = SqlText.array(
        chunk.flatMap(({ name }) => (name === null ? [] : [name])),
        text
      )
      const named = sql`select id from nodes where id = any(${ids}) union select id from nodes where name = any(${names})`
      return select(sql`where n.id in (${named}) order by n.id for update of n`)
    })
    const plan = planImport(
      batch,
      stored.map(({ node }) => node),
      options,
      now
    )
    if (Result.isFailure(plan)) return yield* new StoreError({ reason: plan.failure })
    const { created, edited } = plan.success
    if (options.makeChassis === true) yield* makeMissing([...created, ...edited], now)
    yield* store(edited, created)
    const observations = new Map(stored.map(({ node, observation }) => [node.id, observation]))
    yield* upserted(
      [...created, ...edited].map((node) => ({
        node,
        observation: observations.get(node.id) ?? neverObserved(node.id)
      }))
    )
    return { created: created.map(({ id }) => id), updated: edited }
  })

  /** The tokens of the leases that hold now, and that nobody can break or take until the transaction is committed. */
  const fencesOf = Effect.fnUntraced(function* (ids: ReadonlyArray<NodeId>) {
    if (ids.length === 0) return new Map<NodeId, number>()
    const rows = yield* sql<{ readonly node_id: NodeId; readonly fence: bigint }>`
      select node_id, fence from node_leases
      where node_id = any(${SqlText.array(ids, uuid)}) and expires_at > clock_timestamp()
      order by node_id for share`
    return new Map(rows.map(({ fence, node_id }) => [node_id, Number(fence)]))
  })

  const updateAll = Effect.fnUntraced(function* (batch: ReadonlyArray<NodeUpdate>) {
    const updates = new Map(batch.map((update) => [update.id, update]))
    const now = yield* DateTime.now
    let found = 0
    let lost = 0
    const edit =
      (fences: ReadonlyMap<NodeId, number>) =>
      ({ node, observation }: NodeRecord): ReadonlyArray<NodeRecord> => {
        found++
        const update = updates.get(node.id)
        if (update === undefined) return []
        if (update.fence !== undefined && update.fence !== fences.get(node.id)) {
          lost++
          return []
        }
        if ((update.expectedVersion ?? node.version) !== node.version) return []
        return [{ node: edited(node, update.changes, now), observation }]
      }
    // in one order for all, so that no two batches wait for each other
    const changed = yield* inChunks(Array.from(updates.keys()).toSorted(), (chunk) => {
      const ids = SqlText.array(chunk, uuid)
      const records = select(sql`where n.id = any(${ids}) order by n.id for update of n`)
      const fenced = chunk.filter((id) => updates.get(id)?.fence !== undefined)
      return Effect.flatMap(records, (found) => Effect.map(fencesOf(fenced), (fences) => found.flatMap(edit(fences))))
    })
    const nodes = changed.map(({ node }) => node)
    yield* store(nodes, [])
    yield* upserted(changed)
    return { nodes, found, lost }
  })

  /** A transaction whose failures are the store's; `batch` is where a line that a unique constraint found is looked up. */
  const transaction = <A, E>(body: Effect.Effect<A, E | SqlError>, batch: ReadonlyArray<NewNode> = []) =>
    sql.withTransaction(body).pipe(
      Effect.catchIf(isSqlError, (error) => Effect.fail(duplicateOf(error, batch) ?? chassisMissing(error) ?? error)),
      asStoreError
    )

  const where = (query: NodeQuery) =>
    sql.and([
      sql`true`,
      ...(query.driver === undefined ? [] : [sql`n.driver = ${query.driver}`]),
      ...(query.provisionState === undefined ? [] : [sql`n.provision_state = ${query.provisionState}`]),
      ...(query.conductorGroup === undefined ? [] : [sql`n.conductor_group = ${query.conductorGroup}`]),
      ...(query.maintenance === undefined
        ? []
        : [sql`(n.operator_maintenance or n.fault is not null) = ${query.maintenance}`]),
      ...(query.fault === undefined ? [] : [sql`n.fault = ${query.fault}`]),
      ...(query.owner === undefined ? [] : [sql`n.owner = ${query.owner}`]),
      ...(query.resourceClass === undefined ? [] : [sql`n.resource_class = ${query.resourceClass}`])
    ])

  const createdOrder = Effect.fnUntraced(function* (id: NodeId) {
    const [row] = yield* sql<{ readonly created_order: bigint }>`select created_order from nodes where id = ${id}`
    return row === undefined ? yield* notFound(id) : row.created_order
  })

  return NodeStore.of({
    importAll: Effect.fn("NodeStore.importAll")((nodes, options) => transaction(importAll(nodes, options), nodes)),

    find: Effect.fn("NodeStore.find")((ident) => {
      const id = ident.toLowerCase()
      const condition = isNodeId(id) ? sql`where n.id = ${id}` : sql`where n.name = ${SqlText.text(ident)}`
      return select(condition).pipe(Effect.map(Arr.head), asStoreError)
    }),

    list: Effect.fn("NodeStore.list")(function* (query) {
      const after = query.marker === undefined ? firstPage : yield* createdOrder(query.marker)
      const limit = Math.min(query.limit ?? pageSize, pageSize)
      return yield* select(
        sql`where ${where(query)} and n.created_order > ${after} order by n.created_order limit ${limit}`
      )
    }, asStoreError),

    all: Stream.paginate(firstPage, (after) =>
      NodeRow.select(sql, ring, sql`where n.created_order > ${after} order by n.created_order limit ${pageSize}`).pipe(
        Effect.map((stored) => {
          const next = Option.map(Arr.last(stored), ({ createdOrder }) => createdOrder)
          return [stored.length === 0 ? [] : [stored.map(({ record }) => record)], next] as const
        }),
        asStoreError
      )
    ),

    update: Effect.fn("NodeStore.update")(function* (id, changes, options) {
      const { nodes, found, lost } = yield* transaction(updateAll([{ id, changes, ...options }]))
      if (nodes[0] !== undefined) return nodes[0]
      if (lost > 0) return yield* new StoreError({ reason: new LeaseLost({ ident: id }) })
      return yield* found === 0 ? notFound(id) : new StoreError({ reason: new VersionConflict({ ident: id }) })
    }),

    updateAll: Effect.fn("NodeStore.updateAll")((batch) =>
      Effect.map(transaction(updateAll(batch)), ({ nodes }) => nodes)
    ),

    remove: Effect.fn("NodeStore.remove")(function* (id) {
      const gone = yield* sql`delete from nodes where id = ${id} returning id`
      if (gone.length === 0) return yield* notFound(id)
      yield* publish({ _tag: "NodesDeleted", ids: [id] })
    }, asStoreError),

    recordObservations: Effect.fn("NodeStore.recordObservations")((batch) => {
      const newest = newestOfEach(batch)
      if (newest.length === 0) return Effect.void
      return sql`
        update node_observations o set power = v.power, observed_at = v.observed_at, failures = v.failures
        from unnest(
          ${SqlText.array(
            newest.map(({ nodeId }) => nodeId),
            uuid
          )},
          ${SqlText.array(
            newest.map(({ power }) => power),
            text
          )},
          ${SqlText.array(
            newest.map(({ observedAtMillis }) => observedAtMillis),
            timestamptz
          )},
          ${SqlText.array(
            newest.map(({ failures }) => failures),
            int4
          )}
        ) as v (node_id, power, observed_at, failures)
        where o.node_id = v.node_id and (
          coalesce(v.observed_at, '-infinity') > coalesce(o.observed_at, '-infinity')
          or (v.observed_at is not distinct from o.observed_at and v.failures > o.failures)
          -- made under a clock that was ahead: it would be the newest for as long as that
          or o.observed_at > now() + interval '1 minute'
        )`.pipe(Effect.asVoid, asStoreError)
    }),

    changes: Stream.fromPubSub(changes)
  })
})

export const layer: Layer.Layer<NodeStore, never, SqlClient.SqlClient | SecretKey> = Layer.effect(NodeStore, make)
