/** Ports and chassis in Ironic's API, which are read from the store a page at a time: their fields as data, and their lists. */
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import type { PageQuery } from "../../store/PageQuery.ts"
import { isUuid } from "./Bodies.ts"
import { badRequest, type IronicFault } from "./IronicFault.ts"
import { links } from "./Links.ts"
import { type Arguments, nextUrl, parseLimit, parseSortDirection, selectFieldsOf } from "./NodeQuery.ts"

export interface ResourceField<A, Key extends string> {
  readonly name: string
  /** The minor version that brought it. */
  readonly since: number
  /** Shown by a list that asks for no fields. */
  readonly listed?: true
  /** Lists can be sorted by it; null: that is the order of creation. */
  readonly sortBy?: Key | null
  readonly value: (item: A, base: string) => Schema.Json
}

export interface Resource<A, Key extends string> {
  readonly path: string
  readonly fields: ReadonlyArray<ResourceField<A, Key>>
  readonly id: (item: A) => string
}

export interface ResourceQuery<A, Key extends string> {
  readonly fields: ReadonlyArray<ResourceField<A, Key>>
  readonly limit: number
  /** Asks for one more than the limit: by that is told whether there are more. */
  readonly page: PageQuery<Key>
}

/** Of every list, beside its filters. */
export const LIST_ARGUMENTS = ["limit", "marker", "sort_key", "sort_dir", "fields", "detail"]

export const parseResourceQuery = <A, Key extends string>(
  { fields }: Resource<A, Key>,
  args: Arguments,
  minor: number,
  detailPath: boolean
): Result.Result<ResourceQuery<A, Key>, IronicFault> =>
  Result.gen(function* () {
    const limit = yield* parseLimit(args["limit"])
    const { marker, sort_key: sortKey } = args
    if (marker !== undefined && !isUuid(marker)) {
      return yield* Result.fail(badRequest(`Expected UUID for marker: ${marker}`))
    }
    const sortField = sortKey === undefined || sortKey === "id" ? null : fieldOf(fields, minor, sortKey)
    if (sortField !== null && sortField?.sortBy === undefined) {
      return yield* Result.fail(badRequest(`The sort_key value "${sortKey}" is an invalid field for sorting`))
    }
    const sortBy = sortField?.sortBy ?? null
    const descending = yield* parseSortDirection(args["sort_dir"])
    const present = (minor: number) => fields.filter(({ since }) => since <= minor)
    return {
      fields: yield* selectFieldsOf(args, minor, detailPath, {
        find: (name) => fields.find((field) => field.name === name),
        detail: present,
        listed: (minor) => present(minor).filter(({ listed }) => listed === true)
      }),
      limit,
      page: {
        limit: limit + 1,
        descending,
        ...(marker === undefined ? {} : { marker }),
        ...(sortBy === null ? {} : { sortBy })
      }
    }
  })

const fieldOf = <A, Key extends string>(
  fields: ReadonlyArray<ResourceField<A, Key>>,
  minor: number,
  name: string
): ResourceField<A, Key> | undefined => fields.find((field) => field.name === name && field.since <= minor)

/** One resource with these fields, by default all of the version; its links are always there. */
export const toResource = <A, Key extends string>(
  resource: Resource<A, Key>,
  item: A,
  base: string,
  fields: ReadonlyArray<ResourceField<A, Key>>
): { readonly [key: string]: Schema.Json } => ({
  ...Object.fromEntries(fields.map((field) => [field.name, field.value(item, base)])),
  links: links(base, `${resource.path}/${resource.id(item)}`)
})

export const allFields = <A, Key extends string>({ fields }: Resource<A, Key>, minor: number) =>
  fields.filter(({ since }) => since <= minor)

/** The body of a list. `path` is the one that was asked for. */
export const toPage = <A, Key extends string>(
  resource: Resource<A, Key>,
  found: ReadonlyArray<A>,
  query: ResourceQuery<A, Key>,
  request: { readonly base: string; readonly path: string; readonly args: Arguments }
): { readonly [key: string]: Schema.Json } => {
  const page = found.slice(0, query.limit)
  const last = page.at(-1)
  const { args, base, path } = request
  return {
    [resource.path]: page.map((item) => toResource(resource, item, base, query.fields)),
    ...(found.length > page.length && last !== undefined
      ? { next: nextUrl(base, path, args, query.limit, resource.id(last)) }
      : {})
  }
}
