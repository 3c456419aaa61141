/** `ConductorStore` in PostgreSQL, real or embedded. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import { type ConductorSelf, ConductorStore, type StoredConductor } from "./ConductorStore.ts"
import { asStoreError } from "./SqlFailure.ts"
import * as SqlText from "./SqlText.ts"

interface Row {
  readonly hostname: string
  readonly version: string
  readonly groups: ReadonlyArray<string>
  readonly drivers: ReadonlyArray<string>
  readonly created_at: Date
  readonly started_at: Date
  readonly heartbeat_at: Date
  readonly silent_millis: number
  readonly online: boolean
}

const toConductor = (row: Row): StoredConductor => ({
  hostname: row.hostname,
  version: row.version,
  groups: row.groups,
  drivers: row.drivers,
  createdAtMillis: row.created_at.getTime(),
  startedAtMillis: row.started_at.getTime(),
  heartbeatAtMillis: row.heartbeat_at.getTime(),
  silentMillis: row.silent_millis,
  online: row.online
})

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  const write = ({ drivers, groups, hostname, version }: ConductorSelf, isStart: boolean) =>
    sql`
      insert into conductors as c (hostname, version, groups, drivers, created_at, started_at, heartbeat_at, online)
      values (
        ${SqlText.text(hostname)}, ${SqlText.text(version)}, ${SqlText.json(groups)}::text::jsonb,
        ${SqlText.json(drivers)}::text::jsonb, clock_timestamp(), clock_timestamp(), clock_timestamp(), true
      )
      on conflict (hostname) do update set
        version = excluded.version, groups = excluded.groups, drivers = excluded.drivers,
        started_at = case when ${isStart} then excluded.started_at else c.started_at end,
        heartbeat_at = excluded.heartbeat_at, online = true`.pipe(Effect.asVoid, asStoreError)

  const silentFor = (silence: Duration.Duration) =>
    sql`heartbeat_at < clock_timestamp() - ${Duration.toMillis(silence)} * interval '1 millisecond'`

  return ConductorStore.of({
    register: Effect.fn("ConductorStore.register")((self) => write(self, true)),
    beat: Effect.fn("ConductorStore.beat")((self) => write(self, false)),
    leave: Effect.fn("ConductorStore.leave")((hostname) =>
      sql`update conductors set online = false where hostname = ${SqlText.text(hostname)}`.pipe(
        Effect.asVoid,
        asStoreError
      )
    ),
    list: sql<Row>`
      select *, (extract(epoch from clock_timestamp() - heartbeat_at) * 1000)::float8 as silent_millis
      from conductors order by hostname`.pipe(
      Effect.map((rows) => rows.map(toConductor)),
      asStoreError
    ),
    loseSilent: Effect.fn("ConductorStore.loseSilent")((silence) =>
      sql<{ readonly hostname: string }>`
        update conductors set online = false where online and ${silentFor(silence)} returning hostname`.pipe(
        Effect.map((rows) => rows.map(({ hostname }) => hostname)),
        asStoreError
      )
    ),
    forget: Effect.fn("ConductorStore.forget")((silence, limit) => {
      const silent = sql`not online and ${silentFor(silence)}`
      return sql<{ readonly hostname: string }>`
        delete from conductors where ${silent} and hostname in (
          select hostname from conductors where ${silent} order by heartbeat_at limit ${limit}
        ) returning hostname`.pipe(
        Effect.map((rows) => rows.map(({ hostname }) => hostname)),
        asStoreError
      )
    })
  })
})

export const layer: Layer.Layer<ConductorStore, never, SqlClient.SqlClient> = Layer.effect(ConductorStore, make)
