/** Seals every stored secret with the first key of the ring, after a new key was put on top of the file. */
import * as PgTypes from "@effect/sql-pg/PgTypes"
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import { open, seal, SecretKey } from "./Secrets.ts"
import * as SqlText from "./SqlText.ts"

interface SealedRow {
  readonly id: string
  readonly created_order: bigint
  readonly secrets: Readonly<Record<string, string>>
}

const rowsPerStatement = 1000

/** Returns the number of nodes. A secret that no key opens is left as it is, with a warning: it was lost before. */
export const sealAnew = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const ring = yield* SecretKey
  let count = 0
  let after = 0n
  while (true) {
    const rows = yield* sql<SealedRow>`
      select id, created_order, secrets from nodes
      where created_order > ${after} order by created_order limit ${rowsPerStatement} for update`
    const last = rows.at(-1)
    if (last === undefined) return count
    const sealed: Array<string> = []
    for (const { id, secrets } of rows) {
      const anew: Record<string, string> = {}
      for (const [field, text] of Object.entries(secrets)) {
        const place = { owner: id, field }
        const secret = open(ring, place, text)
        anew[field] = secret === undefined ? text : seal(ring, place, secret)
        if (secret === undefined) {
          yield* Effect.logWarning("No key opens a stored secret").pipe(Effect.annotateLogs({ node: id, field }))
        }
      }
      sealed.push(SqlText.json(anew))
    }
    const ids = SqlText.array(
      rows.map(({ id }) => id),
      PgTypes.OID.uuid
    )
    yield* sql`
      update nodes set secrets = v.secrets::jsonb
      from unnest(${ids}, ${SqlText.array(sealed, PgTypes.OID.text)}) as v (id, secrets)
      where nodes.id = v.id`
    count += rows.length
    after = last.created_order
  }
})
