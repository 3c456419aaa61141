import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import type { InventoryView } from "../../api/ProvisioningApi.ts"
import { formatTable, print } from "../Output.ts"
import { call } from "../Server.ts"
import { nodeArgument } from "./show.ts"

/** What is known, a fact a line; parts by their names. */
const facts = ({ sensors: _, ...inventory }: InventoryView): ReadonlyArray<readonly [string, string]> =>
  Object.entries(inventory).flatMap(([key, value]): ReadonlyArray<readonly [string, string]> => {
    if (value === null) return []
    if (typeof value === "string") return [[key, value]]
    if (Array.isArray(value)) return value.map((text) => [key, String(text)])
    return Object.entries(value).flatMap(([name, item]) => (item === null ? [] : [[`${key}.${name}`, String(item)]]))
  })

/** A table of facts and one of sensors. */
export const formatInventory = (inventory: InventoryView): string => {
  const about = formatTable(
    [
      { title: "FIELD", cell: ([field]: readonly [string, string]) => field },
      { title: "VALUE", cell: ([, value]) => value }
    ],
    facts(inventory)
  )
  if (inventory.sensors.length === 0) return about
  const sensors = formatTable(
    [
      { title: "SENSOR", cell: ({ name }: InventoryView["sensors"][number]) => name },
      { title: "TYPE", cell: ({ type }) => type },
      { title: "ENTITY", cell: ({ entity }) => entity },
      { title: "UNIT", cell: ({ unit }) => unit ?? "-" }
    ],
    inventory.sensors
  )
  return `${about}\n\n${sensors}`
}

export const inventory = Command.make(
  "inventory",
  { node: nodeArgument },
  Effect.fnUntraced(function* ({ node }) {
    const found = yield* call((client) => client.provisioning.inventory({ params: { ident: node } }))
    yield* print(found, () => formatInventory(found))
  })
).pipe(Command.withDescription("Show what the last inspection found: maker, model, numbers, sensors"))
