import { readFileSync } from "node:fs"
import { expect, it } from "vitest"
import { optionTable } from "../src/conductor/OptionTable.ts"

it("docs/configuration.md has every option of the conductor as the code has it", () => {
  expect(readFileSync("docs/configuration.md", "utf8")).toContain(optionTable())
})
