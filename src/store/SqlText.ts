/**
 * Text and JSON as PostgreSQL takes them: it has no U+0000 anywhere, and no lone surrogate in jsonb. Such characters come
 * from hostile or broken BMCs and files; each becomes U+FFFD, rather than failing the batch it stands in.
 */
import * as PgTypes from "@effect/sql-pg/PgTypes"
import * as Result from "effect/Result"

export const text = (value: string): string => value.replaceAll("\0", "\ufffd")

/** An escape of JSON.stringify that jsonb refuses; one with an odd number of backslashes before it is none. */
const refused = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g

export const json = (value: unknown): string => JSON.stringify(value).replace(refused, "$1\ufffd")

/** An array parameter for `unnest`. Elements of a type that can't hold them are a bug, and a defect. */
export const array = (values: ReadonlyArray<unknown>, elementOid: number): PgTypes.Parameter =>
  Result.getOrThrow(PgTypes.array(values, elementOid))
