import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Schema from "effect/Schema"
import type { FruInventory } from "../../ipmi/fru/FruInventory.ts"
import type { FruField } from "../../ipmi/fru/FruText.ts"
import { chassisTypeName, fieldText, multiRecordName } from "../../ipmi/fru/FruWords.ts"
import { readFru } from "../../ipmi/fru/ReadFru.ts"
import type { Column } from "../Output.ts"
import { askEach, printLists } from "./fanOut.ts"
import { hostsArgument, readTargets, targetFlags } from "./target.ts"

interface Line {
  readonly area: string
  readonly field: string
  readonly value: string
}

type Fields = ReadonlyArray<readonly [name: string, value: FruField | string | undefined]>

const manufactured = (unixSeconds: number | undefined): string | undefined =>
  unixSeconds === undefined ? undefined : new Date(unixSeconds * 1000).toISOString().slice(0, 16).replace("T", " ")

const custom = (fields: ReadonlyArray<FruField>): Fields => fields.map((field, index) => [`custom ${index + 1}`, field])

/** Area by area; fields without a value are left out. */
const areasOf = (fru: FruInventory): ReadonlyArray<readonly [area: string, fields: Fields]> => {
  const { board, chassis, multiRecords, product } = fru
  const areas: Array<readonly [string, Fields]> = []
  if (chassis !== undefined) {
    areas.push([
      "chassis",
      [
        ["type", chassisTypeName(chassis.chassisType)],
        ["part number", chassis.partNumber],
        ["serial number", chassis.serialNumber],
        ...custom(chassis.custom)
      ]
    ])
  }
  if (board !== undefined) {
    areas.push([
      "board",
      [
        ["manufactured", manufactured(board.manufacturedUnix)],
        ["manufacturer", board.manufacturer],
        ["product name", board.productName],
        ["serial number", board.serialNumber],
        ["part number", board.partNumber],
        ["FRU file", board.fruFileId],
        ...custom(board.custom)
      ]
    ])
  }
  if (product !== undefined) {
    areas.push([
      "product",
      [
        ["manufacturer", product.manufacturer],
        ["product name", product.productName],
        ["part number", product.partNumber],
        ["version", product.version],
        ["serial number", product.serialNumber],
        ["asset tag", product.assetTag],
        ["FRU file", product.fruFileId],
        ...custom(product.custom)
      ]
    ])
  }
  if (multiRecords.length > 0) {
    areas.push([
      "records",
      multiRecords.map(({ data, type }, index) => [
        `${index + 1}: ${multiRecordName(type)}`,
        Buffer.from(data).toString("hex")
      ])
    ])
  }
  return areas
}

const textOf = (value: FruField | string | undefined): string | undefined =>
  typeof value === "string" ? value : fieldText(value)

const linesOf = (fru: FruInventory): ReadonlyArray<Line> => [
  ...areasOf(fru).flatMap(([area, fields]) =>
    fields.flatMap(([field, raw]) => {
      const value = textOf(raw)
      return value === undefined ? [] : [{ area, field, value }]
    })
  ),
  ...fru.problems.map((value) => ({ area: "problem", field: "-", value }))
]

const toJson = (fru: FruInventory) => ({
  ...Object.fromEntries(
    areasOf(fru).map(([area, fields]) => [
      area,
      Object.fromEntries(fields.map(([field, raw]) => [field.replaceAll(" ", "_").toLowerCase(), textOf(raw) ?? null]))
    ])
  ),
  problems: fru.problems
})

const columns: ReadonlyArray<Column<Line>> = [
  { title: "AREA", cell: ({ area }) => area },
  { title: "FIELD", cell: ({ field }) => field },
  { title: "VALUE", cell: ({ value }) => value }
]

export const fru = Command.make(
  "fru",
  {
    hosts: hostsArgument,
    id: Flag.Int("id").pipe(
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xfe }))),
      Flag.withDescription("Which FRU; 0 is the server itself"),
      Flag.withDefault(0)
    ),
    ...targetFlags
  },
  Effect.fnUntraced(function* ({ hosts, id, ...flags }) {
    const targets = yield* readTargets(hosts, flags, "USER")
    const rows = yield* askEach(targets, flags.fanOut, (session) => readFru(session, id))
    yield* printLists(rows, toJson, linesOf, columns)
  })
).pipe(Command.withDescription("Read the inventory of servers: makers, models, part and serial numbers"))
