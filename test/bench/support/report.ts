/** How a bench prints: with `--json` one object a line and nothing else, else a table for people. Notes go to stderr. */
import { cpus } from "node:os"

/** One result: the bench's name, its parameters, then its figures; a figure's unit stands last in its name. */
export interface Row {
  readonly bench: string
  readonly [key: string]: Figure
}

/** Several figures of one kind are a record of them. */
export type Figure = string | number | boolean | null | Readonly<Record<string, number>>

export interface Report {
  /** Prints a result at once. */
  readonly row: (row: Row) => void
  /** Says something on the way: progress, or what could not be measured and why. */
  readonly note: (text: string) => void
}

/** Where and when it was measured, for docs/performance.md. */
export const machine = (): string => {
  const all = cpus()
  const model = all[0]?.model.trim() ?? "unknown processor"
  const date = new Date().toISOString().slice(0, 10)
  return `${model}, ${all.length} cores, ${process.platform} ${process.arch}, Node ${process.versions.node}, ${date}`
}

export const makeReport = (json: boolean): Report => {
  const note = (text: string) => console.error(text)
  if (json) return { row: (row) => console.log(JSON.stringify(row)), note }
  console.log(machine())
  let header = ""
  return {
    row: (row) => {
      const columns = Object.entries(row).map(([name, value]) => ({ text: cell(value), name, value }))
      const width = ({ name, text }: (typeof columns)[number]) => Math.max(name.length, text.length, 8)
      const line = (of: (column: (typeof columns)[number]) => string) =>
        columns
          .map((column) =>
            typeof column.value === "number" ? of(column).padStart(width(column)) : of(column).padEnd(width(column))
          )
          .join("  ")
          .trimEnd()
      const names = Object.keys(row).join()
      if (header !== names) console.log(`\n${line(({ name }) => name)}`)
      header = names
      console.log(line(({ text }) => text))
    },
    note
  }
}

/** Three significant digits are more than a run repeats; whole numbers stay whole. */
const cell = (value: Figure): string => {
  if (value !== null && typeof value === "object") {
    return Object.entries(value)
      .map(([name, figure]) => `${name} ${cell(figure)}`)
      .join(", ")
  }
  if (typeof value !== "number") return value === null ? "–" : String(value)
  return Number.isInteger(value) ? value.toLocaleString("en") : String(Number(value.toPrecision(3)))
}
