/** Which page of a list is wanted, and the same page cut from what is held in memory. */
import { pageSize } from "./NodeStore.ts"

export interface PageQuery<Key extends string> {
  /** What stands after this one; fails as a look-up of it does when it is gone. */
  readonly marker?: string
  /** Default `pageSize`, and at most one more: by that is told whether there is a next page. */
  readonly limit?: number
  /** Absent: in the order of creation. Equal ones are in that order too; null comes last. */
  readonly sortBy?: Key
  /** The other way round. */
  readonly descending?: boolean
}

export const limitOf = ({ limit = pageSize }: { readonly limit?: number }): number => Math.min(limit, pageSize + 1)

/** `all` in the order of creation; undefined when the marker is not among them. `keyOf` gives texts that sort as the values do. */
export const pageOf = <A extends { readonly id: string }, Key extends string>(
  all: ReadonlyArray<A>,
  query: PageQuery<Key>,
  matches: (item: A) => boolean,
  keyOf: (item: A, key: Key) => string | null
): ReadonlyArray<A> | undefined => {
  const { descending, marker, sortBy } = query
  const sorted =
    sortBy === undefined ? Array.from(all) : all.toSorted((a, b) => compare(keyOf(a, sortBy), keyOf(b, sortBy)))
  if (descending === true) sorted.reverse()
  const at = marker === undefined ? -1 : sorted.findIndex(({ id }) => id === marker)
  if (marker !== undefined && at < 0) return undefined
  return sorted
    .slice(at + 1)
    .filter(matches)
    .slice(0, limitOf(query))
}

const compare = (a: string | null, b: string | null): number => {
  if (a === b) return 0
  if (a === null) return 1
  if (b === null) return -1
  return a < b ? -1 : 1
}
