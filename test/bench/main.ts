/**
 * `npm run -s bench -- NAME [flags] [--json]`: runs one bench. A bench is a file beside this one that exports
 * `run(args)`; the line of help is the first of its header. Entry file.
 */
import { readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { pathToFileURL } from "node:url"
import { UsageError } from "./support/flags.ts"

export interface Bench {
  readonly run: (args: ReadonlyArray<string>) => Promise<void>
}

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".ts") && file !== "main.ts")
  .map((file) => basename(file, ".ts"))
  .sort()

/** What a bench says of itself: the first sentence of its header. */
const about = (name: string): string => {
  const text = readFileSync(join(import.meta.dirname, `${name}.ts`), "utf8")
  const header = /^\/\*\*([\s\S]*?)\*\//.exec(text)?.[1] ?? ""
  return (
    header
      .replaceAll(/\n \*/g, "")
      .trim()
      .split(/(?<=\.)\s/)[0] ?? ""
  )
}

const list = () => names.map((name) => `  ${name.padEnd(12)}${about(name)}`).join("\n")

const [name, ...args] = process.argv.slice(2)
if (name === undefined || !names.includes(name)) {
  console.error(`${name === undefined ? "Which bench?" : `There is no bench ${name}.`}\n${list()}`)
  process.exit(2)
}
try {
  // A bench's file is a module of the form above; the type check sees the files, not this path.
  const bench = (await import(pathToFileURL(join(import.meta.dirname, `${name}.ts`)).href)) as Bench
  await bench.run(args)
} catch (error) {
  console.error(error instanceof UsageError ? `${name}: ${error.message}` : error)
  process.exit(error instanceof UsageError ? 2 : 1)
}
