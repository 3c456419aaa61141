/**
 * What commands print: tables for people, JSON for scripts. Data goes to standard output, everything else to standard
 * error, so that a pipe sees data only.
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Terminal from "effect/Terminal"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"

/** `--json`, on every command that prints data. */
export const Json = GlobalFlag.Setting("json")({
  flag: Flag.Boolean("json").pipe(Flag.withDescription("Print JSON instead of a table"), Flag.withDefault(false))
})

export interface Column<A> {
  readonly title: string
  readonly cell: (row: A) => string
  readonly align?: "right"
}

/** Lines of a plain-text table, two spaces between columns; the last column is not padded. */
export const formatTable = <A>(columns: ReadonlyArray<Column<A>>, rows: Iterable<A>): string => {
  const cells = Array.from(rows, (row) => columns.map((column) => printable(column.cell(row))))
  const widths = columns.map((column, index) =>
    cells.reduce((width, line) => Math.max(width, line[index]?.length ?? 0), column.title.length)
  )
  const format = (line: ReadonlyArray<string>): string =>
    line
      .map((cell, index) => {
        if (columns[index]?.align === "right") return cell.padStart(widths[index] ?? 0)
        return index === line.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)
      })
      .join("  ")
      .trimEnd()
  return [format(columns.map((column) => column.title)), ...cells.map(format)].join("\n")
}

/** Control characters, which a BMC or an API may send, must not reach a terminal. */
export const printable = (text: string): string =>
  Array.from(text, (char) => (char < " " || (char >= "\u007f" && char <= "\u009f") ? " " : char)).join("")

/** Prints `json` or `table()`, as `--json` says. */
export const print = Effect.fnUntraced(function* (json: unknown, table: () => string) {
  yield* Console.log((yield* Json) ? JSON.stringify(json, null, 2) : table())
})

/** Cuts the lines of a table to a terminal's width, so that a long last column does not wrap; 0 is no terminal. */
export const fit = (table: string, width: number): string =>
  width === 0
    ? table
    : table
        .split("\n")
        .map((line) => (line.length > width ? `${line.slice(0, width - 1)}…` : line))
        .join("\n")

/**
 * Prints a list: `json`, or a table, cut where it is read on a terminal; what a pipe gets is whole. `none` says to a
 * person what an empty one means.
 */
export const printTable = Effect.fnUntraced(function* <A>(
  json: unknown,
  columns: ReadonlyArray<Column<A>>,
  rows: ReadonlyArray<A>,
  none?: string
) {
  const terminal = yield* Terminal.Terminal
  const width = yield* terminal.columns
  if (rows.length === 0 && none !== undefined && width > 0 && !(yield* Json)) return yield* Console.error(none)
  yield* print(json, () => fit(formatTable(columns, rows), width))
})

/** The state that a node is held to, and what an action under way makes of it. */
export const formatDesired = (node: {
  readonly desired_power_state: string | null
  readonly target_power_state: string | null
}): string => {
  const desired = node.desired_power_state ?? "-"
  return node.target_power_state === null ? desired : `${desired} → ${node.target_power_state}`
}

/** A time in a table: to the second, since what is read there is when, not in what order. */
export const formatTime = (iso: string): string => iso.replace(/\.\d+Z$/, "Z")

/** How old something is, as a person would say it: `850 ms`, `12 s`, `3 min`, `5 h`, `2 d`. */
export const formatAge = (seconds: number): string => {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`
  return `${Math.round(seconds / 86_400)} d`
}
