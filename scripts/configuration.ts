/** `node scripts/configuration.ts`: writes the table of the conductor's options, as the code has it, into the docs. */
import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { optionTable } from "../src/conductor/OptionTable.ts"

const file = fileURLToPath(new URL("../docs/configuration.md", import.meta.url))
const heading = "| Variable | Default | May be |"
const text = readFileSync(file, "utf8")
const start = text.indexOf(heading)
if (start < 0) throw new Error(`${file} has no table that starts with ${heading}`)
const rest = text.slice(start)
const rows = rest.split("\n").findIndex((line) => !line.startsWith("|"))
const after = rest.split("\n").slice(rows).join("\n")
writeFileSync(file, text.slice(0, start) + optionTable() + after)
