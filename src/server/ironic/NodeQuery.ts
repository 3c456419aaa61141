/**
 * What a list of Ironic nodes is asked for: filters, order, page and fields, each with the microversion that brought it,
 * as data. Pure. Every mistake is a fault that names the argument.
 */
import * as Result from "effect/Result"
import type { NodeRecord } from "../../domain/Node.ts"
import { badRequest, IronicFault, nodeNotFound, notInVersion } from "./IronicFault.ts"
import { filters, parseBoolean, type Predicate } from "./NodeFilters.ts"
import { listedFields, detailFields, nodeField, type NodeField, type ViewContext } from "./NodeFields.ts"

export type Arguments = { readonly [name: string]: string }

/** The most nodes in one answer, and how many there are when none is asked for. */
export const MAX_LIMIT = 1000

const PAGING = new Set(["limit", "marker", "sort_key", "sort_dir", "fields"])

export interface NodeQuery {
  readonly matches: Predicate
  readonly fields: ReadonlyArray<NodeField>
  readonly limit: number
  readonly marker: string | null
  /** Null: in the order of creation. */
  readonly sortBy: NodeField | null
  readonly descending: boolean
}

/** `detailPath`: the request came by `/nodes/detail`. */
export const parseQuery = (
  args: Arguments,
  context: ViewContext,
  detailPath: boolean
): Result.Result<NodeQuery, IronicFault> => {
  const unexpected = Object.keys(args).filter(
    (name) =>
      !PAGING.has(name) && !filters.some((filter) => filter.argument === name) && !(name === "detail" && !detailPath)
  )
  if (unexpected.length > 0) return Result.fail(badRequest(`Unexpected arguments: ${unexpected.join(", ")}`))
  return Result.gen(function* () {
    const predicates: Array<Predicate> = []
    for (const filter of filters) {
      const value = args[filter.argument]
      if (value === undefined) continue
      if (context.minor < filter.since) return yield* Result.fail(notInVersion(filter.argument, filter.since))
      const predicate = filter.predicate(value, context)
      if (predicate instanceof IronicFault) return yield* Result.fail(predicate)
      predicates.push(predicate)
    }
    return {
      matches: (record) => predicates.every((predicate) => predicate(record)),
      fields: yield* selectFields(args, context.minor, detailPath),
      limit: yield* parseLimit(args["limit"]),
      marker: args["marker"] ?? null,
      sortBy: yield* parseSortKey(args["sort_key"], context.minor),
      descending: yield* parseSortDirection(args["sort_dir"])
    }
  })
}

/** `fields=a,b` of one node or of a list. */
export const parseFields = (
  value: string | undefined,
  minor: number
): Result.Result<ReadonlyArray<NodeField> | null, IronicFault> => parseFieldsOf(value, minor, nodeField)

/** The same for any resource; `find` knows its fields. */
export const parseFieldsOf = <F extends { readonly since: number }>(
  value: string | undefined,
  minor: number,
  find: (name: string) => F | undefined
): Result.Result<ReadonlyArray<F> | null, IronicFault> => {
  if (value === undefined) return Result.succeed(null)
  if (minor < 8) return Result.fail(notInVersion("fields", 8))
  const fields: Array<F> = []
  for (const name of value.split(",")) {
    if (name === "links") continue
    const field = find(name)
    if (field === undefined) return Result.fail(badRequest(`Field(s) "${name}" are not valid`))
    if (field.since > minor) return Result.fail(notInVersion(`field ${name}`, field.since))
    fields.push(field)
  }
  return Result.succeed(fields)
}

const selectFields = (args: Arguments, minor: number, detailPath: boolean) =>
  selectFieldsOf(args, minor, detailPath, { find: nodeField, detail: detailFields, listed: listedFields })

/** What a list of any resource shows: what was asked for, all, or the few that are listed. */
export const selectFieldsOf = <F extends { readonly since: number }>(
  args: Arguments,
  minor: number,
  detailPath: boolean,
  of: {
    readonly find: (name: string) => F | undefined
    readonly detail: (minor: number) => ReadonlyArray<F>
    readonly listed: (minor: number) => ReadonlyArray<F>
  }
): Result.Result<ReadonlyArray<F>, IronicFault> =>
  Result.gen(function* () {
    const chosen = yield* parseFieldsOf(args["fields"], minor, of.find)
    const asked = args["detail"]
    if (asked !== undefined && minor < 43) {
      return yield* Result.fail(badRequest("Invalid query parameter detail: it needs API version 1.43 or newer."))
    }
    const wanted = asked === undefined ? false : parseBoolean(asked)
    if (wanted === null) {
      return yield* Result.fail(badRequest(`Invalid value for detail: ${asked} is neither true nor false.`))
    }
    const detail = detailPath || wanted
    if (detail && chosen !== null) {
      return yield* Result.fail(badRequest("Can't fetch a subset of fields with 'detail' set"))
    }
    return chosen ?? (detail ? of.detail(minor) : of.listed(minor))
  })

export const parseLimit = (value: string | undefined): Result.Result<number, IronicFault> => {
  if (value === undefined) return Result.succeed(MAX_LIMIT)
  if (!/^[+-]?\d{1,9}$/.test(value)) return Result.fail(badRequest(`Invalid value for limit: ${value} is no number.`))
  const limit = Number(value)
  return limit <= 0 ? Result.fail(badRequest("Limit must be positive")) : Result.succeed(Math.min(limit, MAX_LIMIT))
}

const parseSortKey = (key: string | undefined, minor: number): Result.Result<NodeField | null, IronicFault> => {
  if (key === undefined || key === "id") return Result.succeed(null)
  const field = nodeField(key)
  if (field?.sortable !== true) {
    return Result.fail(badRequest(`The sort_key value "${key}" is an invalid field for sorting`))
  }
  return field.since > minor ? Result.fail(notInVersion(`sort_key ${key}`, field.since)) : Result.succeed(field)
}

export const parseSortDirection = (value: string | undefined): Result.Result<boolean, IronicFault> =>
  value === undefined || value === "asc" || value === "desc"
    ? Result.succeed(value === "desc")
    : Result.fail(badRequest(`Invalid sort direction: ${value}. Acceptable values are 'asc' or 'desc'`))

export interface Page {
  readonly records: ReadonlyArray<NodeRecord>
  /** There are more after the last. */
  readonly more: boolean
}

/** One page. The marker is a uuid and must exist, even where it does not match the filters. */
export const selectPage = (
  all: Iterable<NodeRecord>,
  query: NodeQuery,
  context: ViewContext
): Result.Result<Page, IronicFault> => {
  const { sortBy } = query
  let records = Array.from(all)
  if (sortBy !== null) {
    const keyed = records.map((record) => ({ record, key: sortBy.value(record, context) }))
    // Array sort is stable: equal keys stay in the order of creation.
    keyed.sort((a, b) => compareKeys(a.key, b.key))
    records = keyed.map(({ record }) => record)
  }
  if (query.descending) records.reverse()
  let start = 0
  if (query.marker !== null) {
    const at = records.findIndex(({ node }) => node.id === query.marker)
    if (at === -1) return Result.fail(nodeNotFound(query.marker))
    start = at + 1
  }
  const page: Array<NodeRecord> = []
  for (let index = start; index < records.length; index++) {
    const record = records[index]
    if (record === undefined || !query.matches(record)) continue
    if (page.length === query.limit) return Result.succeed({ records: page, more: true })
    page.push(record)
  }
  return Result.succeed({ records: page, more: false })
}

/** Null after everything else, as PostgreSQL orders it. */
const compareKeys = (a: unknown, b: unknown): number => {
  if (a === b) return 0
  if (a === null) return 1
  if (b === null) return -1
  return String(a) < String(b) ? -1 : 1
}

/** The address of the page after `last`: what was asked for, in Ironic's order of arguments. */
export const nextUrl = (base: string, path: string, args: Arguments, limit: number, last: string): string => {
  const next = new URLSearchParams({ sort_key: args["sort_key"] ?? "id", sort_dir: args["sort_dir"] ?? "asc" })
  for (const [name, value] of Object.entries(args)) if (!next.has(name) && name !== "marker") next.set(name, value)
  next.set("limit", String(limit))
  next.set("marker", last)
  return `${base}/v1/${path}?${next.toString().replaceAll("%2C", ",")}`
}
