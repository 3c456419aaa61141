/** `BulkPowerStore` in PostgreSQL, real or embedded. */
import * as PgTypes from "@effect/sql-pg/PgTypes"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import type { Fragment } from "effect/sql/Statement"
import { BulkJob, type BulkPart, countParts, PartState } from "../domain/BulkPower.ts"
import { NodeId } from "../domain/Node.ts"
import { BulkPowerStore, mostJobs, type PartUpdate, type StoredJob } from "./BulkPowerStore.ts"
import { asStoreError } from "./SqlFailure.ts"
import * as SqlText from "./SqlText.ts"
import { causeText } from "./StartError.ts"
import { StoreError, Unreadable } from "./StoreError.ts"

const { int4, text, timestamptz, uuid } = PgTypes.OID

const JobRow = Schema.Struct({
  ...BulkJob.fields,
  requestedAt: Schema.DateTimeUtcFromDate,
  endedAt: Schema.NullOr(Schema.DateTimeUtcFromDate),
  counts: Schema.NullOr(Schema.Record(Schema.String, Schema.Int))
})
const decodeJobs = Schema.decodeUnknownResult(Schema.Array(JobRow))

const Millis = Schema.NullOr(Schema.DateTimeUtcFromDate)
const PartRow = Schema.Struct({
  position: Schema.Int,
  nodeId: NodeId,
  node: Schema.String,
  state: PartState,
  detail: Schema.NullOr(Schema.String),
  begunAt: Millis,
  endedAt: Millis
})
const decodeParts = Schema.decodeUnknownResult(Schema.Array(PartRow))

const unreadable = (error: Schema.SchemaError): StoreError =>
  new StoreError({ reason: new Unreadable({ message: `A power job can't be understood: ${causeText(error)}` }) })

const toStored = ({ counts, ...job }: typeof JobRow.Type): StoredJob => ({
  job: new BulkJob(job, { disableChecks: true }),
  counts: { ...countParts([]), ...counts }
})
const toPart = ({ begunAt, endedAt, ...part }: typeof PartRow.Type): BulkPart => ({
  ...part,
  begunAtMillis: begunAt === null ? null : begunAt.epochMilliseconds,
  endedAtMillis: endedAt === null ? null : endedAt.epochMilliseconds
})

const dateOrNull = (millis: number | null): Date | null => (millis === null ? null : new Date(millis))
const textOrNull = (value: string | null): string | null => (value === null ? null : SqlText.text(value))

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  const jobs = (where: Fragment) => sql`
    select j.id, j.action, j.selection, j.options, j.actor, j.nodes, j.state,
      j.requested_at as "requestedAt", j.ended_at as "endedAt",
      (select jsonb_object_agg(c.state, c.count) from (
        select p.state, count(*) from power_job_parts p where p.job_id = j.id group by p.state
      ) c) as counts
    from power_jobs j where ${where} order by j.number desc`
  const stored = Effect.fnUntraced(function* (where: Fragment) {
    const decoded = decodeJobs(yield* jobs(where))
    return Result.isSuccess(decoded) ? decoded.success.map(toStored) : yield* unreadable(decoded.failure)
  })

  const insertJob = (job: BulkJob) => sql`
    insert into power_jobs (id, action, selection, options, actor, nodes, state, requested_at, ended_at)
    values (${job.id}, ${job.action}, ${SqlText.text(job.selection)}, ${SqlText.json(job.options)}::text::jsonb,
      ${SqlText.text(job.actor)}, ${job.nodes}, ${job.state}, ${DateTime.toDateUtc(job.requestedAt)},
      ${job.endedAt === null ? null : DateTime.toDateUtc(job.endedAt)})`

  const insertParts = (jobId: string, parts: ReadonlyArray<BulkPart>) => {
    const column = (of: (part: BulkPart) => unknown, oid: number) => SqlText.array(parts.map(of), oid)
    return sql`
      insert into power_job_parts (job_id, position, node_id, node, state, detail, begun_at, ended_at)
      select ${jobId}::uuid, v.* from unnest(
        ${column(({ position }) => position, int4)},
        ${column(({ nodeId }) => nodeId, uuid)},
        ${column(({ node }) => SqlText.text(node), text)},
        ${column(({ state }) => state, text)},
        ${column(({ detail }) => textOrNull(detail), text)},
        ${column(({ begunAtMillis }) => dateOrNull(begunAtMillis), timestamptz)},
        ${column(({ endedAtMillis }) => dateOrNull(endedAtMillis), timestamptz)}
      ) v`
  }

  const forgetOld = sql`
    delete from power_jobs where ended_at is not null
      and number < (select min(number) from (select number from power_jobs order by number desc limit ${mostJobs}) kept)`

  const updateParts = (batch: ReadonlyArray<PartUpdate>) => {
    const column = (of: (part: PartUpdate) => unknown, oid: number) => SqlText.array(batch.map(of), oid)
    return sql`
      update power_job_parts p
      set state = v.state, detail = v.detail, begun_at = v.begun_at, ended_at = v.ended_at
      from unnest(
        ${column(({ jobId }) => jobId, uuid)},
        ${column(({ position }) => position, int4)},
        ${column(({ state }) => state, text)},
        ${column(({ detail }) => textOrNull(detail), text)},
        ${column(({ begunAtMillis }) => dateOrNull(begunAtMillis), timestamptz)},
        ${column(({ endedAtMillis }) => dateOrNull(endedAtMillis), timestamptz)}
      ) as v (job_id, position, state, detail, begun_at, ended_at)
      where p.job_id = v.job_id and p.position = v.position`
  }

  return BulkPowerStore.of({
    create: Effect.fn("BulkPowerStore.create")((job, parts) =>
      Effect.andThen(insertJob(job), Effect.andThen(insertParts(job.id, parts), forgetOld)).pipe(
        sql.withTransaction,
        Effect.asVoid,
        asStoreError
      )
    ),
    updateParts: Effect.fn("BulkPowerStore.updateParts")((batch) =>
      batch.length === 0 ? Effect.void : updateParts(batch).pipe(Effect.asVoid, asStoreError)
    ),
    endWaiting: Effect.fn("BulkPowerStore.endWaiting")((jobId, detail, at) =>
      sql`
        update power_job_parts
        set state = 'not-begun', detail = ${SqlText.text(detail)}, ended_at = ${DateTime.toDateUtc(at)}
        where job_id = ${jobId} and state = 'waiting'`.pipe(Effect.asVoid, asStoreError)
    ),
    setState: Effect.fn("BulkPowerStore.setState")((jobId, state, endedAt) =>
      sql`
        update power_jobs set state = ${state}, ended_at = ${endedAt === null ? null : DateTime.toDateUtc(endedAt)}
        where id = ${jobId}`.pipe(Effect.asVoid, asStoreError)
    ),
    find: Effect.fn("BulkPowerStore.find")((jobId) =>
      stored(sql`j.id = ${jobId}`).pipe(
        Effect.map((found) => Option.fromUndefinedOr(found[0])),
        asStoreError
      )
    ),
    list: asStoreError(
      stored(sql`j.ended_at is null or j.number in (
        select number from power_jobs order by number desc limit ${mostJobs})`)
    ),
    parts: Effect.fn("BulkPowerStore.parts")(function* (jobId, { after = -1, limit, states }) {
      const rows = yield* sql`
        select position, node_id as "nodeId", node, state, detail, begun_at as "begunAt", ended_at as "endedAt"
        from power_job_parts
        where ${sql.and([
          sql`job_id = ${jobId}`,
          sql`position > ${after}`,
          ...(states === undefined ? [] : [sql`state = any(${SqlText.array(states, text)})`])
        ])}
        order by position limit ${limit}`
      const decoded = decodeParts(rows)
      return Result.isSuccess(decoded) ? decoded.success.map(toPart) : yield* unreadable(decoded.failure)
    }, asStoreError)
  })
})

export const layer: Layer.Layer<BulkPowerStore, never, SqlClient.SqlClient> = Layer.effect(BulkPowerStore, make)
