/** The flags of a bench: names and defaults in one place, the types follow from the defaults. */
import { parseArgs } from "node:util"

/** The command line is wrong; the message says how. */
export class UsageError extends Error {}

type Value = number | string | boolean | ReadonlyArray<number> | ReadonlyArray<string>
type Parsed<A> = { readonly [K in keyof A]: Widened<A[K]> } & { readonly json: boolean }
type Widened<V> =
  V extends ReadonlyArray<number>
    ? ReadonlyArray<number>
    : V extends ReadonlyArray<string>
      ? ReadonlyArray<string>
      : V extends number
        ? number
        : V extends boolean
          ? boolean
          : string

/**
 * Reads `--name value`. A default that is a list takes several, by commas: `--nodes 1000,10000`; a boolean takes none.
 * A name with capitals, `deadPercent`, is written `--dead-percent`. `--json` is always there.
 */
export const parseFlags = <const A extends Record<string, Value>>(
  args: ReadonlyArray<string>,
  defaults: A
): Parsed<A> => {
  const options = Object.fromEntries(
    Object.entries({ ...defaults, json: false }).map(([name, value]) => [
      written(name),
      { type: typeof value === "boolean" ? ("boolean" as const) : ("string" as const) }
    ])
  )
  const given = (() => {
    try {
      return parseArgs({ args: [...args], options, strict: true }).values
    } catch (error) {
      throw new UsageError(
        `${error instanceof Error ? error.message : error}\nflags: --${Object.keys(options).join(" --")}`
      )
    }
  })()
  const parsed = Object.entries({ json: false, ...defaults }).map(([name, value]) => {
    const text = given[written(name)]
    return [name, typeof text === "string" ? read(name, text, value) : (text ?? value)]
  })
  // Each value has the type of its default, which is what `Parsed` says.
  return Object.fromEntries(parsed) as Parsed<A>
}

const written = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

const read = (name: string, text: string, like: Value): Value => {
  if (typeof like === "string") return text
  if (typeof like === "number") return number(name, text)
  const items = text.split(",")
  return Array.isArray(like) && typeof like[0] === "number" ? items.map((item) => number(name, item)) : items
}

const number = (name: string, text: string): number => {
  const value = Number(text)
  if (text.trim() === "" || !Number.isFinite(value)) throw new UsageError(`--${written(name)} ${text} is not a number`)
  return value
}
