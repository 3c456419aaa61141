/**
 * One request to many BMCs, a session each, at most `fanOut` of them at a time, results in the order of the hosts.
 * A dead BMC costs its own time only.
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { IpmiClient, type IpmiCommand, type IpmiSession } from "../../ipmi/IpmiClient.ts"
import type { IpmiError } from "../../ipmi/IpmiError.ts"
import { someFailed } from "../CliFailure.ts"
import { Launch } from "../Launch.ts"
import { type Column, formatTable, Json } from "../Output.ts"
import type { Target } from "./target.ts"

export interface Row<A> {
  readonly host: string
  readonly value: A | null
  readonly error: string | null
}

/** Runs `ask` in a session to each target. A failure is that host's row, never the command's. */
export const askEach = <A, R>(
  targets: ReadonlyArray<Target>,
  fanOut: number,
  ask: (session: IpmiSession, target: Target) => Effect.Effect<A, IpmiError, R>
) =>
  Effect.gen(function* () {
    const client = yield* IpmiClient
    return yield* Effect.forEach(
      targets,
      (target) =>
        client.session(target.ipmi).pipe(
          Effect.flatMap((session) => ask(session, target)),
          Effect.scoped,
          Effect.result,
          Effect.map((result) => rowOf(target, result))
        ),
      { concurrency: fanOut }
    )
  }).pipe(withClient)

/** As `askEach`, where one command is all that is asked: that is done for all at once, for a quarter less CPU a host. */
export const askOnce = <A>(targets: ReadonlyArray<Target>, fanOut: number, command: IpmiCommand<A>) =>
  Effect.gen(function* () {
    const client = yield* IpmiClient
    const results: Array<Result.Result<A, IpmiError>> = []
    yield* client.askMany(
      targets.map(({ ipmi }) => ipmi),
      command,
      {
        atOnce: fanOut,
        onEach: (index, result) => {
          results[index] = result
        }
      }
    )
    return targets.map((target, index) => rowOf(target, results[index]))
  }).pipe(withClient)

const withClient = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Launch, ({ ipmiClient }) => Effect.provide(effect, ipmiClient))

const rowOf = <A>({ label }: Target, result: Result.Result<A, IpmiError> | undefined): Row<A> => {
  if (result === undefined) return { host: label, value: null, error: "not asked" }
  return Result.isSuccess(result)
    ? { host: label, value: result.success, error: null }
    : { host: label, value: null, error: result.failure.message }
}

/** As `printRows`, for answers that are lists: a line for each item, and hosts without an answer on standard error. */
export const printLists = <A, B>(
  rows: ReadonlyArray<Row<A>>,
  json: (value: A) => object,
  items: (value: A) => ReadonlyArray<B>,
  columns: ReadonlyArray<Column<B>>
) =>
  Effect.gen(function* () {
    if (yield* Json) return yield* printRows(rows, json, [])
    const lines = rows.flatMap(({ host, value }) =>
      value === null ? [] : items(value).map((item) => ({ host, item }))
    )
    const table = formatTable<(typeof lines)[number]>(
      [
        { title: "HOST", cell: (line) => line.host },
        ...columns.map((column) => ({ ...column, cell: (line: (typeof lines)[number]) => column.cell(line.item) }))
      ],
      lines
    )
    yield* Console.log(table)
    const failed = rows.filter((row) => row.error !== null)
    for (const { error, host } of failed) yield* Console.error(`tutti: ${host}: ${error}`)
    if (failed.length > 0) return yield* someFailed
  })

/** Prints rows as a table or JSON; fails with exit code 1 when a host failed. */
export const printRows = <A>(
  rows: ReadonlyArray<Row<A>>,
  json: (value: A) => object,
  columns: ReadonlyArray<Column<A>>
) =>
  Effect.gen(function* () {
    if (yield* Json) {
      const objects = rows.map(({ error, host, value }) => ({ host, ...(value === null ? {} : json(value)), error }))
      yield* Console.log(JSON.stringify(objects, null, 2))
    } else {
      const answered = (cell: (value: A) => string) => (row: Row<A>) => (row.value === null ? "-" : cell(row.value))
      const failed = rows.some((row) => row.error !== null)
      const table = formatTable<Row<A>>(
        [
          { title: "HOST", cell: (row) => row.host },
          ...columns.map((column) => ({ ...column, cell: answered(column.cell) })),
          ...(failed ? [{ title: "ERROR", cell: (row: Row<A>) => row.error ?? "-" }] : [])
        ],
        rows
      )
      yield* Console.log(table)
    }
    if (rows.some((row) => row.error !== null)) return yield* someFailed
  })
