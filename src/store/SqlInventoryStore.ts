/** `InventoryStore` in PostgreSQL, real or embedded. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import { Inventory } from "../domain/Inventory.ts"
import { InventoryStore } from "./InventoryStore.ts"
import { asStoreError } from "./SqlFailure.ts"
import * as SqlText from "./SqlText.ts"
import { causeText } from "./StartError.ts"
import { StoreError, Unreadable } from "./StoreError.ts"

const Row = Schema.Struct({ inventory: Inventory, inspectedAt: Schema.DateTimeUtcFromDate })
const decodeRow = Schema.decodeUnknownResult(Row)
const encode = Schema.encodeSync(Inventory)

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return InventoryStore.of({
    save: Effect.fn("InventoryStore.save")((nodeId, { inspectedAt, inventory }) =>
      sql`
        insert into inventories (node_id, inspected_at, inventory)
        select n.id, ${DateTime.toDateUtc(inspectedAt)}, ${SqlText.json(encode(inventory))}::text::jsonb
        from nodes n where n.id = ${nodeId}
        for key share of n
        on conflict (node_id) do update set inspected_at = excluded.inspected_at, inventory = excluded.inventory`.pipe(
        Effect.asVoid,
        asStoreError
      )
    ),
    find: Effect.fn("InventoryStore.find")(function* (nodeId) {
      const [row] = yield* sql`
        select inventory, inspected_at as "inspectedAt" from inventories where node_id = ${nodeId}`
      if (row === undefined) return Option.none()
      const decoded = decodeRow(row)
      if (Result.isFailure(decoded)) {
        const message = `The inventory of node ${nodeId} can't be understood: ${causeText(decoded.failure)}`
        return yield* new StoreError({ reason: new Unreadable({ message }) })
      }
      return Option.some(decoded.success)
    }, asStoreError)
  })
})

export const layer: Layer.Layer<InventoryStore, never, SqlClient.SqlClient> = Layer.effect(InventoryStore, make)
