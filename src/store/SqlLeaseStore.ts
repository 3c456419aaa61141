/**
 * `LeaseStore` in PostgreSQL, real or embedded. What is decided by time is decided within the statement that writes, after
 * it has the row's lock; rows are locked in the order of their nodes, so that no two statements wait for each other.
 */
import * as PgTypes from "@effect/sql-pg/PgTypes"
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import type { NodeId } from "../domain/Node.ts"
import { type HeldLease, type Lease, type LeaseRequest, LeaseStore } from "./LeaseStore.ts"
import { asStoreError } from "./SqlFailure.ts"
import * as SqlText from "./SqlText.ts"

const { int8, text, uuid } = PgTypes.OID

/** A row as the columns of `returned` bring it. */
interface Row {
  readonly node_id: NodeId
  readonly holder: string
  readonly purpose: string
  readonly since: Date
  readonly expires_at: Date
  readonly fence: bigint
}

const toLease = (row: Row): Lease => ({
  nodeId: row.node_id,
  holder: row.holder,
  purpose: row.purpose,
  sinceMillis: row.since.getTime(),
  expiresAtMillis: row.expires_at.getTime(),
  // Far below 2^53: a million a second would take centuries.
  fence: Number(row.fence)
})
const toLeases = Arr.map(toLease)

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const returned = sql.literal("l.node_id, l.holder, l.purpose, l.since, l.expires_at, l.fence")

  const unnested = (leases: ReadonlyArray<HeldLease>) => sql`unnest(
    ${SqlText.array(
      leases.map(({ nodeId }) => nodeId),
      uuid
    )},
    ${SqlText.array(
      leases.map(({ fence }) => BigInt(fence)),
      int8
    )}
  ) as v (node_id, fence)`

  /** The leases that are still these, each locked. */
  const locked = (leases: ReadonlyArray<HeldLease>) => sql`
    select l.node_id from node_leases l
    join ${unnested(leases)} on v.node_id = l.node_id and v.fence = l.fence
    order by l.node_id for update of l`

  /** A node that is gone has no lease: the join leaves it out, and the lock keeps it until the insert has looked at it. */
  const take = (holder: string, requests: ReadonlyArray<LeaseRequest>, millis: number) => sql<Row>`
    insert into node_leases as l (node_id, holder, purpose, since, expires_at, fence)
    select n.id, ${SqlText.text(holder)}, v.purpose, clock_timestamp(),
      clock_timestamp() + ${millis} * interval '1 millisecond', nextval('lease_fences')
    from unnest(
      ${SqlText.array(
        requests.map(({ nodeId }) => nodeId),
        uuid
      )},
      ${SqlText.array(
        requests.map(({ purpose }) => SqlText.text(purpose)),
        text
      )}
    ) as v (node_id, purpose)
    join nodes n on n.id = v.node_id
    order by n.id for key share of n
    on conflict (node_id) do update set
      holder = excluded.holder, purpose = excluded.purpose, since = clock_timestamp(),
      expires_at = clock_timestamp() + ${millis} * interval '1 millisecond', fence = nextval('lease_fences')
    where l.expires_at <= clock_timestamp() or l.holder = excluded.holder
    returning ${returned}`

  const of = (nodeIds: ReadonlyArray<NodeId>) => sql<Row>`
    select ${returned} from node_leases l where l.node_id = any(${SqlText.array(nodeIds, uuid)})`

  return LeaseStore.of({
    take: Effect.fn("LeaseStore.take")(function* (holder, requests, duration) {
      if (requests.length === 0) return { taken: [], refused: [] }
      const taken = toLeases(yield* take(holder, requests, Duration.toMillis(duration)))
      if (taken.length === requests.length) return { taken, refused: [] }
      const ids = new Set(taken.map(({ nodeId }) => nodeId))
      const rest = requests.flatMap(({ nodeId }) => (ids.has(nodeId) ? [] : [nodeId]))
      return { taken, refused: toLeases(yield* of(rest)) }
    }, asStoreError),

    renew: Effect.fn("LeaseStore.renew")((leases, duration) =>
      leases.length === 0
        ? Effect.succeed([])
        : sql<Row>`
            with mine as (${locked(leases)})
            update node_leases l
            set expires_at = clock_timestamp() + ${Duration.toMillis(duration)} * interval '1 millisecond'
            where l.node_id in (select node_id from mine) and l.expires_at > clock_timestamp()
            returning ${returned}`.pipe(Effect.map(toLeases), asStoreError)
    ),

    release: Effect.fn("LeaseStore.release")((leases) =>
      leases.length === 0
        ? Effect.void
        : sql`
            with mine as (${locked(leases)})
            delete from node_leases l where l.node_id in (select node_id from mine)`.pipe(Effect.asVoid, asStoreError)
    ),

    list: sql<Row>`select ${returned} from node_leases l order by l.node_id`.pipe(Effect.map(toLeases), asStoreError),

    breakOf: Effect.fn("LeaseStore.breakOf")(({ expired, holders }) => {
      const ofThese = sql`l.holder = any(${SqlText.array(holders.map(SqlText.text), text)})`
      const which = expired ? sql.or([ofThese, sql`l.expires_at <= clock_timestamp()`]) : ofThese
      return sql<Row>`
        with dead as (select l.node_id from node_leases l where ${which} order by l.node_id for update of l)
        delete from node_leases l where l.node_id in (select node_id from dead)
        returning ${returned}`.pipe(Effect.map(toLeases), asStoreError)
    })
  })
})

export const layer: Layer.Layer<LeaseStore, never, SqlClient.SqlClient> = Layer.effect(LeaseStore, make)
