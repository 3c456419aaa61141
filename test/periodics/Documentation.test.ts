/** Holds docs/periodics.md to its word: the tests that its table of capabilities names exist. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"

const text = readFileSync(join(import.meta.dirname, "../../docs/periodics.md"), "utf8")
const section = /## Capability by capability([\s\S]*?)\n## /.exec(text)?.[1] ?? ""

/** `File: "name", "name"; Other` of the last column, as pairs; a name that ends in … is the beginning of one. */
const cited = section
  .split("\n")
  .filter((line) => line.startsWith("|") && !line.startsWith("|--") && !line.includes("shown by"))
  .flatMap((line) => (line.split("|").at(-2) ?? "").split(/;(?= ?[A-Z])/))
  .map((citation) => citation.trim())
  .filter((citation) => citation !== "" && !citation.startsWith("everywhere"))
  .flatMap((citation) => {
    const file = /^[A-Za-z]+/.exec(citation)?.[0] ?? citation
    const names = Array.from(citation.matchAll(/"([^"]+)"/g), ([, name]) => name ?? "")
    return (names.length === 0 ? [""] : names).map((name) => [file, name] as const)
  })

const source = (file: string) => join(import.meta.dirname, `${file}.test.ts`)

describe("docs/periodics.md", () => {
  it("names a test for each capability", () => expect(cited.length).toBeGreaterThan(40))
  it.each(cited)("%s has a test “%s”", (file, name) => {
    expect(existsSync(source(file))).toBe(true)
    const tests = readFileSync(source(file), "utf8")
    const quoted = name.endsWith("…") ? `"${name.slice(0, -1)}` : `"${name}"`
    expect(name === "" || tests.includes(quoted), `${file}: ${name}`).toBe(true)
  })
})
